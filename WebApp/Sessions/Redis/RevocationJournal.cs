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

    /// <summary>How many time-outs a read may take before Redis is used: nobody waits for it but the monitor.</summary>
    private const int PatienceOfRecovery = 20;

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
        Tag = RedisKeys.TagOf(userId),
        SessionId = id,
        Except = except,
        At = revocation.At,
        Reason = revocation.Reason,
        CaseReference = revocation.CaseReference,
        KeepUntil = LongestSessionFrom(revocation.At),
    });

    /// <summary>As the other, for a lock.</summary>
    public Task<long?> TryWriteAsync(Guid userId, SessionId id, SessionLock sessionLock) =>
        TryWriteAsync(new()
        {
            UserId = userId,
            Tag = RedisKeys.TagOf(userId),
            SessionId = id,
            At = sessionLock.At,
            LockReason = sessionLock.Reason,
            KeepUntil = LongestSessionFrom(sessionLock.At),
        });

    /// <summary>As the other, for the version of rights that the user's sessions need.</summary>
    public Task<long?> TryWriteAsync(Guid userId, int rightsVersion)
    {
        var now = clock.GetUtcNow();
        return TryWriteAsync(new()
        {
            UserId = userId,
            Tag = RedisKeys.TagOf(userId),
            At = now,
            RightsVersion = rightsVersion,
            KeepUntil = LongestSessionFrom(now),
        });
    }

    /// <summary>
    /// Redis has answered that they are done, and counted them. Never throws: a row without a place is only repeated,
    /// which does no harm.
    /// </summary>
    public async Task TryPlaceAsync(params IReadOnlyCollection<PlacedRow> rows)
    {
        if (rows.Count == 0)
            return;

        try
        {
            await BoundedAsync(db => PlaceAsync(db, rows));
        }
        catch (Exception e)
        {
            LogNotPlaced(e, rows.Count);
        }
    }

    /// <summary>
    /// The next rows after <paramref name="after"/>, in the order they were written. Those that concern nobody any more
    /// are among them until they are swept: what is passed over for a wrong clock's sake would never be repeated.
    /// </summary>
    public Task<List<JournalRow>> ReadAsync(long after, int batch) =>
        BoundedAsync(db => InOrder(All(db), after, batch), PatienceOfRecovery);

    /// <summary>As <see cref="ReadAsync"/>, but only those without a place.</summary>
    public Task<List<JournalRow>> ReadUnplacedAsync(long after, int batch) =>
        BoundedAsync(db => InOrder(All(db).Where(row => row.Lineage == null), after, batch), PatienceOfRecovery);

    /// <summary>
    /// As <see cref="ReadUnplacedAsync"/>, but only those that still concern somebody and whose own call has ended.
    /// </summary>
    public Task<List<JournalRow>> ReadLeftAsync(long after, int batch)
    {
        var (now, since) = (clock.GetUtcNow(), clock.GetUtcNow() - policy.Value.CommandTimeout);
        // A row from the future was written before the clock was set back: its call has ended too.
        return BoundedAsync(db => InOrder(
            All(db).Where(row => row.Lineage == null && row.KeepUntil > now && (row.At <= since || row.At > now)),
            after, batch));
    }

    /// <summary>How far it goes, in each lineage of each hash tag.</summary>
    public Task<List<JournalLineage>> ReadLineagesAsync() => BoundedAsync(
        db => db.RevocationJournal.Where(row => row.Lineage != null)
            .GroupBy(row => new { row.Lineage, row.Tag })
            .Select(rows => new JournalLineage(
                rows.Key.Tag, rows.Key.Lineage!.Value, rows.Max(row => row.Place)!.Value, rows.Min(row => row.Id)))
            .ToListAsync(),
        PatienceOfRecovery);

    /// <summary>The lowest id of the lineage's rows behind that place, of which there is one.</summary>
    public Task<long> FirstIdAsync(JournalLineage lineage, long place) => BoundedAsync(
        db => db.RevocationJournal
            .Where(row => row.Lineage == lineage.Lineage && row.Tag == lineage.Tag && row.Place > place)
            .MinAsync(row => row.Id),
        PatienceOfRecovery);

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

    /// <summary>
    /// When a session has gone unused for too long in any case that was ended at that time, in whatever data it may come
    /// back: nobody has used it since.
    /// </summary>
    public static DateTimeOffset LatestOf(Revocation revocation, TimeSpan idleTimeout) =>
        revocation.At + idleTimeout + RedisEpochs.ClockDifference;

    private DateTimeOffset LongestSessionFrom(DateTimeOffset at)
    {
        var (plain, remembered) = (policy.Value.AbsoluteTimeout, policy.Value.RememberedAbsoluteTimeout);
        return at + (plain > remembered ? plain : remembered);
    }

    private static async Task<bool> PlaceAsync(SessionsDbContext db, IReadOnlyCollection<PlacedRow> rows)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        foreach (var some in rows.GroupBy(row => (row.Place, row.Latest)))
        {
            var (ids, place) = (some.Select(row => row.Id).ToList(), some.Key.Place);
            var latest = some.Key.Latest ?? DateTimeOffset.MaxValue;
            await db.RevocationJournal
                .Where(row => ids.Contains(row.Id))
                .ExecuteUpdateAsync(set => set
                    .SetProperty(row => row.Lineage, place.Lineage)
                    .SetProperty(row => row.Place, place.Number)
                    .SetProperty(row => row.KeepUntil, row => row.KeepUntil > latest ? latest : row.KeepUntil));
        }

        await transaction.CommitAsync();
        return true;
    }

    private static IQueryable<JournalRow> All(SessionsDbContext db) => db.RevocationJournal.AsNoTracking();

    private static Task<List<JournalRow>> InOrder(IQueryable<JournalRow> rows, long after, int batch) =>
        rows.Where(row => row.Id > after).OrderBy(row => row.Id).Take(batch).ToListAsync();

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

    private Task<T> BoundedAsync<T>(Func<SessionsDbContext, Task<T>> work, int timeouts = 1) =>
        AsideAsync(work).WaitAsync(timeouts * policy.Value.CommandTimeout);

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
    private partial void LogNotPlaced(Exception e, int count);
}
