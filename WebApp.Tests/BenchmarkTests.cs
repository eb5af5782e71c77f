using System.Diagnostics;
using System.Globalization;
using System.Net;
using WebApp.Tests.Testing;

namespace WebApp.Tests;

/// <summary>The server by which the benchmarks measure this app has what the app has: it wires the services by itself.</summary>
public sealed class BenchmarkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("benchmark-").FullName;

    [Fact]
    public async Task The_server_that_is_measured_starts_signs_people_in_and_knows_who_asks()
    {
        // Beside this assembly's folder, in the same configuration.
        var program = Path.Combine(Repository.Root, "WebApp.Benchmarks", Path.GetRelativePath(Path.Combine(Repository.Root, "WebApp.Tests"), AppContext.BaseDirectory), "WebApp.Benchmarks.dll");
        using var server = Process.Start(new ProcessStartInfo("dotnet",
        [
            program, "server", "ours-strict", $"--Folder={_folder}", "--Sessions:Store=Sql", $"--ConnectionStrings:Database=Data Source={Path.Combine(_folder, "webapp.db")}", $"--Audit:Key={Convert.ToBase64String(new byte[32])}",
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
