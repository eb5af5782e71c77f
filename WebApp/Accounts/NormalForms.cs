using Microsoft.EntityFrameworkCore;
using WebApp.Texts;

namespace WebApp.Accounts;

/// <summary>
/// Brings the address and the name of accounts from before into their present form, and what they are found by: a
/// migration marks them by the lack of <see cref="AppUser.NormalizedName"/>. Part of every migration, behind the
/// statements: SQL's own idea of upper case is another one than ours, and on SQLite ends with the letter Z.
/// </summary>
internal static partial class NormalForms
{
    private const int Batch = 1000;

    public static async Task FillAsync(AppDbContext db, ILogger logger, CancellationToken cancellationToken)
    {
        var missing = db.Users.Where(u => u.NormalizedName == null).OrderBy(u => u.NormalizedEmail)
            .Select(u => new { u.Id, u.Name, u.Email, u.NormalizedEmail });
        while (await missing.Take(Batch).ToListAsync(cancellationToken) is { Count: > 0 } rows)
        {
            // For each row by itself the database would wait for the disk.
            await using var transaction = db.Database.CurrentTransaction is null
                ? await db.Database.BeginTransactionAsync(cancellationToken) : null;
            foreach (var row in rows)
            {
                var (name, key) = (ShownText.Of(row.Name), row.NormalizedEmail!);
                if (row.Email is { } email && EmailAddress.KeyOf(email) is var own && own != key)
                {
                    // Whose it is, a person has to find out: an account that is in use must not go.
                    if (await db.Users.AnyAsync(u => u.NormalizedEmail == own, cancellationToken))
                        LogShared(logger, row.Id);
                    else
                        await MoveAsync(db, row.Id, email, key, own, cancellationToken);
                }

                var normalized = AppUser.NormalizeName(name);
                await db.Users.Where(u => u.Id == row.Id).ExecuteUpdateAsync(
                    set => set.SetProperty(u => u.Name, name).SetProperty(u => u.NormalizedName, normalized),
                        cancellationToken);
            }

            if (transaction is not null)
                await transaction.CommitAsync(cancellationToken);
        }
    }

    private static async Task MoveAsync(
        AppDbContext db, Guid id, string email, string before, string key, CancellationToken cancellationToken)
    {
        var shown = EmailAddress.Of(email);
        await db.Users.Where(u => u.Id == id).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.Email, shown).SetProperty(u => u.UserName, shown)
            .SetProperty(u => u.NormalizedEmail, key).SetProperty(u => u.NormalizedUserName, key), cancellationToken);
        // What an account could come back to stays reserved.
        await db.Snapshots.Where(s => s.NormalizedEmail == before)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.NormalizedEmail, key), cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "User {UserId} has the address of another account, in another notation: "
        + "only the other one is found by it. Delete one of the two; staff find this one by its id")]
    private static partial void LogShared(ILogger logger, Guid userId);
}
