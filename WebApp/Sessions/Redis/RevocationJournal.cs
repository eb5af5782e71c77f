using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The memory of revocations, locks and rights taken away that Redis can't lose: one row each in the database, written before Redis is asked.
/// It only keeps them; <see cref="RedisMonitor"/> repeats them. A row stays until every session that it could concern has passed its absolute deadline.
/// </summary>
internal sealed partial class RevocationJournal(
    IDbContextFactory<SessionsDbContext> databases, IOptions<SessionPolicy> policy, TimeProvider clock, ILogger<RevocationJournal> logger)
{
    private const int SweepBatch = 1000;

    /// <summary>
    /// Beyond the time that the two calls of a revocation may take: how long what they left open is repeated with every
    /// probe.
    /// </summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(10);

    private long _writtenAt;

    /// <summary>Whether this process has written to it of late, so that there may be something to repeat.</summary>
    public bool IsUnsettled =>
        Volatile.Read(ref _writtenAt) is not 0 and var at
        && Stopwatch.GetElapsedTime(at) < (2 * policy.Value.CommandTimeout) + Aftermath;

    /// <summary>
    /// Writes the row; null if the database failed or took longer than a store call may. Never throws: that the session ends now
    /// matters more than that it stays ended after a failover.
    /// </summary>
    public Task<long?> TryWriteAsync(Guid userId, SessionId? id, SessionId? except, Revocation revocation) => TryWriteAsync(new()
    {
        UserId = userId,
        SessionId = id,
        Except = except,
        At = revocation.At,
        Reason = revocation.Reason,
        CaseReference = revocation.CaseReference,
        KeepUntil = LongestSessionFrom(revocation.At),
    });

    /// <summary>As the other, for a lock.</summary>
    public Task<long?> TryWriteAsync(Guid userId, SessionId id, SessionLock sessionLock) =>
        TryWriteAsync(new() { UserId = userId, SessionId = id, At = sessionLock.At, LockReason = sessionLock.Reason, KeepUntil = LongestSessionFrom(sessionLock.At) });

    /// <summary>As the other, for the version of rights that the user's sessions need.</summary>
    public Task<long?> TryWriteAsync(Guid userId, int rightsVersion)
    {
        var now = clock.GetUtcNow();
        return TryWriteAsync(new() { UserId = userId, At = now, RightsVersion = rightsVersion, KeepUntil = LongestSessionFrom(now) });
    }

    /// <summary>Redis has answered that it is done. Never throws: an unconfirmed row is only repeated, which does no harm.</summary>
    public async Task TryConfirmAsync(params IReadOnlyCollection<long> rows)
    {
        try
        {
            await BoundedAsync(db => db.RevocationJournal
                .Where(r => rows.Contains(r.Id))
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Confirmed, true)));
        }
        catch (Exception e)
        {
            LogNotConfirmed(e, rows.Count);
        }
    }

    /// <summary>The next rows after <paramref name="after"/> that still concern somebody, in the order they were written.</summary>
    public Task<List<JournalRow>> ReadAsync(long after, int batch) => ReadAsync(after, batch, unconfirmedSince: null);

    /// <summary>As <see cref="ReadAsync(long, int)"/>, but only those that Redis has not confirmed although their own call has ended.</summary>
    public Task<List<JournalRow>> ReadUnconfirmedAsync(long after, int batch) => ReadAsync(after, batch, clock.GetUtcNow() - policy.Value.CommandTimeout);

    /// <summary>Begins the next epoch, whose number is higher than <paramref name="after"/>, too.</summary>
    /// <exception cref="SessionStoreUnavailableException">The database failed, or took longer than a store call may; it may have begun all the same.</exception>
    public Task<SessionEpoch> BeginEpochAsync(Revocation revocation, SparedSession? spared, long after)
    {
        NoteWrite();
        return OrUnavailableAsync(db => SessionEpochs.BeginAsync(db, revocation, spared, after));
    }

    /// <summary>The present epoch.</summary>
    /// <exception cref="SessionStoreUnavailableException">The database failed, or took longer than a store call may.</exception>
    public Task<SessionEpoch> ReadEpochAsync() => OrUnavailableAsync(SessionEpochs.ReadAsync);

    /// <summary>Deletes the rows that concern nobody any more, a batch at a time.</summary>
    public async Task SweepAsync()
    {
        while (await BoundedAsync(SweepBatchAsync) == SweepBatch)
        {
        }
    }

    private void NoteWrite() => Volatile.Write(ref _writtenAt, Stopwatch.GetTimestamp());

    private async Task<long?> TryWriteAsync(JournalRow row)
    {
        NoteWrite();
        try
        {
            return await WriteAsync(row).WaitAsync(policy.Value.CommandTimeout);
        }
        catch (TimeoutException)
        {
            // It is written all the same, late, and then repeated as an unconfirmed one.
            LogLate(policy.Value.CommandTimeout, row.UserId, row.SessionId);
            return null;
        }
    }

    private async Task<long?> WriteAsync(JournalRow row)
    {
        try
        {
            return await AsideAsync(async db =>
            {
                db.RevocationJournal.Add(row);
                await db.SaveChangesAsync();
                return row.Id;
            });
        }
        catch (Exception e)
        {
            LogNotWritten(e, row.UserId, row.SessionId);
            return null;
        }
    }

    private DateTimeOffset LongestSessionFrom(DateTimeOffset at)
    {
        var (plain, remembered) = (policy.Value.AbsoluteTimeout, policy.Value.RememberedAbsoluteTimeout);
        return at + (plain > remembered ? plain : remembered);
    }

    private Task<List<JournalRow>> ReadAsync(long after, int batch, DateTimeOffset? unconfirmedSince) => BoundedAsync(db =>
    {
        var now = clock.GetUtcNow();
        var rows = db.RevocationJournal.AsNoTracking().Where(r => r.Id > after && r.KeepUntil > now);
        // A row from the future was written before the clock was set back: its call has ended too.
        if (unconfirmedSince is { } since)
            rows = rows.Where(r => !r.Confirmed && (r.At <= since || r.At > now));

        return rows.OrderBy(r => r.Id).Take(batch).ToListAsync();
    });

    private Task<int> SweepBatchAsync(SessionsDbContext db)
    {
        var now = clock.GetUtcNow();
        var old = db.RevocationJournal.Where(r => r.KeepUntil <= now).OrderBy(r => r.KeepUntil).Take(SweepBatch).Select(r => r.Id);
        return db.RevocationJournal.Where(r => old.Contains(r.Id)).ExecuteDeleteAsync();
    }

    private async Task<T> OrUnavailableAsync<T>(Func<SessionsDbContext, Task<T>> work)
    {
        try
        {
            return await BoundedAsync(work);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or TimeoutException)
        {
            throw new SessionStoreUnavailableException("The database, which knows when everyone's sessions were ended, did not answer.", e);
        }
    }

    private Task<T> BoundedAsync<T>(Func<SessionsDbContext, Task<T>> work) =>
        AsideAsync(work).WaitAsync(policy.Value.CommandTimeout);

    /// <summary>
    /// SQLite's calls block, whatever they are called: a thread of their own takes them, so that a time-out holds, and
    /// so that the pool's threads are there for those who wait to hear of the revocation.
    /// </summary>
    private Task<T> AsideAsync<T>(Func<SessionsDbContext, Task<T>> work) => Task.Factory.StartNew(
        async () =>
        {
            await using var db = await databases.CreateDbContextAsync();
            return await work(db);
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    [LoggerMessage(10, LogLevel.Error, "What ends, locks or limits session {SessionId} (none: all) of user {UserId} could not be journalled; a failover of Redis could undo it")]
    private partial void LogNotWritten(Exception e, Guid userId, SessionId? sessionId);

    [LoggerMessage(12, LogLevel.Warning, "What ends, locks or limits session {SessionId} (none: all) of user {UserId} "
        + "is not journalled within {Limit}; a failover of Redis before it is could undo it")]
    private partial void LogLate(TimeSpan limit, Guid userId, SessionId? sessionId);

    [LoggerMessage(11, LogLevel.Error, "{Count} revocations are done but could not be marked so in the journal; they will be repeated")]
    private partial void LogNotConfirmed(Exception e, int count);
}
