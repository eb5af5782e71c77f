using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>Puts load on targets, one at a time, and reads off what it took.</summary>
internal sealed class HttpMeter(LoadProcess load)
{
    private const int WarmUpConnections = 16;
    private const int MinWindows = 5;
    private const int MaxWindows = 15;
    private const double Steady = 0.04;
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Uses a server until it gets no faster. The pauses are for its compiler, which works beside the requests, on the same core, and
    /// begins when no new code has come for a moment.
    /// </summary>
    public async Task WarmUpAsync(HttpTarget target)
    {
        await load.OpenAsync(target.Port, target.CredentialsFile, WarmUpConnections);
        var cost = double.MaxValue;
        for (var window = 1; window <= MaxWindows; window++)
        {
            var cpu = target.CpuTime;
            var result = await load.RunAsync(seconds: 0.8);
            var previous = cost;
            cost = (target.CpuTime - cpu).TotalMicroseconds / result.Requests;
            if (window >= MinWindows && Math.Abs(previous - cost) < Steady * cost)
                break;

            await Task.Delay(200);
        }

        await load.CloseAsync();
    }

    /// <summary>What Redis does in a second in which nobody asks for a page: the servers' heartbeats.</summary>
    public static async Task<RedisCounters> IdleAsync(RedisProcess redis)
    {
        var before = await redis.CountAsync();
        await Task.Delay(IdlePeriod);
        var idle = (await redis.CountAsync()).Since(before);
        return new RedisCounters(0, 0, 0, 0).Minus(idle, -1 / IdlePeriod.TotalSeconds);
    }

    /// <summary>One turn. The connections are open, and used once, before it begins.</summary>
    /// <param name="turn">Whose it is.</param>
    /// <param name="target">The server.</param>
    /// <param name="redis">The one that it uses.</param>
    /// <param name="idle">See <see cref="IdleAsync"/>: not the requests' doing.</param>
    /// <param name="seconds">How long.</param>
    public async Task<Measurement> MeasureAsync(Turn turn, HttpTarget target, RedisProcess redis, RedisCounters idle, double seconds)
    {
        await load.OpenAsync(target.Port, target.CredentialsFile, turn.Connections);
        var (allocatedBefore, redisBefore, cpuBefore) = (await target.AllocatedAsync(), await redis.CountAsync(), target.CpuTime);
        var result = await load.RunAsync(seconds);
        var (cpuAfter, redisAfter, allocatedAfter) = (target.CpuTime, await redis.CountAsync(), await target.AllocatedAsync());
        await load.CloseAsync();

        var requests = Math.Max(1, result.Requests);
        var asked = redisAfter.Since(redisBefore).Minus(idle, result.Seconds);
        return new(turn, result.Requests, result.Errors, result.FirstError, result.Requests / result.Seconds, result.P50 / 1000, result.P99 / 1000)
        {
            ServerCpu = (cpuAfter - cpuBefore).TotalMicroseconds / requests,
            RedisCpu = asked.CpuMicroseconds / requests,
            Allocated = (double?)(allocatedAfter - allocatedBefore) / requests,
            RedisCommands = asked.Commands / requests,
            RedisBytes = asked.Bytes / requests,
        };
    }

    /// <summary>
    /// A turn in which browsers take their time, after another just like it: what a session's return costs is over then. Every command that
    /// Redis gets is looked at, which a busy one would not bear.
    /// </summary>
    public async Task<PacedMeasurement> PaceAsync(HttpTarget target, RedisProcess redis, double seconds, double requestsPerSecond)
    {
        await load.OpenAsync(target.Port, target.CredentialsFile, WarmUpConnections);
        await load.RunAsync(seconds, requestsPerSecond);
        using var tap = await RedisTap.OpenAsync(redis.Port);
        await Task.Delay(IdlePeriod);
        var idlePerSecond = tap.Commands / IdlePeriod.TotalSeconds;
        var before = tap.Commands;
        var result = await load.RunAsync(seconds, requestsPerSecond);
        var commands = tap.Commands - before - (idlePerSecond * result.Seconds);
        await load.CloseAsync();
        return new(target.Name, result, commands / Math.Max(1, result.Requests));
    }
}

/// <param name="Target">The target's name.</param>
/// <param name="Load">What the load saw.</param>
/// <param name="RedisRoundTrips">Per request, heartbeats not counted.</param>
internal sealed record PacedMeasurement(string Target, LoadResult Load, double RedisRoundTrips);

/// <param name="Target">Its name.</param>
/// <param name="Connections">In use at once.</param>
/// <param name="Round">From 1; what is compared is of one round.</param>
internal sealed record Turn(string Target, int Connections, int Round);

/// <param name="Turn">Whose it is.</param>
/// <param name="Requests">Answered in it.</param>
/// <param name="Errors">Of those, how many were no 200 with the right name.</param>
/// <param name="FirstError">The first of those answers; null without.</param>
/// <param name="RequestsPerSecond">Over all connections.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
internal sealed record Measurement(Turn Turn, long Requests, long Errors, string? FirstError, double RequestsPerSecond, double P50, double P99)
{
    /// <summary>Microseconds of the server's process per request.</summary>
    public required double ServerCpu { get; init; }

    /// <summary>Microseconds of Redis per request.</summary>
    public required double RedisCpu { get; init; }

    /// <summary>Bytes per request; null for a server that can't tell.</summary>
    public required double? Allocated { get; init; }

    /// <summary>Per request, those that scripts run included.</summary>
    public required double RedisCommands { get; init; }

    /// <summary>In and out, per request.</summary>
    public required double RedisBytes { get; init; }
}
