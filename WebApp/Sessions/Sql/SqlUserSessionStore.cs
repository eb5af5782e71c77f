using System.Data.Common;
using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions.Sql;

/// <summary>
/// The embedded store: one row a session, in the app's own database. Meant for one instance.
/// SQLite admits one writer at a time; a call waits for its turn no longer than <see cref="SessionPolicy.CommandTimeout"/>, in whole seconds.
/// </summary>
public sealed class SqlUserSessionStore(IDbContextFactory<SessionsDbContext> databases, IOptions<SessionPolicy> policy, TimeProvider clock) : IUserSessionStore
{
    private readonly int _patience = (int)Math.Ceiling(policy.Value.CommandTimeout.TotalSeconds);

    public Task<UserSession?> FindAsync(Guid userId, SessionId id) => RunAsync(async db =>
    {
        var row = await db.Sessions.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id && s.UserId == userId);
        return Present(row);
    });

    public Task<UserGeneration> GetGenerationAsync(Guid userId) => RunAsync(db => ReadGenerationAsync(db, userId));

    public Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0) => RunAsync(async db =>
    {
        // SQLite begins a write transaction at once, so no revocation can slip between the check and the insert.
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (await ReadGenerationAsync(db, session.UserId) != generation || await db.Sessions.AnyAsync(s => s.Id == session.Id))
            return null;

        var ended = limit > 0 ? await MakeRoomAsync(db, session, limit) : [];
        db.Sessions.Add(SessionRow.From(session));
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return ended;
    });

    public Task<bool> TouchAsync(Guid userId, SessionId id, DateTimeOffset seenAt, IPAddress? address) => RunAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var row = await Live(db, userId).SingleOrDefaultAsync(s => s.Id == id && s.LastSeenAt < seenAt);
        if (row is null)
            return false;

        row.LastSeenAt = seenAt;
        row.LastAddress = address;
        row.KeepUntil = row.ToSession().ExpiresAt;
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return true;
    });

    public Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id && s.Secret == current)
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.Secret, next)
                .SetProperty(s => s.PreviousSecret, current)
                .SetProperty(s => s.SecretSince, seenAt)) == 1);

    public Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket) => RunAsync(async db =>
    {
        var bytes = ticket.ToArray();
        return await Live(db, userId).Where(s => s.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.Ticket, bytes)) == 1;
    });

    public Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation) => RunAsync(async db =>
        await BuryAsync(Live(db, userId).Where(s => s.Id == id), revocation) == 1);

    public Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation) => RunAsync<IReadOnlyList<SessionId>>(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await RaiseGenerationAsync(db, userId);
        var ended = Live(db, userId).Where(s => s.Id != except);
        var ids = await ended.Select(s => s.Id).ToListAsync();
        await BuryAsync(ended, revocation);
        await transaction.CommitAsync();
        return ids;
    });

    public Task<IReadOnlyList<UserSession>> ListAsync(Guid userId) => RunAsync<IReadOnlyList<UserSession>>(async db =>
    {
        var rows = await db.Sessions.AsNoTracking().Where(s => s.UserId == userId).ToListAsync();
        return [.. rows.Select(Present).OfType<UserSession>()];
    });

    /// <summary>Deletes up to <paramref name="batch"/> rows that nobody can see any more; returns how many.</summary>
    internal Task<int> SweepAsync(int batch) => RunAsync(async db =>
    {
        var now = clock.GetUtcNow();
        var forgotten = now - UserGeneration.Lifetime;
        await db.Generations.Where(g => g.RaisedAt < forgotten).ExecuteDeleteAsync();
        return await db.Sessions
            .Where(s => db.Sessions.Where(old => old.KeepUntil <= now).OrderBy(old => old.KeepUntil).Take(batch).Select(old => old.Id).Contains(s.Id))
            .ExecuteDeleteAsync();
    });

    /// <summary>A row past its time is not there, whether it has been swept or not.</summary>
    private UserSession? Present(SessionRow? row) => row is not null && clock.GetUtcNow() < row.KeepUntil ? row.ToSession() : null;

    private IQueryable<SessionRow> Live(SessionsDbContext db, Guid userId)
    {
        var now = clock.GetUtcNow();
        return db.Sessions.Where(s => s.UserId == userId && s.RevokedAt == null && s.KeepUntil > now);
    }

    private async Task<IReadOnlyList<SessionId>?> MakeRoomAsync(SessionsDbContext db, UserSession session, int limit)
    {
        var live = Live(db, session.UserId);
        var excess = await live.CountAsync() + 1 - limit;
        List<SessionId> ended = excess > 0 ? await live.OrderBy(s => s.LastSeenAt).ThenBy(s => s.CreatedAt).Take(excess).Select(s => s.Id).ToListAsync() : [];
        if (ended.Count > 0)
            await BuryAsync(live.Where(s => ended.Contains(s.Id)), new(session.CreatedAt, RevocationReason.TooMany));

        var forgotten = db.Sessions.Where(s => s.UserId == session.UserId && s.RevokedAt != null)
            .OrderByDescending(s => s.RevokedAt).Skip(IUserSessionStore.MaxTombstones).Select(s => s.Id);
        await db.Sessions.Where(s => forgotten.Contains(s.Id)).ExecuteDeleteAsync();
        return ended;
    }

    private static Task<int> BuryAsync(IQueryable<SessionRow> live, Revocation revocation) => live.ExecuteUpdateAsync(set => set
        .SetProperty(s => s.RevokedAt, revocation.At)
        .SetProperty(s => s.RevocationReason, revocation.Reason)
        .SetProperty(s => s.CaseReference, revocation.CaseReference)
        .SetProperty(s => s.KeepUntil, s => s.AbsoluteDeadline)
        .SetProperty(s => s.Ticket, Array.Empty<byte>()));

    private async Task<UserGeneration> ReadGenerationAsync(SessionsDbContext db, Guid userId)
    {
        var since = clock.GetUtcNow() - UserGeneration.Lifetime;
        return new(await db.Generations.Where(g => g.UserId == userId && g.RaisedAt >= since).Select(g => g.Value).SingleOrDefaultAsync());
    }

    private async Task RaiseGenerationAsync(SessionsDbContext db, Guid userId)
    {
        var (next, now) = (UserGeneration.New().Value, clock.GetUtcNow());
        if (await db.Generations.Where(g => g.UserId == userId)
            .ExecuteUpdateAsync(set => set.SetProperty(g => g.Value, next).SetProperty(g => g.RaisedAt, now)) == 1)
            return;

        db.Generations.Add(new() { UserId = userId, Value = next, RaisedAt = now });
        await db.SaveChangesAsync();
    }

    private async Task<T> RunAsync<T>(Func<SessionsDbContext, Task<T>> work)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync();
            // Not a command time-out of EF Core's: that would leave out the wait for a transaction's beginning.
            if (db.Database.GetDbConnection() is SqliteConnection sqlite)
                sqlite.DefaultTimeout = _patience;
            return await work(db);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or TimeoutException)
        {
            throw new SessionStoreUnavailableException("The session database did not answer.", e);
        }
    }
}
