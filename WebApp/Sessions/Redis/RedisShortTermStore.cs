using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Key <c>uk:{tag}:user</c>, a sorted set: a member is an id (16 bytes) and the content, its score the moment in milliseconds until which it is
/// kept. The key lives as long as the last of them.
/// </summary>
internal sealed class RedisShortTermStore : IShortTermStore
{
    private const int IdSize = 16;
    private const int TooLate = -1;

    private readonly RedisConnection _redis;
    private readonly TimeProvider _clock;
    private readonly RedisScript _keep;

    public RedisShortTermStore(RedisConnection redis, TimeProvider clock)
    {
        (_redis, _clock) = (redis, clock);
        Scripts = RedisScriptSet.Beside(typeof(RedisShortTermStore), new()
        {
            [nameof(IdSize)] = IdSize,
            [nameof(TooLate)] = TooLate,
            ["Most"] = IShortTermStore.MaxPerUser,
            ["Grace"] = (long)RedisScripts.Grace.TotalMilliseconds,
        });
        _keep = Scripts.Add("keep");
        Scripts.Complete();
    }

    public RedisScriptSet Scripts { get; }

    public async Task<byte[]> KeepAsync(Guid userId, Guid id, byte[] content, TimeSpan lifetime)
    {
        var now = Now();
        var answer = await _redis.EvaluateAsync(
            _keep, [Key(userId)], now, now + (long)lifetime.TotalMilliseconds, id.ToByteArray(), content);
        return answer.Resp2Type == ResultType.Integer
            ? throw new SessionStoreUnavailableException("Redis ran the call too late.")
            : (byte[])answer!;
    }

    public async Task<byte[]?> FindAsync(Guid userId, Guid id) =>
        ((byte[]?)await FindMemberAsync(userId, id))?[IdSize..];

    public async Task RemoveAsync(Guid userId, Guid id)
    {
        if (await FindMemberAsync(userId, id) is { IsNull: false } member)
            await _redis.RunAsync(db => db.SortedSetRemoveAsync(Key(userId), member));
    }

    private async Task<RedisValue> FindMemberAsync(Guid userId, Guid id)
    {
        var (now, start) = (Now(), id.ToByteArray());
        var members = await _redis.RunAsync(db => db.SortedSetRangeByScoreAsync(
            Key(userId), now, double.PositiveInfinity, Exclude.Start, flags: CommandFlags.DemandMaster));
        return members.FirstOrDefault(member => ((byte[])member!).AsSpan().StartsWith(start));
    }

    private long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static RedisKey Key(Guid userId) => new RedisKeys(userId).ShortTerm;
}
