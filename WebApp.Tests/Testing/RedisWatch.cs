using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Tests.Testing;

/// <summary>
/// Sees every command that a Redis runs, so that a test can count its own: the server's statistics count those of the app's workers, too.
/// </summary>
public sealed class RedisWatch : IAsyncDisposable
{
    private readonly TcpClient _client = new();
    private readonly List<RedisCommand> _seen = [];
    private readonly int _port;
    private StreamReader _reader = null!;

    private RedisWatch(int port) => _port = port;

    /// <summary>Sees what is sent from now on.</summary>
    public static async Task<RedisWatch> StartAsync(int port)
    {
        var watch = new RedisWatch(port);
        watch._reader = await SendAsync(watch._client, port, "MONITOR");
        return watch;
    }

    /// <summary>All that was run up to now, in its order: a script before its commands.</summary>
    public async Task<IReadOnlyList<RedisCommand>> SoFarAsync()
    {
        var end = Guid.NewGuid().ToString();
        using (var other = new TcpClient())
            await SendAsync(other, _port, $"ECHO {end}");

        using var patience = new CancellationTokenSource(Eventually.Patience);
        while (Read(await _reader.ReadLineAsync(patience.Token)) is var command && !command.Names(end))
            _seen.Add(command);
        return _seen;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns when the server has answered.</summary>
    private static async Task<StreamReader> SendAsync(TcpClient client, int port, string command)
    {
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"));
        var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        Assert.NotNull(await reader.ReadLineAsync());
        return reader;
    }

    /// <summary>Out of <c>+1700000000.000000 [0 127.0.0.1:40000] "get" "key"</c>; it reads <c>[0 lua]</c> where a script asks.</summary>
    private RedisCommand Read(string? line)
    {
        Assert.NotNull(line);
        var from = line.IndexOf(']', StringComparison.Ordinal);
        var text = line[(from + 2)..];
        var name = text.Split('"')[1].ToLower(CultureInfo.InvariantCulture);
        var script = line[..from].EndsWith(" lua", StringComparison.Ordinal) ? _seen.Last(command => command.Script is null) : null;
        return new(name, text, script);
    }
}
