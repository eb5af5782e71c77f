using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Soak;

/// <summary>Two instances over one Redis and one database: what one ends the other refuses, under load too, and nothing is lost or grows.</summary>
internal static class SoakBenchmark
{
    private const double WarmUpShare = 0.2;

    public static async Task<int> RunAsync(SoakOptions options)
    {
        var cores = Cores.Find();
        using var place = new Workplace();
        await using var redis = await RedisProcess.StartAsync(cores.Server);
        // The later setting wins over the server's own folder. A use is recorded every two seconds, so that it happens often while sessions end; and
        // so few cookies are remembered that there is no room, and forgets, long before the end: only then can memory tell of a leak.
        string[] settings =
        [
            $"--ConnectionStrings:Database=Data Source={Path.Combine(place.NewFolder("shared"), "webapp.db")}",
            "--Sessions:LastSeenResolution=00:00:02",
            "--Sessions:OpenedCookies=1000",
        ];
        Progress.Show("starting two instances");
        await using var a = await HttpTarget.StartAsync(HttpTarget.Ours, cores, place, redis, settings);
        await using var b = await HttpTarget.StartAsync(HttpTarget.Ours, cores, place, redis, settings);
        await using var load = new SoakLoad(cores.Load);

        Progress.Show($"{RevocationRounds.Rounds} revocations");
        var revocations = await load.MeasureRevocationsAsync(a.Port, b.Port);

        var empty = (await redis.CountAsync()).Memory;
        Progress.Show($"{options.Connections} people sign in");
        await load.OpenAsync(a.Port, b.Port, options.Connections);
        Progress.Show($"mixed load, {options.Seconds} s");
        var early = await WeighAsync(await load.RunAsync(WarmUpShare * options.Seconds));
        var late = await WeighAsync(await load.RunAsync((1 - WarmUpShare) * options.Seconds));
        Progress.Show("looking for lost and revived sessions");
        var end = (await load.CheckAsync()).Revocations;
        Progress.Say("done");

        var report = new SoakReport(MachineFacts.Describe(cores, await redis.VersionAsync()), options, revocations, end, early, late);
        await report.WriteAsync();
        return report.Violations > 0 ? 1 : 0;

        async Task<SoakWeight> WeighAsync(SoakSum sum) =>
            new(await a.MemoryAsync(), await b.MemoryAsync(), ((await redis.CountAsync()).Memory - empty) / sum.Sessions, sum.Sessions);
    }
}

/// <summary>What is in memory at one moment.</summary>
/// <param name="A">One instance.</param>
/// <param name="B">The other.</param>
/// <param name="RedisPerSession">Bytes per session, live or ended.</param>
/// <param name="Sessions">How many there are.</param>
internal sealed record SoakWeight(ServerMemory A, ServerMemory B, double RedisPerSession, int Sessions);
