using System.Diagnostics;
using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>What a Redis server says of itself.</summary>
/// <param name="EndPoint">Where it was reached.</param>
/// <param name="IsMaster">Whether it takes writes.</param>
/// <param name="Identity">Changes with every restart, promotion and full resynchronisation: whenever its data may have gone back in time.</param>
/// <param name="MaxMemory">Its limit of memory in bytes; 0: none.</param>
/// <param name="MaxMemoryPolicy">What it does when memory is full (<c>noeviction</c>).</param>
/// <param name="IsInCluster">Whether it runs in cluster mode.</param>
/// <param name="Commands">
/// How many commands it has run. With one identity it falls only if the machine was put back to an earlier state, or if
/// the statistics were reset.
/// </param>
/// <param name="Time">Its clock, in milliseconds since 1970, when it answered.</param>
public sealed record RedisServerFacts(
    string EndPoint,
    bool IsMaster,
    string Identity,
    long MaxMemory,
    string MaxMemoryPolicy,
    bool IsInCluster,
    long Commands,
    long Time)
{
    /// <summary>
    /// Whether full memory may cost it keys that have no time to live: without the key ring every cookie is worthless,
    /// and without a user's index no revocation finds the sessions. <c>volatile-*</c> costs sessions at most, and
    /// <c>noeviction</c> (the one to set) nothing but new sign-ins.
    /// </summary>
    public bool MayEvictAnyKey => MaxMemoryPolicy.StartsWith("allkeys-", StringComparison.Ordinal);

    /// <summary>Likewise, and memory can be full.</summary>
    public bool EvictsAnyKey => MayEvictAnyKey && MaxMemory > 0;
}

/// <summary>One look at all connected servers (on Cluster there are several masters).</summary>
internal sealed class RedisProbe
{
    private readonly long _answeredAt = Stopwatch.GetTimestamp();
    private readonly RedisServerFacts[] _servers;
    private readonly Dictionary<EndPoint, long> _sockets = [];

    private RedisProbe((IServer Server, long Sockets, RedisServerFacts Facts)[] asked, int doubts)
    {
        _servers = [.. asked.Select(one => one.Facts)];
        Doubts = doubts;
        Masters = [.. _servers.Where(server => server.IsMaster)];
        foreach (var (server, sockets, _) in asked.Where(one => one.Facts.IsMaster))
            _sockets[server.EndPoint] = sockets;
    }

    public IReadOnlyList<RedisServerFacts> Masters { get; }

    public bool IsCluster => Array.Exists(_servers, server => server.IsInCluster);

    /// <summary>The connection's count of mishaps when the look began.</summary>
    public int Doubts { get; }

    /// <summary>
    /// An estimate of Redis' clock that does not depend on this machine's; if anything a round trip early.
    /// The masters of a Cluster are taken to agree on the time, and the one ahead counts.
    /// </summary>
    public long RedisTimeNow() => Masters.Max(m => m.Time) + (long)Stopwatch.GetElapsedTime(_answeredAt).TotalMilliseconds;

    /// <summary>
    /// Whether every server to which the client sends commands now is one of the masters, and still on the connection on
    /// which it was asked. A server that has come back may answer before the client tells anybody of it.
    /// </summary>
    public bool Covers(IConnectionMultiplexer redis)
    {
        foreach (var server in redis.GetServers())
        {
            if (server is { IsConnected: true, IsReplica: false }
                && _sockets.GetValueOrDefault(server.EndPoint) != SocketsOf(server))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether that server was there, and took no writes.</summary>
    public bool WasReplica(EndPoint? server) => Array.Exists(_servers, known => !known.IsMaster && known.EndPoint == server?.ToString());

    /// <summary>The client's side of the masters.</summary>
    public IEnumerable<IServer> MastersOf(IConnectionMultiplexer redis) => redis.GetServers()
        .Where(server => Masters.Any(master => master.EndPoint == NameOf(server)));

    /// <summary>Whether the client, too, takes these for the masters, and no others.</summary>
    public bool IsSharedBy(IConnectionMultiplexer redis) =>
        Covers(redis) && MastersOf(redis).All(server => server is { IsConnected: true, IsReplica: false });

    /// <summary>
    /// Asks all at once. A server that hangs is waited for, unless it was a replica at the <paramref name="last"/> look:
    /// nobody is served by it, so the others soon go on without it, long before <paramref name="patience"/> ends.
    /// </summary>
    public static async Task<RedisProbe> AskAsync(IConnectionMultiplexer redis, RedisProbe? last, TimeSpan patience, int doubts)
    {
        var connected = redis.GetServers().Where(server => server.IsConnected);
        return new(await Task.WhenAll(connected.Select(server => AskAsync(server, last?.Find(server), patience))), doubts);
    }

    private static async Task<(IServer, long, RedisServerFacts)> AskAsync(
        IServer server, RedisServerFacts? last, TimeSpan patience)
    {
        var sockets = SocketsOf(server);
        // On one connection the answers come in this order, so the time is never older than the facts.
        var (info, time) = (server.InfoRawAsync(), server.TimeAsync());
        if (last is { IsMaster: false } && await Task.WhenAny(time, Task.Delay(patience / 20)) != time)
            return (server, sockets, last);

        var facts = Parse(await info ?? "");
        return (server, sockets, new(
            NameOf(server),
            // The client's own view of it may be older.
            facts.GetValueOrDefault("role") == "master",
            $"{facts.GetValueOrDefault("run_id")}/{facts.GetValueOrDefault("master_replid")}",
            Number("maxmemory"),
            facts.GetValueOrDefault("maxmemory_policy", ""),
            facts.GetValueOrDefault("cluster_enabled") == "1",
            Number("total_commands_processed"),
            new DateTimeOffset(DateTime.SpecifyKind(await time, DateTimeKind.Utc)).ToUnixTimeMilliseconds()));

        long Number(string name) =>
            long.TryParse(facts.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>How many connections for commands the client has opened to it so far.</summary>
    private static long SocketsOf(IServer server) => server.GetCounters().Interactive.SocketCount;

    private RedisServerFacts? Find(IServer server) => Array.Find(_servers, known => known.EndPoint == NameOf(server));

    private static string NameOf(IServer server) => server.EndPoint.ToString() ?? "";

    private static Dictionary<string, string> Parse(string info) => info
        .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2))
        .Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0], pair => pair[1], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
}
