using System.Diagnostics;
using System.Globalization;

namespace WebApp.Tests.Testing;

/// <summary>The app in a process of its own, with the local cache on, which can be frozen and thawed.</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private readonly Process _process;

    private AppProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<AppProcess> StartAsync(string redis, string database)
    {
        var address = new Uri($"http://127.0.0.1:{RedisServer.FreePort()}");
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--urls", address.ToString()])
        {
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ConnectionStrings__Redis"] = redis,
                ["ConnectionStrings__Database"] = $"Data Source={database}",
                ["Sessions__LocalCache"] = "On",
                ["Logging__LogLevel__Default"] = "Warning",
            },
        };
        var process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill(process);
        var app = new AppProcess(process, address);
        using var probe = new Browser(address);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await probe.GetAsync("/health/ready")).Status == 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the app is ready");
        return app;
    }

    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It is gone already.
        }
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
