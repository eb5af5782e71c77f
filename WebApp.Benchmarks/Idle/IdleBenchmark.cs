using System.Globalization;
using System.Text;
using System.Text.Json;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Idle;

/// <summary>What an instance costs that nobody uses.</summary>
internal static class IdleBenchmark
{
    private const double MaxShareOfCore = 0.005;
    private const double MaxResident = 120;
    private const double MiB = 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static async Task<int> RunAsync(IdleOptions options)
    {
        using var place = new Workplace();
        var results = new List<IdleCost>();
        string? version = null;
        foreach (var mode in options.Modes)
        {
            await using var redis = mode == IdleOptions.Sql ? null : await RedisProcess.StartAsync(core: null);
            version ??= redis is null ? null : await redis.VersionAsync();
            Progress.Show($"{mode}: starting");
            await using var app = await IdleApp.StartAsync(place, place.NewFolder(mode), redis);
            Progress.Show($"{mode}: {options.WarmUp} s, and {options.Seconds} s measured");
            await Task.Delay(TimeSpan.FromSeconds(options.WarmUp));
            results.Add(await MeasureAsync(mode, app, redis, TimeSpan.FromSeconds(options.Seconds)));
        }

        Progress.Say("done");
        await ReportAsync(options, results, MachineFacts.Describe(new(null, null), version ?? "not used"));
        return 0;
    }

    private static async Task<IdleCost> MeasureAsync(string mode, Child app, RedisProcess? redis, TimeSpan time)
    {
        var (cpu, counters) = (app.CpuTime, redis is null ? null : await redis.CountAsync());
        await Task.Delay(time);
        var commands = redis is null ? 0 : (await redis.CountAsync()).Since(counters!).Commands;
        return new(mode, (app.CpuTime - cpu) / time, app.Resident / MiB, commands / time.TotalSeconds);
    }

    private static async Task ReportAsync(IdleOptions options, List<IdleCost> results, MachineFacts machine)
    {
        var text = new StringBuilder("# An idle instance\n\n");
        text.AppendLine(machine.ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Over {options.Seconds} s, {options.WarmUp} s after it was ready.").AppendLine()
            .AppendLine("| | of a core | resident MiB | Redis commands/s |").AppendLine("|---|---:|---:|---:|");
        foreach (var cost in results)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {cost.Mode} | {cost.Cpu:P2} | {cost.Resident:N0} | {cost.Commands:N1} |");
        text.AppendLine();
        Goal.Append(text, results.SelectMany(cost => (Goal[])
        [
            Goal.AtMost($"{cost.Mode}: of a core", MaxShareOfCore, "P2", Spread.Of([cost.Cpu])),
            Goal.AtMost($"{cost.Mode}: resident MiB", MaxResident, "N0", Spread.Of([cost.Resident])),
        ]));
        Directory.CreateDirectory(options.Output);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "idle.md"), text.ToString());
        await File.WriteAllTextAsync(Path.Combine(options.Output, "idle.json"), JsonSerializer.Serialize(new { machine, options, results }, Json) + '\n');
        Console.Write(text);
    }

    /// <param name="Mode">One of those of <see cref="IdleOptions"/>.</param>
    /// <param name="Cpu">Of one core: 1 is all of it.</param>
    /// <param name="Resident">MiB, at the end.</param>
    /// <param name="Commands">That Redis ran a second, those inside of scripts included.</param>
    private sealed record IdleCost(string Mode, double Cpu, double Resident, double Commands);
}
