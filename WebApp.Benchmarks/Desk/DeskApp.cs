using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Desk;

/// <summary>The app itself, in a process of its own, and a member of staff who reads its pages.</summary>
internal sealed partial class DeskApp : IAsyncDisposable
{
    /// <summary>An Admin: Support can't filter by one address.</summary>
    private const string Staff = "ada@example.com";
    private const string Password = "a password for benchmarks alone";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Child _process;
    private readonly HttpClient _client;

    private DeskApp(Child process, int port)
    {
        _process = process;
        _client = new(new SocketsHttpHandler { CookieContainer = new(), UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    /// <summary>User and system time since it started.</summary>
    public TimeSpan CpuTime => _process.CpuTime;

    /// <summary>Returns when it is ready. It is in Development, where demo accounts are made and cookies need no https.</summary>
    /// <exception cref="InvalidOperationException">It did not get ready.</exception>
    public static async Task<DeskApp> StartAsync(string database, string? redis)
    {
        var port = RedisProcess.FreePort();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = Environments.Development,
            ["ConnectionStrings__Database"] = $"Data Source={database}",
            ["Logging__LogLevel__Default"] = "Error",
            ["Audit__Key"] = Workplace.AuditKey,
            ["Demo__Password"] = Password,
            ["Sessions__CommandTimeout"] = "00:00:20",
        };
        if (redis is not null)
            environment["ConnectionStrings__Redis"] = redis;
        var app = new DeskApp(Child.Start(core: null, environment, "dotnet", typeof(UserSession).Assembly.Location, "--urls", $"http://127.0.0.1:{port}"), port);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience; await Task.Delay(200))
        {
            try
            {
                using var answer = await app._client.GetAsync("/health/ready");
                if (answer.IsSuccessStatusCode)
                    return app;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        await app.DisposeAsync();
        throw new InvalidOperationException($"The app did not get ready. {app._process.Errors}");
    }

    public async Task SignInAsync()
    {
        var form = await _client.GetStringAsync("/account/login");
        using var answer = await _client.PostAsync("/account/login", new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["__RequestVerificationToken"] = Token().Match(form).Groups["token"].Value,
            ["email"] = Staff,
            ["password"] = Password,
        }));
        if (!(await _client.GetStringAsync("/admin/sessions")).Contains("<h1>Sessions</h1>", StringComparison.Ordinal))
            throw new InvalidOperationException("The member of staff could not sign in.");
    }

    /// <summary>The page, and how long it took until its last byte was read.</summary>
    public async Task<(HttpStatusCode Status, string Body, double Milliseconds)> GetAsync(string path)
    {
        var started = Stopwatch.GetTimestamp();
        using var answer = await _client.GetAsync(path);
        var body = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, body, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
