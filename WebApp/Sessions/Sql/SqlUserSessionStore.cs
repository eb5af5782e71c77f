using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions.Sql;

/// <summary>
/// The embedded store: one row a session, in the app's own database. Meant for one instance.
/// SQLite admits one writer at a time.
/// </summary>
public sealed class SqlUserSessionStore(IDbContextFactory<SessionsDbContext> databases, IOptions<SessionPolicy> policy, TimeProvider clock) : IUserSessionStore
{
    /// <summary>How long after its end a session's last use may still be written.</summary>
    private static readonly TimeSpan UseUnderWay = TimeSpan.FromMinutes(1);

    private readonly SqlCalls _calls = new(databases, policy);

    public Task CheckAsync() => RunAsync(async db =>
    {
        // SQLite begins a write transaction at once; nothing is written in it.
        await using var transaction = await db.Database.BeginTransactionAsync();
        return await ReadGenerationAsync(db, Guid.Empty);
    });

    public Task<UserSession?> FindAsync(Guid userId, SessionId id, UserSession? known = null) => RunAsync(async db =>
    {
        var found = await ReadAsync(db, db.Sessions.Where(s => s.Id == id && s.UserId == userId));
        return found.Count > 0 ? found[0] : null;
    });

    public Task<UserGeneration> GetGenerationAsync(Guid userId) => RunAsync(db => ReadGenerationAsync(db, userId));

