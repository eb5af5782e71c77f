using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>
/// What the program prints when somebody starts it for the first time. A warning that is none teaches people to read
/// over all of them.
/// </summary>
public sealed partial class FirstMinuteTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("first-minute-").FullName;
    private readonly RedisServer _redis = new();
    private readonly int _port = RedisServer.FreePort();

    private string Address => $"http://localhost:{_port}";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_READMEs_command_prints_no_warning_and_neither_does_the_next_start()
    {
        // The launch profile says Development, as for everybody who types the command.
        string[] command = ["run", "--no-build", "-c", Configuration(), "--project", "WebApp", "--", "--urls", Address];
        await using (var first = ProgramProcess.StartDotnet(Repository.Root, Settings(environment: null), command))
        {
            await first.UntilPrintedAsync("launchSettings.json");
            await LookAroundAsync(first);
        }

        await using var second = Start(Settings("Development"));
        await LookAroundAsync(second);
    }

    [Fact]
    public async Task On_Redis_the_first_start_prints_no_warning_and_neither_does_the_next()
    {
        await _redis.StartAsync();

        for (var start = 0; start < 2; start++)
        {
            await using var program = Start(Settings("Development", _redis));
            await LookAroundAsync(program);
        }
    }

    [Fact]
    public async Task A_Redis_that_takes_its_time_at_first_is_no_failure()
    {
        await _redis.StartAsync();
        await _redis.FreezeAsync();
        var settings = Settings("Development", _redis);
        settings["Sessions__CommandTimeout"] = "00:00:01";
        await using var program = Start(settings);
        await program.UntilPrintedAsync("Application started.");
        using var probe = new Browser(new(Address));
        Assert.Equal(503, (await probe.GetAsync("/health/ready")).Status);

        await _redis.ThawAsync();
        await UntilServingAsync();
        await program.StopAsync();

        Assert.Contains("Not ready: ", program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(program.Lines, line => Failure().IsMatch(line));
    }

    [Fact]
    public async Task In_Production_on_one_machine_it_warns_of_mail_and_keys_and_of_nothing_else()
    {
        var settings = Settings("Production");
        settings["Sessions__Store"] = "Sql";
        settings["App__PublicUrl"] = "https://accounts.example.com";
        await using var migrate = ProgramProcess.Start(_folder, settings, ["migrate"]);
        Assert.Equal((0, "The database is up to date.", ""), (await migrate.EndAsync(), migrate.Output, migrate.Error));
        await using var add = ProgramProcess.Start(
            _folder, settings, ["users", "add", "--email", "ops@example.com"], "password of an operator\n");
        Assert.Equal((0, "ops@example.com has an account.", ""), (await add.EndAsync(), add.Output, add.Error));

        for (var start = 0; start < 2; start++)
        {
            await using var program = Start(settings);
            await program.UntilPrintedAsync("Application started.");
            Assert.Equal(0, await program.StopAsync());

            Assert.Equal("", program.Error);
            Assert.Equal(2, Alarms(program).Count);
            Assert.Contains("Mail:Host is not set", program.Output, StringComparison.Ordinal);
            Assert.Contains(
                $"DataProtection:Certificate is not set: the keys in {Path.Combine(_folder, "keys")} are not encrypted",
                program.Output,
                StringComparison.Ordinal);
        }
    }

    private static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Warnings and worse, but for those that a busy machine deserves.</summary>
    private static List<string> Alarms(ProgramProcess program)
    {
        var lines = program.Lines.ToList();
        return [.. lines.Where(
            (line, i) => Alarm().IsMatch(line) && !Busy().IsMatch($"{line} {lines.ElementAtOrDefault(i + 1)}"))];
    }

    /// <summary>What somebody does first.</summary>
    private async Task LookAroundAsync(ProgramProcess program)
    {
        await program.UntilPrintedAsync("Sessions are kept in ");
        await UntilServingAsync();
        using var browser = new Browser(new(Address));
        await browser.SignInAsync("alice@example.com", Browser.DemoPassword);
        Assert.Equal(200, (await browser.GetAsync("/account/sessions")).Status);
        Assert.Equal(200, (await browser.GetAsync("/dev/mail")).Status);
        await program.StopAsync();

        Assert.Equal([], Alarms(program));
        Assert.Equal("", program.Error);
    }

    /// <summary>By a page: a health probe that comes too early is written down.</summary>
    private Task UntilServingAsync() => Eventually.TrueAsync(async () =>
    {
        using var browser = new Browser(new(Address));
        return (await browser.GetAsync("/account/login")).Status == 200;
    }, "the app serves pages");

    private ProgramProcess Start(IReadOnlyDictionary<string, string?> settings) =>
        ProgramProcess.Start(_folder, settings, ["--urls", Address]);

    /// <summary>As for somebody who has set nothing: what this process has inherited is taken away.</summary>
    private Dictionary<string, string?> Settings(string? environment, RedisServer? redis = null) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = environment,
        ["DOTNET_ENVIRONMENT"] = environment,
        ["ConnectionStrings__Database"] = $"Data Source={Path.Combine(_folder, "webapp.db")}",
        ["ConnectionStrings__Redis"] = redis?.ConnectionString,
        // The settings are there, as beside a published program.
        ["ASPNETCORE_CONTENTROOT"] = Path.Combine(Repository.Root, "WebApp"),
        // There the framework warns of losing the keys, which is no harm in Development.
        ["DOTNET_RUNNING_IN_CONTAINER"] = environment == "Production" ? null : "true",
        // Longer than anything takes on a busy machine.
        ["Sessions__CommandTimeout"] = "00:00:30",
    };

    [GeneratedRegex("^(warn|fail|crit): |^Unhandled exception")]
    private static partial Regex Alarm();

    [GeneratedRegex("^(fail|crit): |^Unhandled exception")]
    private static partial Regex Failure();

    // Kestrel was not run in time, or Redis, or the client of it.
    [GeneratedRegex(@"the heartbeat has been running|^warn: WebApp\.Sessions\.Redis\.Redis(Connection|Monitor)\[")]
    private static partial Regex Busy();
}
