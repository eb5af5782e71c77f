using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Http.Peers;
using WebApp.Benchmarks.Machine;
using WebApp.Hosting;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Benchmarks.Recovery;

/// <summary>How long an app with a long journal lets nobody in, from when Redis answers again.</summary>
internal static class RecoveryBenchmark
{
    private const double MaxSecondsWithData = 2;
    private const double MaxSecondsWithoutData = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static async Task<int> RunAsync(RecoveryOptions options)
    {
        using var place = new Workplace();
        await using var redis = new RestartedRedis(place.NewFolder("redis"));
        await redis.StartAsync();
        var version = await redis.VersionAsync();
        var settings = SettingsIn(place, redis);
        await using (var app = Build(settings))
        {
            await Database.MigrateAsync(app.Services);
            await WriteRowsAsync(app.Services, options.Rows);
        }

        List<double> first = [], starts = [], withData = [], withoutData = [];
        await using (var app = Build(settings))
        {
            first.Add(await UntilVerifiedAsync(app, () => app.StartAsync()));
            for (var round = 1; round <= options.Rounds; round++)
            {
                Progress.Show($"round {round} of {options.Rounds}");
                starts.Add(await StartBesideAsync(settings));
                await redis.SaveAsync();
                withData.Add(await RestartAsync(app, redis, keepsData: true));
                withoutData.Add(await RestartAsync(app, redis, keepsData: false));
            }

            await app.StopAsync();
        }

        Progress.Say("done");
        await ReportAsync(options, MachineFacts.Describe(new(null, null), version),
        [
            new("the first start after the upgrade, seconds", null, first),
            new("a start beside others, seconds", MaxSecondsWithData, starts),
            new("a restart of Redis with its data, seconds", MaxSecondsWithData, withData),
            new("a restart of Redis without its data, seconds", MaxSecondsWithoutData, withoutData),
        ]);
        return 0;
    }

    private static string[] SettingsIn(Workplace place, RestartedRedis redis)
    {
        var folder = place.NewFolder("app");
        return
        [
            $"--Folder={folder}",
            $"--ConnectionStrings:Redis={redis.ConnectionString}",
            $"--ConnectionStrings:Database=Data Source={Path.Combine(folder, "webapp.db")}",
            $"--DataProtection:Certificate={place.Certificate}",
            $"--Audit:Key={Workplace.AuditKey}",
        ];
    }

    private static WebApplication Build(string[] settings)
    {
        var builder = PeerServer.NewBuilder(settings);
        new Ours().AddServices(builder);
        return builder.Build();
    }

    /// <summary>Of people who signed out once, as an upgrade leaves them: each is repeated at the first start.</summary>
    private static async Task WriteRowsAsync(IServiceProvider services, int count)
    {
        Progress.Show($"writing {count:N0} rows");
        var databases = services.GetRequiredService<IDbContextFactory<SessionsDbContext>>();
        await using var db = await databases.CreateDbContextAsync();
        var (now, reason) = (TimeProvider.System.GetUtcNow(), (int)RevocationReason.SignedOutElsewhere);
        var (at, until) = (now.ToUnixTimeMilliseconds(), now.AddDays(30).ToUnixTimeMilliseconds());
        await db.Database.ExecuteSqlAsync($"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}),
                ids AS MATERIALIZED (SELECT n, hex(randomblob(16)) AS u, lower(hex(randomblob(16))) AS s FROM numbers)
            INSERT INTO "RevocationJournal" ("UserId", "SessionId", "At", "Reason", "KeepUntil", "Lineage", "Place", "Tag")
            SELECT substr(u, 1, 8) || '-' || substr(u, 9, 4) || '-' || substr(u, 13, 4) || '-' || substr(u, 17, 4) || '-'
                || substr(u, 21), s, {at}, {reason}, {until}, 0, n,
                16 * (instr('0123456789ABCDEF', substr(u, -2, 1)) - 1) + instr('0123456789ABCDEF', substr(u, -1, 1)) - 1
            FROM ids
            """);
    }

    private static async Task<double> StartBesideAsync(string[] settings)
    {
        await using var other = Build(settings);
        var seconds = await UntilVerifiedAsync(other, () => other.StartAsync());
        await other.StopAsync();
        return seconds;
    }

    private static async Task<double> RestartAsync(WebApplication app, RestartedRedis redis, bool keepsData)
    {
        var connection = app.Services.GetRequiredService<RedisConnection>();
        await redis.StopAsync(keepsData);
        while (connection.IsVerified)
            await Task.Delay(10);
        await redis.StartAsync();
        return await UntilVerifiedAsync(app, () => Task.CompletedTask);
    }

    private static async Task<double> UntilVerifiedAsync(WebApplication app, Func<Task> begin)
    {
        var started = Stopwatch.GetTimestamp();
        await begin();
        var connection = app.Services.GetRequiredService<RedisConnection>();
        while (!connection.IsVerified)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException($"Redis was not in use within {Patience}.");
            await Task.Delay(5);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task ReportAsync(RecoveryOptions options, MachineFacts machine, List<Outage> outages)
    {
        var text = new StringBuilder("# Recovery\n\n");
        text.AppendLine(machine.ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"A journal of {options.Rows:N0} rows. From when Redis answers until people are let in.")
            .AppendLine();
        Goal.Append(text, outages.Select(outage => outage.Limit is { } limit
            ? Goal.AtMost(outage.What, limit, "N2", Spread.Of(outage.Seconds))
            : new(outage.What, "none", Spread.Of(outage.Seconds), null, "N2")));
        Directory.CreateDirectory(options.Output);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "recovery.md"), text.ToString());
        await File.WriteAllTextAsync(
            Path.Combine(options.Output, "recovery.json"),
            JsonSerializer.Serialize(new { machine, options, outages }, Json) + '\n');
        Console.Write(text);
    }

    /// <param name="What">In words.</param>
    /// <param name="Limit">Seconds; null: none.</param>
    /// <param name="Seconds">Of each round.</param>
    private sealed record Outage(string What, double? Limit, List<double> Seconds);
}
