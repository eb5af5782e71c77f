using System.Globalization;
using System.Text;
using System.Text.Json;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Desk;

/// <summary>How long staff wait for each page of the support desk when there are a million sessions: the app itself, over real stores, one reader.</summary>
internal static class DeskBenchmark
{
    private const double MaxMedian = 200;
    private const int WarmUps = 3;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static async Task<int> RunAsync(DeskOptions options)
    {
        using var place = new Workplace();
        var results = new List<PageTimes>();
        (double All, double Index)? bytes = null;
        string? version = null;
        foreach (var store in options.Stores)
        {
            await using var redis = store == DeskOptions.Redis ? await RedisProcess.StartAsync(core: null) : null;
            version ??= redis is null ? null : await redis.VersionAsync();
            var database = Path.Combine(place.NewFolder(store), "webapp.db");
            var data = new DeskData(options, TimeProvider.System.GetUtcNow());
            // It makes the tables and its staff.
            await using (await DeskApp.StartAsync(database, redis?.ConnectionString))
            {
            }

            var seed = new DeskSeed(options, database, data);
            await seed.FillAccountsAsync();
            await seed.FillAuditLogAsync();
            if (redis is null)
                await seed.FillSqlAsync();
            else
                bytes = await seed.FillRedisAsync(redis, place);

            await using var app = await DeskApp.StartAsync(database, redis?.ConnectionString);
            await app.SignInAsync();
            foreach (var page in await DeskPages.AllAsync(app, data, options.Sessions))
                results.Add(await MeasureAsync(app, redis, store, page, options.Rounds));
        }

        await ReportAsync(options, results, bytes, version ?? "not used");
        return results.Exists(result => result.Complaint is not null) ? 1 : 0;
    }

    private static async Task<PageTimes> MeasureAsync(DeskApp app, RedisProcess? redis, string store, DeskPage page, int rounds)
    {
        Progress.Show($"{store}: {page.Name}");
        string? complaint = null;
        var times = new List<double>();
        var (appBefore, redisBefore) = (TimeSpan.Zero, 0.0);
        for (var i = -WarmUps; i < rounds; i++)
        {
            if (i == 0)
                (appBefore, redisBefore) = (app.CpuTime, redis is null ? 0 : (await redis.CountAsync()).CpuMicroseconds);
            var (status, body, milliseconds) = await app.GetAsync(page.Path);
            complaint ??= DeskPages.Complaint(page, status, body);
            if (i >= 0)
                times.Add(milliseconds);
        }

        var cpu = (app.CpuTime - appBefore).TotalMilliseconds + (redis is null ? 0 : ((await redis.CountAsync()).CpuMicroseconds - redisBefore) / 1000);
        times.Sort();
        return new(store, page.Name, times[times.Count / 2], times[Math.Min(times.Count - 1, times.Count * 99 / 100)], cpu / rounds, complaint);
    }

    private static async Task ReportAsync(DeskOptions options, List<PageTimes> results, (double All, double Index)? bytes, string redis)
    {
        var text = new StringBuilder("# The support desk\n\n");
        text.AppendLine(MachineFacts.Describe(new(null, null), redis).ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{options.Sessions:N0} sessions of {options.Users:N0} users, {options.Entries:N0} audit entries; each page {options.Rounds} times, one after the other. Milliseconds until the last byte; and of processor time, the app's and Redis', per page.")
            .AppendLine();
        text.AppendLine($"| page | {string.Join(" | ", options.Stores.Select(store => $"{store}: median | p99 | CPU"))} |").AppendLine($"|---|{string.Concat(options.Stores.Select(_ => "---:|---:|---:|"))}");
        foreach (var page in results.GroupBy(result => result.Page, StringComparer.Ordinal))
            text.AppendLine(CultureInfo.InvariantCulture, $"| {page.Key} | {string.Join(" | ", page.Select(times => string.Create(CultureInfo.InvariantCulture, $"{times.Median:N0} | {times.P99:N0} | {times.Cpu:N0}")))} |");
        text.AppendLine();
        if (bytes is { } each)
            text.AppendLine(CultureInfo.InvariantCulture, $"Redis: {each.All:N0} bytes per session, {each.Index:N0} of them the index over all users.").AppendLine();
        foreach (var wrong in results.Where(result => result.Complaint is not null))
            text.AppendLine($"> **{wrong.Store}, {wrong.Page}: {wrong.Complaint}.**").AppendLine();
        Goal.Append(text, options.Stores.Select(store => Goal.AtMost(
            $"the slowest page's median, {store}, ms", MaxMedian, "N0", Spread.Of([results.Where(result => result.Store == store).Max(result => result.Median)]))));
        Directory.CreateDirectory(options.Output);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "admin.md"), text.ToString());
        await File.WriteAllTextAsync(Path.Combine(options.Output, "admin.json"), JsonSerializer.Serialize(new { options, bytesPerSession = bytes?.All, bytesOfIndex = bytes?.Index, results }, Json) + '\n');
        Console.Write(text);
    }

    private sealed record PageTimes(string Store, string Page, double Median, double P99, double Cpu, string? Complaint);
}
