using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WebApp.Tests.Testing;

/// <summary>
/// A real redis-server of the test's own: a process on a free port, with a directory that is deleted at the end.
/// It keeps nothing on disk unless told to, and can be stopped, started again on the same port, frozen and thawed.
/// </summary>
public sealed class RedisServer : IAsyncLifetime, IAsyncDisposable
{
    private Process? _process;

    public RedisServer()
    {
        // If the tests are interrupted, the server goes with them.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
    }

    /// <summary>More command line options, such as <c>--appendonly yes</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    public int Port { get; } = FreePort();

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("redis-").FullName;

    public string ConnectionString => $"127.0.0.1:{Port}";

    public Task InitializeAsync() => StartAsync();

    /// <summary>Returns when it answers.</summary>
    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", Directory, "--save", "", "--daemonize", "no", "--logfile", "redis.log", .. Options]))!;
        await Eventually.TrueAsync(async () => (await CliAsync("PING")).Trim() == "PONG", "redis-server answers");
    }

    /// <summary>Kills it: nothing is saved.</summary>
    public async Task StopAsync()
    {
        Kill();
        if (_process is not null)
            await _process.WaitForExitAsync();
        _process = null;
    }

    /// <summary>It keeps its connections but does nothing (SIGSTOP).</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    public Task FlushAllAsync() => CliAsync("FLUSHALL");

    public Task ConfigSetAsync(string name, string value) => CliAsync("CONFIG", "SET", name, value);

    /// <summary>What redis-cli prints.</summary>
    public async Task<string> CliAsync(params string[] command)
    {
        using var cli = Process.Start(new ProcessStartInfo("redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return output;
    }

    /// <summary>One number out of INFO, such as <c>used_memory</c>.</summary>
    public async Task<long> InfoAsync(string section, string name)
    {
        var info = await CliAsync("INFO", section);
        var line = info.Split('\n', StringSplitOptions.TrimEntries).Single(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>What it runs while the act goes on, of everybody's.</summary>
    public async Task<IReadOnlyList<RedisCommand>> CommandsOfAsync(Func<Task> act)
    {
        await using var watch = await RedisWatch.StartAsync(Port);
        await act();
        return await watch.SoFarAsync();
    }

    /// <summary>Does it over and over, until an app has looked after the server that many times since.</summary>
    public async Task ThroughoutLooksAsync(int looks, Func<Task> act)
    {
        await using var watch = await RedisWatch.StartAsync(Port);
        await Eventually.TrueAsync(async () =>
        {
            await act();
            return (await watch.SoFarAsync()).Count(command => command is { Name: "time", Script: null }) >= looks;
        }, $"an app looks after the server {looks} times");
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Kill()
    {
        if (_process is { HasExited: false } process)
            process.Kill();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
