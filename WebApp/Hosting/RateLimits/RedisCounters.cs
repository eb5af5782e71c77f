using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The counters that all instances share. Key <c>rl:{network}:act</c>, with a hash in the place of the network; value:
/// the moment at which the counter is empty, in microseconds (see <see cref="Rate"/>); it lives until then. On Cluster
/// all counters of a network lie in one slot, and networks are spread over all.
/// </summary>
internal sealed class RedisCounters
{
    private const int TooLate = -1;

    private readonly RedisConnection _redis;
    private readonly RedisScript _take;
    private readonly RedisScript _add;

    public RedisCounters(RedisConnection redis)
    {
        _redis = redis;
        Scripts = RedisScriptSet.Beside(typeof(RedisCounters), new() { [nameof(TooLate)] = TooLate });
        _take = Scripts.Add("take_permit", "counters");
        _add = Scripts.Add("count_up", "counters");
        Scripts.Complete();
    }

    public RedisScriptSet Scripts { get; }

    /// <inheritdoc cref="LocalCounters.Take"/>
    /// <exception cref="SessionStoreUnavailableException">Redis did not answer.</exception>
    public Task<long> TakeAsync(LimitedAct act, ClientNetwork client, Rate rate, Rate failedProofs, long now)
    {
        var hash = client.ToHash();
        return RunAsync(_take, [Key(hash, LimitedAct.FailedProofs), Key(hash, act)],
            now, failedProofs.Interval, failedProofs.Window, rate.Interval, rate.Window);
    }

    /// <inheritdoc cref="LocalCounters.Add(LimitedAct, ClientNetwork, Rate, long)"/>
    /// <exception cref="SessionStoreUnavailableException">Redis did not answer.</exception>
    public Task AddAsync(LimitedAct act, ClientNetwork client, Rate rate, long now) =>
        RunAsync(_add, [Key(client.ToHash(), act)], now, rate.Interval, rate.Window);

    private async Task<long> RunAsync(RedisScript script, RedisKey[] keys, params RedisValue[] args)
    {
        var answer = (long)await _redis.EvaluateAsync(script, keys, args);
        return answer == TooLate ? throw new SessionStoreUnavailableException("Redis ran the count too late.") : answer;
    }

    private static RedisKey Key(string hash, LimitedAct act) => $"rl:{{{hash}}}:{act}";
}
