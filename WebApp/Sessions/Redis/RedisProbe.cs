using System.Diagnostics;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>What a Redis master says of itself.</summary>
/// <param name="EndPoint">Where it was reached.</param>
/// <param name="Identity">Changes with every restart, promotion and full resynchronisation: whenever its data may have gone back in time.</param>
/// <param name="MaxMemoryPolicy">What it does when memory is full (<c>noeviction</c>).</param>
/// <param name="Time">Its clock, in milliseconds since 1970, when it answered.</param>
public sealed record RedisServerFacts(string EndPoint, string Identity, string MaxMemoryPolicy, long Time);

/// <summary>One look at all masters (on Cluster there are several).</summary>
/// <param name="Masters">At least one.</param>
/// <param name="Doubts">The connection's count of mishaps when the look began.</param>
internal sealed record RedisProbe(IReadOnlyList<RedisServerFacts> Masters, int Doubts)
{
    private readonly long _answeredAt = Stopwatch.GetTimestamp();

    /// <summary>
    /// An estimate of Redis' clock that does not depend on this machine's; if anything a round trip early.
    /// The masters of a Cluster are taken to agree on the time, and the one ahead counts.
    /// </summary>
    public long RedisTimeNow() => Masters.Max(m => m.Time) + (long)Stopwatch.GetElapsedTime(_answeredAt).TotalMilliseconds;

    /// <summary>Asks all connected servers at once; keeps the masters.</summary>
    public static async Task<IReadOnlyList<RedisServerFacts>> AskAsync(ConnectionMultiplexer redis)
    {
        var connected = redis.GetEndPoints().Select(endPoint => redis.GetServer(endPoint)).Where(server => server.IsConnected);
        var answers = await Task.WhenAll(connected.Select(AskAsync));
        return [.. answers.OfType<RedisServerFacts>()];
    }

    private static async Task<RedisServerFacts?> AskAsync(IServer server)
    {
        // On one connection the answers come in this order, so the time is never older than the facts.
        var (info, time) = (server.InfoRawAsync(), server.TimeAsync());
        var facts = Parse(await info);
        // IServer's own property for this has another name in newer clients.
        if (facts.GetValueOrDefault("role") != "master")
            return null;

        return new(
            server.EndPoint.ToString() ?? "",
            $"{facts.GetValueOrDefault("run_id")}/{facts.GetValueOrDefault("master_replid")}",
            facts.GetValueOrDefault("maxmemory_policy", ""),
            new DateTimeOffset(DateTime.SpecifyKind(await time, DateTimeKind.Utc)).ToUnixTimeMilliseconds());
    }

    private static Dictionary<string, string> Parse(string info) => info
        .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2))
        .Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0], pair => pair[1], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
}
