using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Recovery;

/// <summary>A redis-server of the benchmark's own that comes back on the same port, with its data or without.</summary>
/// <param name="folder">Where its data is kept.</param>
internal sealed class RestartedRedis(string folder) : IAsyncDisposable
{
    private readonly int _port = RedisProcess.FreePort();
    private Child? _server;

    public string ConnectionString => $"127.0.0.1:{_port}";

    private string Snapshot => Path.Combine(folder, "dump.rdb");

    /// <summary>Returns when it answers, its data loaded.</summary>
    /// <exception cref="MissingToolException">redis-server is not installed.</exception>
    public async Task StartAsync()
    {
        if (!Tools.Exist("redis-server"))
        {
            throw new MissingToolException(
                "redis-server is not on the PATH. Install it (Debian: apt-get install redis-server) and try again.");
        }

        _server = Child.Start(core: null, [], "redis-server",
            "--bind", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture), "--dir", folder, "--save", "",
            "--appendonly", "no", "--daemonize", "no", "--logfile", "/dev/null");
        while (await TryAskAsync("PING") != "+PONG")
            await Task.Delay(5);
    }

    public async Task SaveAsync()
    {
        if (await TryAskAsync("SAVE") != "+OK")
            throw new InvalidOperationException("Redis did not save its data.");
    }

    public async Task<string> VersionAsync()
    {
        const string name = "redis_version:";
        var info = await TryAskAsync("INFO server", untilLineWith: name);
        return info?[name.Length..] ?? "unknown";
    }

    /// <summary>Kills it: what was not saved is lost in any case.</summary>
    public async Task StopAsync(bool keepsData)
    {
        await _server!.DisposeAsync();
        if (!keepsData)
            File.Delete(Snapshot);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
            await server.DisposeAsync();
    }

    /// <summary>The first line of its answer, or the first with that beginning; null if it does not answer.</summary>
    private async Task<string?> TryAskAsync(string command, string untilLineWith = "")
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"));
            using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
            string? line;
            do
                line = await reader.ReadLineAsync();
            while (line is not null && !line.StartsWith(untilLineWith, StringComparison.Ordinal));
            return line;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }
}
