using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions.Sql;

/// <summary>One row each; <see cref="SessionSweeper"/> deletes them in the end.</summary>
internal sealed class SqlShortTermStore(
    IDbContextFactory<SessionsDbContext> databases, IOptions<SessionPolicy> policy, TimeProvider clock) : IShortTermStore
{
    private readonly SqlCalls _calls = new(databases, policy);

    public Task<byte[]> KeepAsync(Guid userId, Guid id, byte[] content, TimeSpan lifetime) => _calls.RunAsync(async db =>
    {
        var now = clock.GetUtcNow();
        // SQLite begins a write transaction at once: of two that keep under one id, the second sees the first's.
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.ShortTerm.Where(row => row.UserId == userId && row.KeepUntil <= now).ExecuteDeleteAsync();
        if (await Find(db, userId, id).SingleOrDefaultAsync() is { } earlier)
            return earlier;

        db.ShortTerm.Add(new() { UserId = userId, Id = id, KeepUntil = now + lifetime, Content = content });
        await db.SaveChangesAsync();
        var excess = db.ShortTerm.Where(row => row.UserId == userId)
            .OrderByDescending(row => row.KeepUntil).Skip(IShortTermStore.MaxPerUser).Select(row => row.Id);
        await db.ShortTerm.Where(row => row.UserId == userId && excess.Contains(row.Id)).ExecuteDeleteAsync();
        await transaction.CommitAsync();
        return content;
    });

    public Task<byte[]?> FindAsync(Guid userId, Guid id) => _calls.RunAsync(async db =>
    {
        var now = clock.GetUtcNow();
        return await Find(db, userId, id, now).SingleOrDefaultAsync();
    });

    public Task RemoveAsync(Guid userId, Guid id) => _calls.RunAsync(db =>
        db.ShortTerm.Where(row => row.UserId == userId && row.Id == id).ExecuteDeleteAsync());

    private static IQueryable<byte[]> Find(SessionsDbContext db, Guid userId, Guid id, DateTimeOffset now = default) =>
        db.ShortTerm.Where(row => row.UserId == userId && row.Id == id && row.KeepUntil > now).Select(row => row.Content);
}
