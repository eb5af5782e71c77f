using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The counters that all instances share. Key <c>rl:{network}:act</c>, with a hash in the place of the network; value: the moment at which the
/// counter is empty, in microseconds (see <see cref="Rate"/>); it lives until then. On Cluster all counters of a network lie in one slot, and
/// networks are spread over all.
/// </summary>
internal sealed class RedisCounters(RedisConnection redis)
{
    private const int TooLate = -1;

    private static readonly string Common = """
        local time = redis.call('TIME')
        if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[1]) then return -1 end
        local now = tonumber(ARGV[2])

        local function empty_at(key)
          return math.max(tonumber(redis.call('GET', key) or '0'), now)
        end

        local function wait(key, interval, window)
          if interval == 0 then return 0 end
          return math.max(empty_at(key) + interval - window - now, 0)
        end

        local function keep(key, interval, window)
          local at = math.min(empty_at(key) + interval, now + 2 * window)
          redis.call('SET', key, string.format('%.0f', at), 'PX', math.ceil((at - now) / 1000))
        end

        """;

    /// <summary>KEYS: failed proofs, the act. ARGV: not-after, now, interval and window of each. Answers the wait: 0 when a permit was taken.</summary>
    private static readonly string TakeScript = Common + """
        local left = wait(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
        if left == 0 then left = wait(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6])) end
        if left == 0 and tonumber(ARGV[5]) > 0 then keep(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6])) end
        return left
        """;

    /// <summary>KEYS: the act. ARGV: not-after, now, interval, window. Answers 0.</summary>
    private static readonly string AddScript = Common + """
        keep(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
        return 0
        """;

    /// <inheritdoc cref="LocalCounters.Take"/>
    /// <exception cref="SessionStoreUnavailableException">Redis did not answer.</exception>
    public Task<long> TakeAsync(LimitedAct act, ClientNetwork client, Rate rate, Rate failedProofs, long now)
    {
        var hash = client.ToHash();
        return RunAsync(TakeScript, [Key(hash, LimitedAct.FailedProofs), Key(hash, act)], now, failedProofs.Interval, failedProofs.Window, rate.Interval, rate.Window);
    }

    /// <inheritdoc cref="LocalCounters.Add(LimitedAct, ClientNetwork, Rate, long)"/>
    /// <exception cref="SessionStoreUnavailableException">Redis did not answer.</exception>
    public Task AddAsync(LimitedAct act, ClientNetwork client, Rate rate, long now) =>
        RunAsync(AddScript, [Key(client.ToHash(), act)], now, rate.Interval, rate.Window);

    private async Task<long> RunAsync(string script, RedisKey[] keys, params RedisValue[] args)
    {
        var answer = (long)await redis.EvaluateAsync(script, keys, args);
        return answer == TooLate ? throw new SessionStoreUnavailableException("Redis ran the count too late.") : answer;
    }

    private static RedisKey Key(string hash, LimitedAct act) => $"rl:{{{hash}}}:{act}";
}
