using System.Net;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>Sessions in Redis, shared by all instances of the app; also on Redis Cluster.</summary>
/// <remarks>
/// Three kinds of keys. NN is the last byte of the user id in hexadecimal, ids are hexadecimal too:
/// <code>
///   us:{sNN}:session id   STRING  the session or its tombstone, see <see cref="RedisSessionRecord"/>
///                                 lives to the earlier deadline (tombstone: the absolute deadline) and a minute
///   uu:{sNN}:user id      ZSET    the user's index: 16-byte session ids, scored by when their keys expire in Redis' clock (ms)
///                                 lives as long as the longest-lived of them
///   ug:{sNN}:user id      STRING  the user's generation, a decimal number; missing: zero
///                                 lives for <see cref="UserGeneration.Lifetime"/>
/// </code>
/// What expires is cleaned up only: the deadlines in the record, judged by the app's clock, decide. Every write is one script
/// (<see cref="RedisScripts"/>), every read one command. A revocation is journalled first (<see cref="RevocationJournal"/>), because Redis
/// may not answer, or may lose it in a failover; if Redis does not confirm it the call fails, and <see cref="RedisMonitor"/> sees it through.
/// A RevokeAll seen through later spares sessions created after it; from another instance, a sign-in already under way may slip in before that.
/// </remarks>
internal sealed partial class RedisUserSessionStore(
    RedisConnection connection, RevocationJournal journal, TimeProvider clock, ILogger<RedisUserSessionStore> logger) : IUserSessionStore
{
    private readonly RedisRevocations _revocations = new(connection.EvaluateAsync, clock);
    private int _saidUnreadable;

    public async Task<UserSession?> FindAsync(Guid userId, SessionId id)
    {
        byte[]? record = await connection.GetAsync(new RedisKeys(userId).Record(id));
        return record is null ? null : Present(userId, id, record);
    }

    public async Task<UserGeneration> GetGenerationAsync(Guid userId)
    {
        var generation = await connection.GetAsync(new RedisKeys(userId).Generation);
        return generation.IsNull ? default : new((long)generation);
    }

    public async Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0)
    {
        var keys = new RedisKeys(session.UserId);
        var revocation = new Revocation(session.CreatedAt, RevocationReason.TooMany);
        var ttl = session.ExpiresAt + RedisScripts.Grace - clock.GetUtcNow();
        var reply = (RedisResult[])(await connection.EvaluateAsync(RedisScripts.Add,
            [keys.Record(session.Id), keys.Index, keys.Generation],
            RedisKeys.UserBytes(session.UserId), Now(), RedisKeys.IdBytes(session.Id), generation.Value, RedisSessionRecord.Write(session),
            (long)ttl.TotalMilliseconds, keys.RecordPrefix, limit,
            RedisSessionRecord.WriteRevocation(revocation), IUserSessionStore.MaxTombstones))!;
        if (!Reply.IsYes(reply[0]))
            return null;

        SessionId[] ended = [.. reply.Skip(1).Select(id => SessionId.Read((byte[])id!))];
        // Which ones they would be, only the script could tell. A failover must not bring them back.
        foreach (var id in ended)
            await ConfirmAsync(await journal.TryWriteAsync(session.UserId, id, except: null, revocation));
        return ended;
    }

    public async Task<bool> TouchAsync(Guid userId, SessionId id, DateTimeOffset seenAt, IPAddress? address)
    {
        var keys = new RedisKeys(userId);
        return Reply.IsYes(await connection.EvaluateAsync(RedisScripts.Touch,
            [keys.Record(id), keys.Index],
            RedisKeys.UserBytes(userId), Now(), RedisKeys.IdBytes(id), seenAt.ToUnixTimeMilliseconds(), RedisSessionRecord.WriteUse(seenAt, address)));
    }

    public async Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt) =>
        Reply.IsYes(await connection.EvaluateAsync(RedisScripts.Rotate,
            [new RedisKeys(userId).Record(id)],
            RedisKeys.UserBytes(userId), Now(), RedisSessionRecord.WriteSecret(current), RedisSessionRecord.WriteSecret(next, current, seenAt)));

    public async Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket) =>
        Reply.IsYes(await connection.EvaluateAsync(RedisScripts.UpdateTicket,
            [new RedisKeys(userId).Record(id)],
            RedisKeys.UserBytes(userId), Now(), ticket.ToArray()));

    public async Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation)
    {
        var row = await journal.TryWriteAsync(userId, id, except: null, revocation);
        var ended = await _revocations.RevokeAsync(userId, id, revocation);
        await ConfirmAsync(row);
        return ended;
    }

    public async Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation)
    {
        var row = await journal.TryWriteAsync(userId, id: null, except, revocation);
        var ended = await _revocations.RevokeAllAsync(userId, except, revocation);
        await ConfirmAsync(row);
        return ended;
    }

    public async Task<IReadOnlyList<UserSession>> ListAsync(Guid userId)
    {
        var keys = new RedisKeys(userId);
        var reply = (RedisResult[])(await connection.EvaluateAsync(RedisScripts.List, [keys.Index], keys.RecordPrefix))!;
        return [.. reply.Chunk(2).Select(pair => Present(userId, SessionId.Read((byte[])pair[0]!), (byte[])pair[1]!)).OfType<UserSession>()];
    }

    private Task ConfirmAsync(long? row) => row is { } written ? journal.TryConfirmAsync(written) : Task.CompletedTask;

    private RedisValue Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The session if there is one to be seen: readable, this user's, and not past the deadline that matters.</summary>
    private UserSession? Present(Guid userId, SessionId id, byte[] record)
    {
        if (RedisSessionRecord.Read(id, record) is not { } session)
        {
            if (Interlocked.Exchange(ref _saidUnreadable, 1) == 0)
                LogUnreadable(userId, id);
            return null;
        }

        var end = session.Revocation is null ? session.ExpiresAt : session.AbsoluteDeadline;
        return session.UserId == userId && clock.GetUtcNow() < end ? session : null;
    }

    [LoggerMessage(30, LogLevel.Warning, "Session {SessionId} of user {UserId} can't be read: another version of the app wrote it, or it is damaged. This is said once")]
    private partial void LogUnreadable(Guid userId, SessionId sessionId);
}
