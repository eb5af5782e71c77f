using System.Diagnostics;
using System.Globalization;
using System.Net;
using WebApp.Tests.Testing;

namespace WebApp.Tests;

/// <summary>The server by which the benchmarks measure this app has what the app has: it wires the services by itself.</summary>
public sealed class BenchmarkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("benchmark-").FullName;

    /// <summary>Beside this assembly's folder, in the same configuration.</summary>
    private static string Program => Path.Combine(
        Repository.Root, "WebApp.Benchmarks",
        Path.GetRelativePath(Path.Combine(Repository.Root, "WebApp.Tests"), AppContext.BaseDirectory),
        "WebApp.Benchmarks.dll");

    [Fact]
    public async Task The_server_that_is_measured_starts_signs_people_in_and_knows_who_asks()
    {
        using var server = Process.Start(new ProcessStartInfo("dotnet",
        [
            Program, "server", "ours", $"--Folder={_folder}", "--Sessions:Store=Sql", $"--ConnectionStrings:Database=Data Source={Path.Combine(_folder, "webapp.db")}", $"--Audit:Key={Convert.ToBase64String(new byte[32])}",
        ])
        { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var line = await server.StandardOutput.ReadLineAsync();
            Assert.True(int.TryParse(line, CultureInfo.InvariantCulture, out var port), line is null ? await server.StandardError.ReadToEndAsync() : line);
            using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
            {
                BaseAddress = new($"http://127.0.0.1:{port}"),
            };

            using var signedIn = await client.PostAsync($"/sign-in?id={Guid.NewGuid()}&email=ada@example.com&stamp=s&name=Ada", content: null);
            var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Cookie", cookie[..cookie.IndexOf(';', StringComparison.Ordinal)] } } };
            using var answer = await client.SendAsync(request);
            using var stranger = await client.GetAsync("/");

            Assert.Contains("Hello, ada@example.com", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Found, stranger.StatusCode);
        }
        finally
        {
            // It ends when its input does.
            server.StandardInput.Close();
            if (!server.WaitForExit(Eventually.Patience))
                server.Kill();
        }
    }

    [Theory]
    [InlineData(0, "--connections <A,B>", "http", "--help")]
    [InlineData(2, "--rounds is \"0\". It must be a whole number, 1 or more.", "http", "--rounds", "0")]
    [InlineData(2, "--modes knows no \"mysql\". There are sql, redis.", "idle", "--modes", "sql,mysql")]
    [InlineData(2, "Unrecognized command or argument 'htp'.", "htp")]
    public async Task Help_and_what_is_not_understood_measure_nothing(
        int code, string words, params string[] arguments)
    {
        await using var program =
            ProgramProcess.StartDotnet(_folder, new Dictionary<string, string?>(), [Program, .. arguments]);

        Assert.Equal(code, await program.EndAsync());
        Assert.Contains(words, string.Join('\n', program.Lines), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Recovery_is_measured_for_each_loss()
    {
        await using var program = ProgramProcess.StartDotnet(
            _folder, new Dictionary<string, string?>(),
            [Program, "recovery", "--rows", "3000", "--rounds", "1", "--output", _folder]);

        Assert.True(await program.EndAsync() == 0, string.Join('\n', program.Lines));
        var report = await File.ReadAllTextAsync(Path.Combine(_folder, "recovery.md"));
        foreach (var what in new[] { "first start after", "start beside", "with its data", "without its data" })
            Assert.Contains(what, report, StringComparison.Ordinal);
        Assert.DoesNotContain("not measured", report, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
