using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts;

/// <summary>
/// Fills <see cref="AppUser.NormalizedName"/> in rows that were there before it was. Part of every migration, behind the statements: SQL's own idea of
/// upper case is another one than ours, and on SQLite ends with the letter Z.
/// </summary>
internal static class NormalizedNames
{
    private const int Batch = 1000;

    public static async Task FillAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        // In the order of the index: each batch begins where the last one ended.
        var missing = db.Users.Where(u => u.NormalizedName == null).OrderBy(u => u.NormalizedEmail)
            .Select(u => new { u.Id, u.Name });
        while (await missing.Take(Batch).ToListAsync(cancellationToken) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                var normalized = AppUser.NormalizeName(row.Name);
                await db.Users.Where(u => u.Id == row.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.NormalizedName, normalized), cancellationToken);
            }
        }
    }
}
