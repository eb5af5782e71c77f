using StackExchange.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>Runs a script that changes a user's sessions. The user's id goes before <paramref name="args"/>.</summary>
internal delegate Task<RedisResult> RunScript(
    Guid userId, RedisScript script, RedisKey[] keys, params RedisValue[] args);

/// <summary>
/// Takes something away in Redis: sessions, their use until identity is proved, rights. Used twice: by the store, over
/// the verified connection, and by the monitor, which repeats what is journalled before it verifies.
/// </summary>
internal sealed class RedisRevocations(RunScript run, RedisScripts scripts, TimeProvider clock)
{
    public async Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation)
    {
        var keys = new RedisKeys(userId);
        return Reply.IsYes(await run(userId, scripts.Revoke,
            [keys.Record(id), keys.Index],
            clock.GetUtcNow().ToUnixTimeMilliseconds(),
            RedisKeys.IdBytes(id),
            RedisSessionRecord.WriteRevocation(revocation)));
    }

    public Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation) =>
        RevokeAllAsync(userId, except, revocation, createdUntil: null, UserGeneration.NewValue());

    /// <summary>As the other, but spares sessions created later.</summary>
    public Task<IReadOnlyList<SessionId>> RepeatRevokeAllAsync(Guid userId, Revocation revocation) =>
        RevokeAllAsync(userId, except: null, revocation, createdUntil: revocation.At, UserGeneration.NewValue());

    /// <summary>
    /// Takes away again what was taken away then, and nothing that began later. It is also the first time if Redis
    /// never got the revocation, so sign-ins under way are refused, unless it is so long ago that there can be none
    /// left.
    /// </summary>
    public Task RepeatAsync(JournalRow row)
    {
        if (row.RightsVersion is { } version)
            return RequireRightsAsync(row.UserId, version);
        if (row is { LockReason: { } reason, SessionId: { } locked })
            return LockAsync(row.UserId, locked, new(row.At, reason));

        var revocation = new Revocation(row.At, row.Reason, row.CaseReference);
        if (row.SessionId is { } one)
            return RevokeAsync(row.UserId, one, revocation);

        var recent = clock.GetUtcNow() - revocation.At < UserGeneration.Lifetime;
        long? nextGeneration = recent ? UserGeneration.NewValue() : null;
        return RevokeAllAsync(row.UserId, row.Except, revocation, revocation.At, nextGeneration);
    }

    /// <summary>Locks unless identity was proved since: repeated, it locks nobody out again.</summary>
    public async Task<bool> LockAsync(Guid userId, SessionId id, SessionLock sessionLock) =>
        Reply.IsYes(await run(userId, scripts.Lock,
            [new RedisKeys(userId).Record(id)],
            clock.GetUtcNow().ToUnixTimeMilliseconds(),
            sessionLock.At.ToUnixTimeMilliseconds(), RedisSessionRecord.WriteLock(sessionLock)));

    public async Task RequireRightsAsync(Guid userId, int version)
    {
        var keys = new RedisKeys(userId);
        if (!Reply.IsYes(await run(userId, scripts.RequireRights,
            [keys.Index, keys.Rights],
            clock.GetUtcNow().ToUnixTimeMilliseconds(),
            keys.RecordPrefix,
            version,
            RedisSessionRecord.WriteRights(version),
            (long)UserGeneration.Lifetime.TotalMilliseconds)))
            throw new SessionStoreUnavailableException(
                "Redis had no memory to refuse the rights of sign-ins under way.");
    }

    private async Task<IReadOnlyList<SessionId>> RevokeAllAsync(
        Guid userId, SessionId? except, Revocation revocation, DateTimeOffset? createdUntil, long? nextGeneration)
    {
        var keys = new RedisKeys(userId);
        var reply = (RedisResult[])(await run(userId, scripts.RevokeAll,
            [keys.Index, keys.Generation],
            clock.GetUtcNow().ToUnixTimeMilliseconds(),
            keys.RecordPrefix,
            except is { } spared ? RedisKeys.IdBytes(spared) : RedisValue.EmptyString,
            RedisSessionRecord.WriteRevocation(revocation),
            nextGeneration ?? RedisValue.EmptyString,
            (long)UserGeneration.Lifetime.TotalMilliseconds,
            createdUntil?.ToUnixTimeMilliseconds() ?? RedisValue.EmptyString))!;

        // The sessions have ended, but a sign-in under way could still finish: it must be tried again.
        if (!Reply.IsYes(reply[0]))
            throw new SessionStoreUnavailableException(
                "Redis ended the user's sessions but had no memory to refuse the sign-ins under way.");

        return [.. reply.Skip(1).Select(id => SessionId.Read((byte[])id!))];
    }
}

internal static class Reply
{
    /// <summary>Yes or no.</summary>
    /// <exception cref="SessionStoreUnavailableException">
    /// Redis got to it only after its caller had given up, and did nothing.
    /// </exception>
    public static bool IsYes(RedisResult reply) => (int)reply switch
    {
        RedisScripts.Yes => true,
        RedisScripts.No => false,
        _ => throw new SessionStoreUnavailableException("Redis got to the command too late and did nothing."),
    };
}
