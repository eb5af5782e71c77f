using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Benchmarks.Machine;

/// <summary>Hears of each command that Redis gets, and counts those that came over the network: one round trip each, a whole script too.</summary>
internal sealed class RedisTap : IDisposable
{
    private readonly TcpClient _client = new();
    private long _commands;

    private RedisTap()
    {
    }

    public long Commands => Interlocked.Read(ref _commands);

    public static async Task<RedisTap> OpenAsync(int port)
    {
        var tap = new RedisTap();
        await tap._client.ConnectAsync(IPAddress.Loopback, port);
        await tap._client.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray());
        _ = tap.ListenAsync();
        return tap;
    }

    public void Dispose() => _client.Dispose();

    private async Task ListenAsync()
    {
        using var lines = new StreamReader(_client.GetStream(), Encoding.Latin1);
        try
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                // What a script runs is marked so.
                if (!line.Contains(" lua] ", StringComparison.Ordinal))
                    Interlocked.Increment(ref _commands);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Enough was heard.
        }
    }
}
