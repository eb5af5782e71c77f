using System.Diagnostics;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Idle;

/// <summary>
/// The app as an operator runs it: prepared by <c>migrate</c>, in Production, in a process of its own.
/// </summary>
internal static class IdleApp
{
    private const string Host = "accounts.example.com";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Returns when it is ready.</summary>
    /// <param name="place">Where its certificate is.</param>
    /// <param name="folder">Its own.</param>
    /// <param name="redis">Null: sessions are in the database.</param>
    /// <exception cref="InvalidOperationException">It did not get ready.</exception>
    public static async Task<Child> StartAsync(Workplace place, string folder, RedisProcess? redis)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = Environments.Production,
            ["App__PublicUrl"] = $"https://{Host}",
            ["Audit__Key"] = Workplace.AuditKey,
            ["ConnectionStrings__Database"] = $"Data Source={Path.Combine(folder, "webapp.db")}",
            ["DataProtection__Certificate"] = place.Certificate,
            ["Mail__Host"] = "127.0.0.1",
            ["Mail__From"] = "accounts@example.com",
            ["Sessions__Store"] = $"{(redis is null ? SessionStoreKind.Sql : SessionStoreKind.Redis)}",
        };
        if (redis is not null)
            settings["ConnectionStrings__Redis"] = redis.ConnectionString;
        await using (var migration = Start(settings, "migrate"))
        {
            if (await migration.WaitAsync() != 0)
                throw new InvalidOperationException($"The database was not prepared. {migration.Errors}");
        }

        var port = RedisProcess.FreePort();
        var app = Start(settings, $"--urls=http://127.0.0.1:{port}");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Host = Host;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience; await Task.Delay(200))
        {
            try
            {
                using var answer = await client.GetAsync("/health/ready");
                if (answer.IsSuccessStatusCode)
                    return app;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        await app.DisposeAsync();
        throw new InvalidOperationException($"The app did not get ready. {app.Errors}");
    }

    private static Child Start(Dictionary<string, string> settings, string argument) =>
        Child.Start(core: null, settings, "dotnet", typeof(UserSession).Assembly.Location, argument);
}
