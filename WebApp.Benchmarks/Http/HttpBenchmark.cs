using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>
/// The same page behind each kind of authentication. All servers run from the beginning and have turns, in every round all of them, in an order
/// that changes: so a slow moment of the machine meets one turn, not one target.
/// </summary>
internal static class HttpBenchmark
{
    /// <summary>Sessions of each target, one person each, used in turn: enough that no cache of a few entries does the work.</summary>
    public const int Sessions = 1000;

    /// <summary>The first sign-ins also fill buffers and caches of Redis that are not a session's.</summary>
    private const int FirstSignIns = 50;

    public static async Task<int> RunAsync(HttpOptions options)
    {
        var cores = Cores.Find();
        using var place = new Workplace();
        await using var redis = await RedisProcess.StartAsync(cores.Server);
        await using var load = new LoadProcess(cores.Load);
        await using var spinner = new LoadProcess(cores.Server);
        var report = new HttpReport(MachineFacts.Describe(cores, await redis.VersionAsync()), options);
        var targets = new List<HttpTarget>();
        try
        {
            await StartAsync(options, cores, place, redis, report, targets);
            await MeasureAsync(options, new(load), spinner, redis, report, targets);
        }
        finally
        {
            foreach (var target in targets)
                await target.DisposeAsync();
        }

        await report.WriteAsync();
        return report.Errors > 0 ? 1 : 0;
    }

    private static async Task StartAsync(HttpOptions options, Cores cores, Workplace place, RedisProcess redis, HttpReport report, List<HttpTarget> targets)
    {
        foreach (var name in options.Targets)
        {
            Progress.Show($"{name}: starting, {Sessions} people sign in");
            try
            {
                targets.Add(await HttpTarget.StartAsync(name, cores, place, redis));
            }
            catch (InvalidOperationException e)
            {
                Progress.Say($"{name} is left out: {e.Message.Split(". ")[0]}");
                report.LeaveOut(name, e.Message.Split(". ")[0]);
                continue;
            }

            var target = targets[^1];
            await target.SignInAsync(first: Sessions, FirstSignIns);
            var before = await redis.CountAsync();
            await target.SignInAsync(first: 0, Sessions);
            report.Add(target, ((await redis.CountAsync()).Memory - before.Memory) / Sessions);
        }
    }

    private static async Task MeasureAsync(HttpOptions options, HttpMeter meter, LoadProcess spinner, RedisProcess redis, HttpReport report, List<HttpTarget> targets)
    {
        foreach (var target in targets)
        {
            Progress.Show($"{target.Name}: warming up");
            await meter.WarmUpAsync(target);
        }

        var idle = await HttpMeter.IdleAsync(redis);
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var connections in options.Connections)
            {
                report.AddSpin(await spinner.SpinAsync());
                foreach (var target in InOrderOf(round, targets))
                {
                    Progress.Show($"round {round} of {options.Rounds}, {connections} connections: {target.Name}");
                    report.Add(await meter.MeasureAsync(new(target.Name, connections, round), target, redis, idle, options.Seconds));
                }
            }
        }

        foreach (var target in targets.Where(target => target.Name is HttpTarget.Ours))
        {
            Progress.Show($"{target.Name}: one request per second and session, {options.PacedSeconds} s");
            report.AddPaced(await meter.PaceAsync(target, redis, options.PacedSeconds, requestsPerSecond: Sessions));
        }

        Progress.Say("done");
    }

    /// <summary>Each round begins with another target, and every other one goes backwards: nobody always follows the same one.</summary>
    private static IEnumerable<HttpTarget> InOrderOf(int round, List<HttpTarget> targets)
    {
        var rotated = targets.Skip(round % targets.Count).Concat(targets.Take(round % targets.Count));
        return round % 2 == 0 ? rotated.Reverse() : rotated;
    }
}
