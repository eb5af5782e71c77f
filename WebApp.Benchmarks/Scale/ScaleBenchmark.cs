using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Scale;

/// <summary>
/// What the number of sessions costs. Each size has a Redis and servers of its own, all at once, and they have turns: so sizes are compared on
/// the same machine in the same minute.
/// </summary>
internal static class ScaleBenchmark
{
    private const int Connections = 16;

    public static async Task<int> RunAsync(ScaleOptions options)
    {
        var cores = Cores.Find();
        using var place = new Workplace();
        await using var load = new LoadProcess(cores.Load);
        await using var spinner = new LoadProcess(cores.Server);
        var stores = new List<SeededStore>();
        var targets = new List<(SeededStore Store, HttpTarget Target)>();
        try
        {
            foreach (var size in options.Sizes)
            {
                stores.Add(await SeededStore.CreateAsync(cores, place, size, options.SessionsPerUser));
                Progress.Say($"{size:N0} sessions in {stores[^1].Seconds:N0} s, {stores[^1].BytesPerSession:N0} bytes each");
            }

            var report = new ScaleReport(MachineFacts.Describe(cores, await stores[0].Redis.VersionAsync()), options);
            foreach (var store in stores)
                report.Add(store);
            await StartAsync(cores, place, stores, targets);
            await MeasureAsync(options, new(load), spinner, stores, targets, report);
            await MeasureRevocationsAsync(options, stores, report);
            if (options.SessionsPerUser > 1)
                await MeasureLonersAsync(options, cores, place, report);
            await report.WriteAsync();
            return report.Errors > 0 ? 1 : 0;
        }
        finally
        {
            foreach (var (_, target) in targets)
                await target.DisposeAsync();
            foreach (var store in stores)
                await store.DisposeAsync();
        }
    }

    private static async Task StartAsync(Cores cores, Workplace place, List<SeededStore> stores, List<(SeededStore Store, HttpTarget Target)> targets)
    {
        foreach (var store in stores)
            targets.Add((store, await store.ServeAsync(HttpTarget.Ours, cores, place)));
    }

    private static async Task MeasureAsync(
        ScaleOptions options, HttpMeter meter, LoadProcess spinner, List<SeededStore> stores, List<(SeededStore Store, HttpTarget Target)> targets, ScaleReport report)
    {
        foreach (var (store, target) in targets)
        {
            Progress.Show($"{target.Name} with {store.Size:N0} sessions: warming up");
            await meter.WarmUpAsync(target);
        }

        foreach (var store in stores)
            await StoreMeter.WarmUpAsync(store);

        var idle = new Dictionary<SeededStore, RedisCounters>();
        foreach (var store in stores)
            idle[store] = await HttpMeter.IdleAsync(store.Redis);

        for (var round = 1; round <= options.Rounds; round++)
        {
            report.AddSpin(await spinner.SpinAsync());
            foreach (var (store, target) in round % 2 == 0 ? targets.AsEnumerable().Reverse() : targets)
            {
                Progress.Show($"round {round} of {options.Rounds}: {target.Name} with {store.Size:N0} sessions");
                report.Add(store.Size, await meter.MeasureAsync(new(target.Name, Connections, round), target, store.Redis, idle[store], options.Seconds));
            }

            foreach (var store in round % 2 == 0 ? stores.AsEnumerable().Reverse() : stores)
            {
                Progress.Show($"round {round} of {options.Rounds}: the store with {store.Size:N0} sessions");
                report.Add(store.Size, round, await StoreMeter.MeasureAsync(store, round));
            }
        }
    }

    /// <summary>At the end: the sessions that requests use must be there until then.</summary>
    private static async Task MeasureRevocationsAsync(ScaleOptions options, List<SeededStore> stores, ScaleReport report)
    {
        for (var round = 0; round <= options.Rounds; round++)
        {
            foreach (var store in stores)
            {
                Progress.Show($"revocations with {store.Size:N0} sessions");
                var cost = await StoreMeter.MeasureRevocationAsync(store, round);
                // The first round warms up.
                if (round > 0)
                    report.AddRevocation(store.Size, round, cost);
            }
        }
    }

    /// <summary>A user's index costs most where it serves one session.</summary>
    private static async Task MeasureLonersAsync(ScaleOptions options, Cores cores, Workplace place, ScaleReport report)
    {
        await using var store = await SeededStore.CreateAsync(cores, place, options.Sizes[^1], perUser: 1);
        report.AddLoners(store.BytesPerSession);
        Progress.Say("done");
    }
}
