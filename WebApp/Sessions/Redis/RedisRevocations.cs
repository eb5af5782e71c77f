using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Takes something away in Redis: sessions, their use until identity is proved, rights. Each answer has the change's
/// place, for the journal.
/// </summary>
internal sealed class RedisRevocations(RedisConnection connection, RedisScripts scripts, TimeProvider clock)
{
    public Task<RedisChange> RevokeAsync(Guid userId, SessionId id, Revocation revocation) => RunAsync(
        userId, scripts.Revoke, new RedisKeys(userId).Record(id),
        RedisKeys.IdBytes(id), RedisSessionRecord.WriteRevocation(revocation));

    public Task<RedisChange> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation) =>
        RevokeAllAsync(userId, except, revocation, createdUntil: null);

    /// <summary>As the other, but spares sessions created later.</summary>
    public Task<RedisChange> RepeatRevokeAllAsync(Guid userId, Revocation revocation) =>
        RevokeAllAsync(userId, except: null, revocation, createdUntil: revocation.At);

    /// <summary>Locks unless identity was proved since: repeated, it locks nobody out again.</summary>
    public Task<RedisChange> LockAsync(Guid userId, SessionId id, SessionLock sessionLock) => RunAsync(
        userId, scripts.Lock, new RedisKeys(userId).Record(id),
        RedisKeys.IdBytes(id), RedisSessionRecord.WriteLock(sessionLock));

    public async Task<RedisChange> RequireRightsAsync(Guid userId, int version)
    {
        var change = await RunAsync(
            userId, scripts.RequireRights, new RedisKeys(userId).Index, RedisSessionRecord.WriteRights(version));
        return change.IsDone ? change : throw new SessionStoreUnavailableException(
            "Redis had no memory to refuse the rights of sign-ins under way.");
    }

    private async Task<RedisChange> RevokeAllAsync(
        Guid userId, SessionId? except, Revocation revocation, DateTimeOffset? createdUntil)
    {
        var change = await RunAsync(
            userId, scripts.RevokeAll, new RedisKeys(userId).Index,
            except is { } spared ? RedisKeys.IdBytes(spared) : RedisValue.EmptyString,
            RedisSessionRecord.WriteRevocation(revocation),
            UserGeneration.NewValue(revocation.At),
            createdUntil?.ToUnixTimeMilliseconds() ?? RedisValue.EmptyString);
        // The sessions have ended, but a sign-in under way could still finish: it must be tried again.
        return change.IsDone ? change : throw new SessionStoreUnavailableException(
            "Redis ended the user's sessions but had no memory to refuse the sign-ins under way.");
    }

    private async Task<RedisChange> RunAsync(
        Guid userId, RedisScript script, RedisKey key, params RedisValue[] args) => RedisChange.Read(
        await connection.EvaluateAsync(
            script, [key], [RedisKeys.UserBytes(userId), clock.GetUtcNow().ToUnixTimeMilliseconds(), .. args]));
}
