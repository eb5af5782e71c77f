using System.Text.Json;
using WebApp.Hosting.Commands;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.Commands;

/// <summary>
/// A program that reads what a command answers with <c>--json</c> gets one JSON document, with the log as talkative as
/// it is by default.
/// </summary>
public abstract class JsonAnswersTests(JsonAnswersTests.People people, bool onRedis)
{
    private static readonly string[] Alice = ["--email", "alice@example.com"];
    private static readonly string[] Why = ["--reason", "ReportedTheft", "--case", "C-1"];

    /// <summary>Some are refused, for which JSON is promised, too.</summary>
    private static readonly Dictionary<string, string[]> Options = new(StringComparer.Ordinal)
    {
        ["users add"] = ["--email", "somebody@example.com"],
        ["users list"] = [],
        ["users show"] = Alice,
        ["users ban"] = [.. Alice, "--until", "forever", .. Why],
        ["users unban"] = [.. Alice, .. Why],
        ["users roles"] = [.. Alice, "--roles", "Support", .. Why],
        ["users require-reset"] = [.. Alice, .. Why],
        ["users require-second-factor"] = [.. Alice, .. Why],
        ["users remove-factors"] = [.. Alice, .. Why],
        ["users delete"] = ["--email", "bob@example.com", "--confirm", "bob@example.com", .. Why],
        ["sessions list"] = Alice,
        ["sessions end"] = [.. Alice, "--session", "0123456789abcdef0123456789abcdef", .. Why],
        ["sessions end-all"] = [.. Alice, .. Why],
        ["audit verify"] = [],
        ["audit head"] = [],
        ["audit restart"] = ["--key-is-lost"],
    };

    public static TheoryData<string> Commands =>
    [
        .. CommandLine.All.Where(command => command.Options.Any(option => option.Name == AppOption.JsonName))
            .Select(command => command.FullName),
    ];

    [Fact]
    public async Task What_is_not_understood_is_refused_in_JSON()
    {
        var (code, output, error) = await RunAsync(["users", "lst", "--json"]);

        Assert.Equal(CommandLine.NotUnderstood, code);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(error, document.RootElement.GetProperty("error").GetString());
    }

    protected async Task AssertAnswersInJsonAsync(string name)
    {
        var (code, output, error) = await RunAsync([.. name.Split(' '), .. Options[name], "--json"]);

        Assert.True(code is CommandLine.Done or CommandLine.NotDone, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(code == CommandLine.NotDone, IsRefusal(document.RootElement));
    }

    protected async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        await using var program =
            ProgramProcess.Start(people.Folder, people.Settings(onRedis), arguments, "a password of some length\n");
        return (await program.EndAsync(), program.Output, program.Error);
    }

    private static bool IsRefusal(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out _);

    /// <summary>A database with the demo accounts, and a Redis.</summary>
    public sealed class People : IAsyncLifetime
    {
        private readonly RedisServer _redis = new();

        public string Folder { get; } = Directory.CreateTempSubdirectory("webapp-json-").FullName;

        private string Database => Path.Combine(Folder, "webapp.db");

        public IReadOnlyDictionary<string, string?> Settings(bool onRedis) => new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ConnectionStrings__Database"] = $"Data Source={Database}",
            ["ConnectionStrings__Redis"] = onRedis ? _redis.ConnectionString : null,
            ["App__PublicUrl"] = "https://accounts.example.com",
            // No test should fail because the machine is busy.
            ["Sessions__CommandTimeout"] = "00:00:05",
        };

        public async Task InitializeAsync()
        {
            await _redis.InitializeAsync();
            await using var app = new TestApp { Database = Database };
            await app.UntilReadyAsync();
        }

        public async Task DisposeAsync()
        {
            await _redis.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(Folder, recursive: true);
        }
    }
}

public sealed class JsonAnswersOnSqlTests(JsonAnswersTests.People people)
    : JsonAnswersTests(people, onRedis: false), IClassFixture<JsonAnswersTests.People>
{
    [Fact]
    public Task Standard_output_is_one_JSON_document() => AssertAnswersInJsonAsync("sessions list");
}

public sealed class JsonAnswersOnRedisTests(JsonAnswersTests.People people)
    : JsonAnswersTests(people, onRedis: true), IClassFixture<JsonAnswersTests.People>
{
    // One of each kind: each is a process, and all log in one way.
    [Theory]
    [InlineData("users list")]
    [InlineData("users ban")]
    [InlineData("sessions list")]
    [InlineData("audit verify")]
    public Task Standard_output_is_one_JSON_document(string name) => AssertAnswersInJsonAsync(name);

    [Theory]
    [MemberData(nameof(Commands))]
    [Trait("Lane", "Long")]
    public Task So_it_is_for_every_command(string name) => AssertAnswersInJsonAsync(name);

    [Fact]
    public async Task The_log_goes_to_standard_error()
    {
        var (_, _, error) = await RunAsync(["sessions", "list", "--email", "alice@example.com", "--json"]);

        Assert.Contains("A Redis server that was not known yet is in use", error, StringComparison.Ordinal);
    }
}
