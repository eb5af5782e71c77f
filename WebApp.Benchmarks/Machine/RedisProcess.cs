using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Benchmarks.Machine;

/// <summary>A redis-server of the benchmark's own: in memory only, on a free port, gone at the end.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Child _server;
    private readonly TcpClient _client;
    private long _asked;
    private long _askedBytes;

    private RedisProcess(Child server, TcpClient client, int port)
    {
        _server = server;
        _client = client;
        Port = port;
    }

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>Returns when it answers.</summary>
    /// <exception cref="MissingToolException">redis-server is not installed.</exception>
    public static async Task<RedisProcess> StartAsync(int? core)
    {
        if (!Tools.Exist("redis-server"))
            throw new MissingToolException("redis-server is not on the PATH. Install it (Debian: apt-get install redis-server) and try again.");

        var port = FreePort();
        var server = Child.Start(core, [], "redis-server",
            "--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", "/dev/null");
        for (var attempt = 1; ; attempt++)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return new(server, client, port);
            }
            catch (SocketException) when (attempt < 100)
            {
                client.Dispose();
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Where its counters stand, without what asking for them adds.</summary>
    public async Task<RedisCounters> CountAsync()
    {
        var (asked, askedBytes) = (_asked, _askedBytes);
        var info = await InfoAsync();
        return new(
            1e6 * (Number(info, "used_cpu_user") + Number(info, "used_cpu_sys")),
            Number(info, "total_commands_processed") - asked,
            Number(info, "total_net_input_bytes") + Number(info, "total_net_output_bytes") - askedBytes,
            Number(info, "used_memory"));
    }

    public async Task<string> VersionAsync() => (await InfoAsync())["redis_version"];

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private static double Number(Dictionary<string, string> info, string name) => double.Parse(info[name], CultureInfo.InvariantCulture);

    /// <summary>A client library would add heartbeats of its own to what is counted; one line and one bulk reply need none.</summary>
    private async Task<Dictionary<string, string>> InfoAsync()
    {
        var stream = _client.GetStream();
        await stream.WriteAsync("INFO\r\n"u8.ToArray());
        var length = 0;
        for (int read; (read = stream.ReadByte()) != '\n';)
            length = char.IsAsciiDigit((char)read) ? (10 * length) + read - '0' : length;
        var reply = new byte[length + 2];
        await stream.ReadExactlyAsync(reply);
        _asked++;
        _askedBytes += reply.Length;
        return Encoding.UTF8.GetString(reply).Split("\r\n").Where(line => line.Contains(':', StringComparison.Ordinal))
            .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What a Redis server has done since it started.</summary>
/// <param name="CpuMicroseconds">User and system time.</param>
/// <param name="Commands">Those inside of scripts included.</param>
/// <param name="Bytes">In and out.</param>
/// <param name="Memory">Bytes in use now.</param>
internal sealed record RedisCounters(double CpuMicroseconds, double Commands, double Bytes, double Memory)
{
    public RedisCounters Since(RedisCounters earlier) => Minus(earlier, 1);

    /// <summary>Less <paramref name="times"/> as much.</summary>
    public RedisCounters Minus(RedisCounters other, double times) => new(
        CpuMicroseconds - (times * other.CpuMicroseconds), Commands - (times * other.Commands), Bytes - (times * other.Bytes),
        Memory - (times * other.Memory));
}