    public Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0) => RunAsync(async db =>
    {
        // SQLite begins a write transaction at once, so no revocation can slip between the check and the insert.
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (!await IsExpectedAsync(db, session, generation))
            return null;

        var ended = limit > 0 ? await MakeRoomAsync(db, session, limit) : [];
        await InsertAsync(db, session, generation);
        await transaction.CommitAsync();
        return ended;
    });

    public Task<AddOutcome> AddIfRoomAsync(UserSession session, UserGeneration generation, int limit) => RunAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (!await IsExpectedAsync(db, session, generation))
            return AddOutcome.Superseded;
        if (limit > 0 && await Live(db, session.UserId).CountAsync() >= limit)
            return AddOutcome.Full;

        await ForgetTombstonesAsync(db, session.UserId);
        await InsertAsync(db, session, generation);
        await transaction.CommitAsync();
        return AddOutcome.Added;
    });

    public Task<UserSession?> TouchAsync(Guid userId, SessionId id, SessionUse use) => RunAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var row = await Live(db, userId).SingleOrDefaultAsync(s => s.Id == id && s.LastSeenAt < use.SeenAt);
        if (row is null)
            return null;

        row.LastSeenAt = use.SeenAt;
        row.LastAddress = use.Address;
        row.LastAddressKey = SessionRow.KeyOf(use.Address);
        row.PreviousAddress = use.PreviousAddress;
        row.MovedAt = use.MovedAt;
        row.Country = use.Country;
        row.Family = use.Family;
        var touched = row.ToSession();
        row.KeepUntil = touched.ExpiresAt;
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return (UserSession?)touched;
    });

    public Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id && s.Secret == current)
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.Secret, next)
                .SetProperty(s => s.PreviousSecret, current)
                .SetProperty(s => s.SecretSince, seenAt)) == 1);

    public Task<bool> TakeProofAttemptAsync(Guid userId, SessionId id, byte taken) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id && s.ProofAttempts == taken)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.ProofAttempts, (byte)(taken + 1))) == 1);

    public Task<bool> ConfirmAsync(UserSession seen, SessionProof proof) => RunAsync(async db =>
    {
        var (lockedAt, lockReason) = (seen.Lock?.At, seen.Lock?.Reason);
        return await Live(db, seen.UserId).Where(s => s.Id == seen.Id && s.Secret == seen.Secret && s.LockedAt == lockedAt && s.LockReason == lockReason)
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.Secret, proof.Next)
                .SetProperty(s => s.PreviousSecret, proof.Presented)
                .SetProperty(s => s.SecretSince, proof.At)
                .SetProperty(s => s.AuthenticatedAt, proof.At)
                .SetProperty(s => s.Family, proof.Family)
                .SetProperty(s => s.LockedAt, (DateTimeOffset?)null)
                .SetProperty(s => s.LockReason, (LockReason?)null)
                .SetProperty(s => s.ProofAttempts, (byte)0)) == 1;
    });

    public Task<bool> LockAsync(Guid userId, SessionId id, SessionLock sessionLock) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id && s.LockReason == null && s.AuthenticatedAt <= sessionLock.At)
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.LockedAt, sessionLock.At)
                .SetProperty(s => s.LockReason, sessionLock.Reason)) == 1);

    public Task<bool> ShortenAsync(Guid userId, SessionId id, DateTimeOffset absoluteDeadline) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id && s.AbsoluteDeadline > absoluteDeadline)
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.AbsoluteDeadline, absoluteDeadline)
                .SetProperty(s => s.KeepUntil, s => s.KeepUntil < absoluteDeadline ? s.KeepUntil : absoluteDeadline)) == 1);

    public Task<bool> ShowNameAsync(Guid userId, SessionId id, DateTimeOffset until) => RunAsync(async db =>
        await Live(db, userId).Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.NameShownUntil, until)) == 1);

    public Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket, int rightsVersion) => RunAsync(async db =>
    {
        var bytes = ticket.ToArray();
        return await Live(db, userId).Where(s => s.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.Ticket, bytes).SetProperty(s => s.RightsVersion, rightsVersion)) == 1;
    });

    public Task RequireRightsAsync(Guid userId, int version) => RunAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await RaiseRightsAsync(db, userId, version);
        await Live(db, userId).Where(s => s.RequiredRightsVersion < version)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.RequiredRightsVersion, version));
        await transaction.CommitAsync();
        return true;
    });

    public Task<bool> CountRefusedAsync(Guid userId, SessionId id, DateTimeOffset at, IPAddress? address) => RunAsync(async db =>
    {
        var (now, before) = (clock.GetUtcNow(), at - IUserSessionStore.RefusedAttemptDistance);
        await BuryPastAsync(db, all => all.Where(s => s.Id == id && s.UserId == userId));
        return await db.Sessions
            .Where(s => s.Id == id && s.UserId == userId && s.RevokedAt != null && s.KeepUntil > now && (s.RefusedAt == null || s.RefusedAt <= before))
            .ExecuteUpdateAsync(set => set
                .SetProperty(s => s.RefusedCount, s => s.RefusedCount < ushort.MaxValue ? s.RefusedCount + 1 : s.RefusedCount)
                .SetProperty(s => s.RefusedAt, at)
                .SetProperty(s => s.RefusedAddress, address)) == 1;
    });

    public Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation) => RunAsync(async db =>
        await BuryAsync(Live(db, userId).Where(s => s.Id == id), revocation) == 1);

    public Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation) =>
        RevokeAllAsync(userId, live => live.Where(s => s.Id != except), revocation);

    public Task<IReadOnlyList<SessionId>> RepeatRevokeAllAsync(Guid userId, Revocation revocation) =>
        RevokeAllAsync(userId, live => live.Where(s => s.CreatedAt <= revocation.At), revocation);

    public Task EndEveryoneAsync(Revocation revocation, SparedSession? spared) => RunAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var epoch = await SessionEpochs.BeginAsync(db, revocation, spared);
        if (spared is not null)
        {
            // It comes along only from the epoch just before: in an older one it was over already.
            await db.Sessions.Where(s => s.Id == spared.Id && s.UserId == spared.UserId && s.Epoch == epoch.Number - 1)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.Epoch, epoch.Number));
        }

        await transaction.CommitAsync();
        return true;
    });

    public Task<IReadOnlyList<UserSession>> ListAsync(Guid userId) => RunAsync(db => ReadAsync(db, db.Sessions.Where(s => s.UserId == userId)));

    public Task<SessionPage> ListAllAsync(SessionFilter filter, SessionCursor? after, int count) => RunAsync(async db =>
    {
        var rows = await SqlSessionSearch.FindAsync(db, filter, after, count + 1, clock.GetUtcNow());
        UserSession[] shown = [.. rows.Take(count).Select(row => row.ToSession())];
        return new SessionPage(shown, rows.Count > count ? new(shown[^1].LastSeenAt, shown[^1].Id) : null);
    });

    public Task<SessionCounts> CountAsync() => RunAsync(db => SqlSessionSearch.CountAsync(db, clock.GetUtcNow()));

    public Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count) => RunAsync<IReadOnlyList<UserSession>>(async db =>
        SessionFilter.IsIdPrefix(hexPrefix)
            ? [.. (await SqlSessionSearch.FindByIdPrefixAsync(db, hexPrefix, count, clock.GetUtcNow())).Select(row => row.ToSession())]
            : []);

    /// <summary>Deletes up to <paramref name="batch"/> rows that nobody can see any more; returns how many.</summary>
    internal Task<int> SweepAsync(int batch) => RunAsync(async db =>
    {
        var now = clock.GetUtcNow();
        var forgotten = now - UserGeneration.Lifetime;
        await db.Generations.Where(g => g.RaisedAt < forgotten).ExecuteDeleteAsync();
        await db.RequiredRights.Where(r => r.RaisedAt < forgotten).ExecuteDeleteAsync();
        await db.ShortTerm.Where(kept => kept.KeepUntil <= now).ExecuteDeleteAsync();
        // In the order of an index, where they come first: one of their own would lead queries astray, for all live sessions are of one epoch.
        var swept = await BuryPastAsync(db, past => past.OrderBy(s => s.LastSeenAt).Take(batch));
        return swept == batch ? swept : await db.Sessions
            .Where(s => db.Sessions.Where(old => old.KeepUntil <= now).OrderBy(old => old.KeepUntil).Take(batch).Select(old => old.Id).Contains(s.Id))
            .ExecuteDeleteAsync();
    });

    /// <summary>What can be seen of the rows. One past its time is not there, whether it has been swept or not.</summary>
    private async Task<IReadOnlyList<UserSession>> ReadAsync(SessionsDbContext db, IQueryable<SessionRow> rows)
    {
        var (now, present) = (clock.GetUtcNow(), SessionEpochs.Number(db));
        var read = await rows.AsNoTracking().Where(s => s.KeepUntil > now)
            .Select(s => new { Row = s, IsOver = s.RevokedAt == null && s.Epoch < present.FirstOrDefault() }).ToListAsync();
        var epoch = read.Exists(one => one.IsOver) ? await SessionEpochs.ReadAsync(db) : null;
        return [.. read.Select(one => one.IsOver ? epoch!.Bury(one.Row.ToSession()) : one.Row.ToSession()).OfType<UserSession>()];
    }

    /// <summary>Makes tombstones of those sessions that were ended with everyone's; returns how many. What had ended by itself before has none.</summary>
    private static async Task<int> BuryPastAsync(SessionsDbContext db, Func<IQueryable<SessionRow>, IQueryable<SessionRow>> which)
    {
        if (await SessionEpochs.ReadAsync(db) is not { Ended: { } ended } epoch)
            return 0;

        var latest = ended.At + UseUnderWay;
        var past = which(db.Sessions.Where(s => s.RevokedAt == null && s.LastSeenAt <= latest && s.KeepUntil > ended.At && s.Epoch < epoch.Number)).Select(s => s.Id);
        return await BuryAsync(db.Sessions.Where(s => past.Contains(s.Id)), ended);
    }

    private IQueryable<SessionRow> Live(SessionsDbContext db, Guid userId)
    {
        var (now, present) = (clock.GetUtcNow(), SessionEpochs.Number(db));
        return db.Sessions.Where(s => s.UserId == userId && s.RevokedAt == null && s.KeepUntil > now && s.Epoch == present.FirstOrDefault());
    }

    private async Task<bool> IsExpectedAsync(SessionsDbContext db, UserSession session, UserGeneration generation) =>
        await ReadGenerationAsync(db, session.UserId) == generation && !await db.Sessions.AnyAsync(s => s.Id == session.Id);

    private static async Task InsertAsync(SessionsDbContext db, UserSession session, UserGeneration generation)
    {
        // The principal was made moments ago. If the rights have changed since, the session's first request makes it anew.
        var required = await db.RequiredRights.Where(r => r.UserId == session.UserId).Select(r => (int?)r.Version).SingleOrDefaultAsync();
        var begun = generation.Begin(required is { } version ? session with { RequiredRightsVersion = version } : session);
        db.Sessions.Add(SessionRow.From(begun, generation.Epoch));
        await db.SaveChangesAsync();
    }

    private async Task<IReadOnlyList<SessionId>?> MakeRoomAsync(SessionsDbContext db, UserSession session, int limit)
    {
        var live = Live(db, session.UserId);
        var excess = await live.CountAsync() + 1 - limit;
        List<SessionId> ended = excess > 0 ? await live.OrderBy(s => s.LastSeenAt).ThenBy(s => s.CreatedAt).Take(excess).Select(s => s.Id).ToListAsync() : [];
        if (ended.Count > 0)
            await BuryAsync(live.Where(s => ended.Contains(s.Id)), new(session.CreatedAt, RevocationReason.TooMany));

        await ForgetTombstonesAsync(db, session.UserId);
        return ended;
    }

    private Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, Func<IQueryable<SessionRow>, IQueryable<SessionRow>> which, Revocation revocation) =>
        RunAsync<IReadOnlyList<SessionId>>(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await RaiseGenerationAsync(db, userId, revocation);
            var ended = which(Live(db, userId));
            var ids = await ended.Select(s => s.Id).ToListAsync();
            await BuryAsync(ended, revocation);
            await transaction.CommitAsync();
            return ids;
        });

    private static Task<int> ForgetTombstonesAsync(SessionsDbContext db, Guid userId)
    {
        var forgotten = db.Sessions.Where(s => s.UserId == userId && s.RevokedAt != null)
            .OrderByDescending(s => s.RevokedAt).Skip(IUserSessionStore.MaxTombstones).Select(s => s.Id);
        return db.Sessions.Where(s => forgotten.Contains(s.Id)).ExecuteDeleteAsync();
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
        var value = await db.Generations.Where(g => g.UserId == userId && g.RaisedAt >= since).Select(g => g.Value).SingleOrDefaultAsync();
        return new(value, await SessionEpochs.Number(db).FirstOrDefaultAsync());
    }

    private async Task RaiseRightsAsync(SessionsDbContext db, Guid userId, int version)
    {
        var now = clock.GetUtcNow();
        if (await db.RequiredRights.Where(r => r.UserId == userId)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Version, r => r.Version > version ? r.Version : version).SetProperty(r => r.RaisedAt, now)) == 1)
            return;

        db.RequiredRights.Add(new() { UserId = userId, Version = version, RaisedAt = now });
        await db.SaveChangesAsync();
    }

    private async Task RaiseGenerationAsync(SessionsDbContext db, Guid userId, Revocation revocation)
    {
        var now = clock.GetUtcNow();
        var next = UserGeneration.NewValue(revocation.At);
        if (await db.Generations.Where(g => g.UserId == userId)
            .ExecuteUpdateAsync(set => set.SetProperty(g => g.Value, next).SetProperty(g => g.RaisedAt, now)) == 1)
            return;

        db.Generations.Add(new() { UserId = userId, Value = next, RaisedAt = now });
        await db.SaveChangesAsync();
    }

    private Task<T> RunAsync<T>(Func<SessionsDbContext, Task<T>> work) => _calls.RunAsync(work);
}
