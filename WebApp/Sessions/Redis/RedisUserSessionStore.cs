using System.Net;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>Sessions in Redis, shared by all instances of the app; also on Redis Cluster.</summary>
/// <remarks>
/// Seven kinds of keys, besides those of <see cref="RedisIndex"/> and <see cref="RedisShortTermStore"/>. NN is the last
/// byte of the user id in hexadecimal, ids are hexadecimal too:
/// <code>
///   us:{sNN}:session id   STRING  the session or its tombstone, see <see cref="RedisSessionRecord"/>
///                                 lives to the earlier deadline (tombstone: the absolute deadline) and a minute
///   uu:{sNN}:user id      ZSET    the user's index: 16-byte session ids, scored by when their keys expire in Redis'
///                                 clock (ms); and two names, for as long as the next two keys are needed
///   ug:{sNN}:user id      STRING  the user's generation, a decimal number; missing: zero
///                                 needed for <see cref="UserGeneration.Lifetime"/>
///   ur:{sNN}:user id      STRING  the version of rights that the user's sessions need, a decimal number; missing: any
///                                 needed as long as a sign-in may take: present sessions have it in their records
///   ux:{sNN}:list         ZSET    16-byte user ids, scored by the minute in which <see cref="RedisIndexSweeper"/> may
///                                 find that something of these three has expired; in 64 lists by the byte before the last
///   ue:{sNN}:             STRING  a copy of the present epoch, see <see cref="RedisEpochs"/>
///                                 a missing one is made from the database
///   uj:{sNN}:             STRING  how far the tag has what is journalled, see <see cref="RedisMark"/>
///                                 with a missing one all is repeated
/// </code>
/// Only records have a time to live: what has one may be evicted when memory is full, and no revocation may hang on it.
/// What expires is cleaned up only: the deadlines in the record, judged by the app's clock, decide. Every write is one script
/// (<see cref="RedisScripts"/>), every read one command. A revocation is journalled first (<see cref="RevocationJournal"/>), because Redis
/// may not answer, or may lose it in a failover; if Redis does not confirm it the call fails, and <see cref="RedisMonitor"/> sees it through.
/// A RevokeAll seen through later spares sessions created after it; from another instance, a sign-in already under way may slip in before that.
/// </remarks>
internal sealed partial class RedisUserSessionStore(
    RedisConnection connection,
    RedisLookups lookups,
    RedisScripts scripts,
    RevocationJournal journal,
    PresentEpoch present,
    RedisIndex index,
    TimeProvider clock,
    ILogger<RedisUserSessionStore> logger)
    : IUserSessionStore
{
    private readonly RedisRevocations _revocations = new(connection, scripts, clock);
    private readonly RedisEpochs _epochs = new(connection.EvaluateAsync, scripts);
    private int _saidUnreadable;

    public async Task CheckAsync()
    {
        await GetGenerationAsync(Guid.Empty);
        _ = Reply.IsYes(await connection.EvaluateAsync(scripts.Check, [RedisKeys.AnyOf(RedisKeys.TagOf(Guid.Empty))]));
        connection.NoteLeaveToWrite();
    }

    public async Task<UserSession?> FindAsync(Guid userId, SessionId id, UserSession? known = null)
    {
        var tag = RedisKeys.TagOf(userId);
        var found = await lookups.FindAsync(RedisKeys.RecordIn(tag, id), tag);
        byte[]? record = found.Value;
        return record is null
            ? null
            : Present(userId, id, record, await present.ReadAsync(found.EpochTag, found.Epoch), known);
    }

    public async Task<UserGeneration> GetGenerationAsync(Guid userId)
    {
        var keys = new RedisKeys(userId);
        var found = await lookups.FindAsync(keys.Generation, RedisKeys.TagOf(userId));
        var epoch = await present.ReadAsync(found.EpochTag, found.Epoch);
        return new(found.Value.IsNull ? 0 : (long)found.Value, epoch.Number);
    }

    public async Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0)
    {
        var revocation = new Revocation(session.CreatedAt, RevocationReason.TooMany);
        var reply = await AddAsync(session, generation, limit, RedisSessionRecord.WriteRevocation(revocation));
        if (!Reply.IsYes(reply[0]))
            return null;

        SessionId[] ended = [.. reply.Skip(1).Select(id => SessionId.Read((byte[])id!))];
        foreach (var id in ended)
            await JournalEndAsync(session.UserId, id, revocation);
        return ended;
    }

    public async Task<AddOutcome> AddIfRoomAsync(UserSession session, UserGeneration generation, int limit)
    {
        var reply = await AddAsync(session, generation, limit, RedisValue.EmptyString);
        return (int)reply[0] == RedisScripts.Full ? AddOutcome.Full : Reply.IsYes(reply[0]) ? AddOutcome.Added : AddOutcome.Superseded;
    }

    public async Task<UserSession?> TouchAsync(Guid userId, SessionId id, SessionUse use)
    {
        var keys = new RedisKeys(userId);
        var reply = (RedisResult[])(await connection.EvaluateAsync(scripts.Touch,
            [keys.Record(id), keys.Index],
            RedisKeys.UserBytes(userId), Now(), RedisKeys.IdBytes(id), use.SeenAt.ToUnixTimeMilliseconds(), RedisSessionRecord.WriteUse(use)))!;
        return Reply.IsYes(reply[0]) ? Present(userId, id, (byte[])reply[1]!, await present.ReadAsync(RedisKeys.TagOf(userId), (byte[])reply[2]!)) : null;
    }

    public Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt) => RewriteAsync(userId, id,
        RedisSessionRecord.SecretAt, RedisSessionRecord.WriteSecret(current), RedisSessionRecord.SecretAt, RedisSessionRecord.WriteSecret(next, current, seenAt));

    public Task<bool> TakeProofAttemptAsync(Guid userId, SessionId id, byte taken) => RewriteAsync(userId, id,
        RedisSessionRecord.ProofAttemptsAt, [taken], RedisSessionRecord.ProofAttemptsAt, [(byte)(taken + 1)]);

    public Task<bool> ConfirmAsync(UserSession seen, SessionProof proof) => RewriteAsync(seen.UserId, seen.Id,
        RedisSessionRecord.SecretAt, RedisSessionRecord.WriteSecretAndLock(seen), RedisSessionRecord.ProofAttemptsAt, RedisSessionRecord.WriteProof(proof));

    public async Task<bool> LockAsync(Guid userId, SessionId id, SessionLock sessionLock)
    {
        var row = await journal.TryWriteAsync(userId, id, sessionLock);
        var change = await _revocations.LockAsync(userId, id, sessionLock);
        await SettleAsync(row, change);
        return change.IsDone;
    }

    public async Task<bool> ShortenAsync(Guid userId, SessionId id, DateTimeOffset absoluteDeadline) =>
        Reply.IsYes(await ChangeAsync(userId, scripts.Shorten,
            [new RedisKeys(userId).Record(id)],
            Now(), absoluteDeadline.ToUnixTimeMilliseconds(), RedisSessionRecord.WriteTime(absoluteDeadline)));

    public Task<bool> ShowNameAsync(Guid userId, SessionId id, DateTimeOffset until) => RewriteAsync(userId, id,
        0, [], RedisSessionRecord.NameShownUntilAt, RedisSessionRecord.WriteTime(until));

    public async Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket, int rightsVersion) =>
        Reply.IsYes(await ChangeAsync(userId, scripts.UpdateTicket,
            [new RedisKeys(userId).Record(id)],
            Now(), RedisSessionRecord.WriteRights(rightsVersion), ticket.ToArray()));

    public async Task RequireRightsAsync(Guid userId, int version)
    {
        var row = await journal.TryWriteAsync(userId, version);
        await SettleAsync(row, await _revocations.RequireRightsAsync(userId, version));
    }

    public async Task<bool> CountRefusedAsync(Guid userId, SessionId id, DateTimeOffset at, IPAddress? address) =>
        Reply.IsYes(await connection.EvaluateAsync(scripts.CountRefused,
            [new RedisKeys(userId).Record(id)],
            RedisKeys.UserBytes(userId), at.ToUnixTimeMilliseconds(), RedisSessionRecord.WriteRefused(at, address),
            (long)IUserSessionStore.RefusedAttemptDistance.TotalMilliseconds));

    public async Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation)
    {
        var row = await journal.TryWriteAsync(userId, id, except: null, revocation);
        var change = await _revocations.RevokeAsync(userId, id, revocation);
        var idleTimeout = TimeSpan.FromMilliseconds((long)change.Rest[0]);
        await SettleAsync(row, change, idleTimeout > TimeSpan.Zero ? RevocationJournal.LatestOf(revocation, idleTimeout) : null);
        return change.IsDone;
    }

    public async Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation)
    {
        var row = await journal.TryWriteAsync(userId, id: null, except, revocation);
        return await SettleAllAsync(row, await _revocations.RevokeAllAsync(userId, except, revocation));
    }

    public async Task<IReadOnlyList<SessionId>> RepeatRevokeAllAsync(Guid userId, Revocation revocation)
    {
        var row = await journal.TryWriteAsync(userId, id: null, except: null, revocation);
        return await SettleAllAsync(row, await _revocations.RepeatRevokeAllAsync(userId, revocation));
    }

    public async Task EndEveryoneAsync(Revocation revocation, SparedSession? spared)
    {
        // A database from a backup may have gone back behind what Redis was told: the same number again would end nothing.
        var told = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Tags).Select(ToldAsync));
        var epoch = await journal.BeginEpochAsync(revocation, spared, told.Max());
        await _epochs.TellAsync(epoch);
    }

    public async Task<IReadOnlyList<UserSession>> ListAsync(Guid userId)
    {
        var keys = new RedisKeys(userId);
        var reply = (RedisResult[])(await connection.EvaluateAsync(scripts.List, [keys.Index], keys.RecordPrefix))!;
        if (reply.Length == 1)
            return [];

        var epoch = await present.ReadAsync(RedisKeys.TagOf(userId), (byte[])reply[0]!);
        return [.. reply.Skip(1).Chunk(2).Select(pair => Present(userId, SessionId.Read((byte[])pair[0]!), (byte[])pair[1]!, epoch)).OfType<UserSession>()];
    }

    public Task<SessionPage> ListAllAsync(SessionFilter filter, SessionCursor? after, int count) => index.ListAsync(filter, after, count);

    public Task<SessionCounts> CountAsync() => index.CountAsync();

    public Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count) => index.FindByIdPrefixAsync(hexPrefix, count);

    /// <summary>The number that a tag was told; 0 if it does not answer. That must not keep the end from being written down: it is told later.</summary>
    private async Task<long> ToldAsync(int tag)
    {
        try
        {
            return (byte[]?)(await connection.GetAsync([RedisKeys.EpochOf(tag)]))[0] is { } copy ? RedisEpochs.Read(copy).Number : 0;
        }
        catch (SessionStoreUnavailableException)
        {
            return 0;
        }
    }

    private async Task<RedisResult[]> AddAsync(UserSession session, UserGeneration generation, int limit, RedisValue revocation)
    {
        session = generation.Begin(session);
        var keys = new RedisKeys(session.UserId);
        var ttl = session.ExpiresAt + RedisScripts.Grace - clock.GetUtcNow();
        for (var told = false; ; told = true)
        {
            var reply = (RedisResult[])(await ChangeAsync(session.UserId, scripts.Add,
                [keys.Record(session.Id), keys.Index, keys.Generation, keys.Rights],
                Now(), RedisKeys.IdBytes(session.Id), generation.Value, RedisSessionRecord.Write(session, RedisEpochs.MarkOf(generation.Epoch)),
                (long)ttl.TotalMilliseconds, keys.RecordPrefix, limit, revocation, IUserSessionStore.MaxTombstones, generation.Epoch))!;
            if ((int)reply[0] == RedisScripts.Yes)
                connection.NoteWritten();
            if ((int)reply[0] != RedisScripts.NoEpoch)
                return reply;
            if (told)
                throw new SessionStoreUnavailableException("Redis does not keep the copy of the epoch.");

            await present.TellAsync(RedisKeys.TagOf(session.UserId));
        }
    }

    private async Task<bool> RewriteAsync(Guid userId, SessionId id, int expectedAt, byte[] expected, int at, byte[] bytes) =>
        Reply.IsYes(await ChangeAsync(userId, scripts.Rewrite,
            [new RedisKeys(userId).Record(id)],
            Now(), expectedAt, expected, at, bytes));

    private Task<RedisResult> ChangeAsync(Guid userId, RedisScript script, RedisKey[] keys, params RedisValue[] args) =>
        connection.EvaluateAsync(script, keys, [RedisKeys.UserBytes(userId), .. args]);

    /// <summary>
    /// Which ones would be ended for room only the script could tell, so they are journalled afterwards: a failover must
    /// not bring them back.
    /// </summary>
    private async Task JournalEndAsync(Guid userId, SessionId id, Revocation revocation)
    {
        try
        {
            await RevokeAsync(userId, id, revocation);
        }
        catch (SessionStoreUnavailableException)
        {
            // It is in the journal, and the monitor sees it through.
        }
    }

    private async Task<IReadOnlyList<SessionId>> SettleAllAsync(long? row, RedisChange change)
    {
        await SettleAsync(row, change);
        return [.. change.Rest.Select(id => SessionId.Read((byte[])id!))];
    }

    private Task SettleAsync(long? row, RedisChange change, DateTimeOffset? latest = null) =>
        row is { } written && change.Place is { } place
            ? journal.TryPlaceAsync(new PlacedRow(written, place, latest))
            : Task.CompletedTask;

    private RedisValue Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The session if there is one to be seen: readable, this user's, and not past the deadline that matters.</summary>
    private UserSession? Present(
        Guid userId, SessionId id, byte[] record, SessionEpoch epoch, UserSession? known = null)
    {
        if (RedisSessionRecord.Read(id, record, known) is not { } session)
        {
            if (Interlocked.Exchange(ref _saidUnreadable, 1) == 0)
                LogUnreadable(userId, id);
            return null;
        }

        if (RedisEpochs.IsOver(epoch, RedisSessionRecord.EpochMarkOf(record), session) && epoch.Bury(session) is var tombstone)
        {
            if (tombstone is null)
                return null;

            session = tombstone;
        }

        var end = session.Revocation is null ? session.ExpiresAt : session.AbsoluteDeadline;
        return session.UserId == userId && clock.GetUtcNow() < end ? session : null;
    }

    [LoggerMessage(30, LogLevel.Warning, "Session {SessionId} of user {UserId} can't be read: another version of the app wrote it, or it is damaged. This is said once")]
    private partial void LogUnreadable(Guid userId, SessionId sessionId);
}
