using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Benchmarks.Http;

/// <summary>What signs one user in: a whole header line, and the name that the page has to greet.</summary>
internal sealed record Credential(string Header, string Name);

/// <summary>
/// One keep-alive connection of a browser: sends a request, reads the whole answer, looks whether it is right, sends the next, for one session
/// after the other. It decodes no more than that takes, so that it costs less than what it measures.
/// </summary>
internal sealed class LoadConnection(Credential[] credentials) : IDisposable
{
    private const string Headers = """
        {1} HTTP/1.1
        Host: 127.0.0.1
        Connection: keep-alive
        Upgrade-Insecure-Requests: 1
        User-Agent: {0}
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
        Sec-Fetch-Site: same-origin
        Sec-Fetch-Mode: navigate
        Sec-Fetch-User: ?1
        Sec-Fetch-Dest: document
        Accept-Encoding: gzip, deflate, br
        Accept-Language: en-GB,en;q=0.9

        """;

    private readonly Session[] _sessions = [.. credentials.Select(credential => new Session(credential))];
    private readonly byte[] _answer = new byte[16 * 1024];
    private Socket _socket = null!;
    private int _next;

    /// <summary>A desktop browser's own words, 111 characters.</summary>
    public const string UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

    public LatencyHistogram Latencies { get; private set; } = new();

    public long Errors { get; private set; }

    /// <summary>Null when there was none.</summary>
    public string? FirstError { get; private set; }

    public async Task OpenAsync(int port)
    {
        _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await AskAsync();
    }

    /// <summary>Asks until then. What an earlier run has measured is forgotten.</summary>
    /// <param name="until">A moment of <see cref="Stopwatch"/>.</param>
    public async Task RunAsync(long until)
    {
        (Latencies, Errors, FirstError) = (new(), 0, null);
        for (var started = Stopwatch.GetTimestamp(); started < until; started = Stopwatch.GetTimestamp())
        {
            await AskAsync();
            Latencies.Add(Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Asks at even distances.</summary>
    /// <param name="from">When to ask first, a moment of <see cref="Stopwatch"/>.</param>
    /// <param name="until">When to stop.</param>
    /// <param name="distance">From one request to the next, in the stopwatch's ticks.</param>
    public async Task PaceAsync(long from, long until, long distance)
    {
        (Latencies, Errors, FirstError) = (new(), 0, null);
        for (var next = from; next < until; next += distance)
        {
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next) is { } left && left > TimeSpan.Zero)
                await Task.Delay(left);
            var started = Stopwatch.GetTimestamp();
            await AskAsync();
            Latencies.Add(Stopwatch.GetElapsedTime(started));
        }
    }

    public void Dispose() => _socket?.Dispose();

    /// <summary>A request as a browser sends it.</summary>
    /// <param name="what">Method and path.</param>
    /// <param name="header">More lines of the head; "" for none.</param>
    internal static byte[] WriteRequest(string what, string header) => Encoding.ASCII.GetBytes(
        $"{Headers.Replace("{0}", UserAgent, StringComparison.Ordinal).Replace("{1}", what, StringComparison.Ordinal)}{header}{(header.Length > 0 ? "\n" : "")}\n".ReplaceLineEndings("\r\n"));

    /// <summary>Whether an answer has been received to its end.</summary>
    internal static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;

        return LengthIn(answer[..(end + 2)]) is { } length ? answer.Length >= end + 4 + length : answer.EndsWith("0\r\n\r\n"u8);
    }

    /// <summary>The value of a header whose lower-case name is given; empty when it isn't there.</summary>
    internal static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (int end; (end = head.IndexOf((byte)'\n')) > 0; head = head[(end + 1)..])
        {
            if (end > name.Length && head[name.Length] == ':' && Ascii.EqualsIgnoreCase(head[..name.Length], name))
                return head[(name.Length + 1)..end].Trim(" \r"u8);
        }

        return [];
    }

    private async ValueTask AskAsync()
    {
        var session = _sessions[_next];
        _next = (_next + 1) % _sessions.Length;
        await _socket.SendAsync(session.Request, SocketFlags.None);
        var received = 0;
        do
        {
            var more = await _socket.ReceiveAsync(_answer.AsMemory(received), SocketFlags.None);
            if (more == 0)
                throw new IOException("The server closed the connection.");
            received += more;
        }
        while (!IsWhole(_answer.AsSpan(0, received)));

        Judge(session, received);
    }

    private void Judge(Session session, int received)
    {
        var answer = _answer.AsSpan(0, received);
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (!answer.StartsWith("HTTP/1.1 200 "u8) || answer[end..].IndexOf(session.Name) < 0)
        {
            Errors++;
            FirstError ??= Encoding.UTF8.GetString(answer);
        }

        // A rotated secret: as a browser would, go on with the new cookie.
        if (ValueOf(answer[..(end + 2)], "set-cookie"u8) is { Length: > 0 } cookie)
            session.Adopt(Encoding.ASCII.GetString(cookie));
    }

    private static int? LengthIn(ReadOnlySpan<byte> head) =>
        ValueOf(head, "content-length"u8) is { Length: > 0 } text && System.Buffers.Text.Utf8Parser.TryParse(text, out int length, out _) ? length : null;

    private sealed class Session
    {
        private string _header;

        public Session(Credential credential)
        {
            _header = credential.Header;
            Name = Encoding.UTF8.GetBytes(credential.Name);
            Request = Write();
        }

        public byte[] Name { get; }

        public byte[] Request { get; private set; }

        /// <summary>Takes a Set-Cookie's value, if it is of the cookie that this session has.</summary>
        public void Adopt(string setCookie)
        {
            var cookie = "Cookie: " + setCookie.Split(';')[0];
            if (cookie == _header || cookie.Split('=')[0] != _header.Split('=')[0])
                return;

            _header = cookie;
            Request = Write();
        }

        private byte[] Write() => WriteRequest("GET /", _header);
    }
}
