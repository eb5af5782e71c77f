using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WebApp.Tests.Testing;

/// <summary>A way to a server that can fail as networks do: bytes vanish and nobody is told, or connections break.</summary>
public sealed class TcpLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _ends = [];
    private readonly int _target;
    private readonly Task _accepting;
    private volatile bool _isCut;
    private volatile bool _strands;
    private int _stranded;
    private int _joined;
    private volatile int _silentTo;

    public TcpLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string ConnectionString => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>From now on nothing comes through, in either direction.</summary>
    public void Cut() => _isCut = true;

    /// <summary>How many new connections were stranded.</summary>
    public int Stranded => Volatile.Read(ref _stranded);

    /// <summary>While it is on, a new connection is taken, and nothing ever comes through on it, even later.</summary>
    public void Strand(bool on) => _strands = on;

    /// <summary>Nothing comes through any more on the connections that there are. They stay open, and new ones work.</summary>
    public void SilenceOpenOnes() => _silentTo = _joined;

    /// <summary>What was under way is lost, and so are the connections.</summary>
    public void Mend()
    {
        Break();
        _isCut = false;
    }

    /// <summary>Closes the connections; new ones come through.</summary>
    public void Break()
    {
        foreach (var end in _ends)
            end.Dispose();
        _ends.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Break();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                await JoinAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task JoinAsync(TcpClient near)
    {
        var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target);
        }
        catch (SocketException)
        {
            near.Dispose();
            return;
        }

        near.NoDelay = far.NoDelay = true;
        _ends.Add(near);
        _ends.Add(far);
        if (_strands)
        {
            Interlocked.Increment(ref _stranded);
            return;
        }

        var number = ++_joined;
        _ = CarryAsync(near, far, number);
        _ = CarryAsync(far, near, number);
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, int number)
    {
        var buffer = new byte[16384];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                if (!_isCut && number > _silentTo)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is closed, so is the other.
        }

        from.Dispose();
        to.Dispose();
    }
}
