using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

/// <summary>One keep-alive connection to one instance.</summary>
internal sealed class SoakConnection : IDisposable
{
    private readonly byte[] _answer = new byte[16 * 1024];
    private readonly int _port;
    private Socket _socket;

    private SoakConnection(int port, Socket socket) => (_port, _socket) = (port, socket);

    public static async Task<SoakConnection> OpenAsync(int port) => new(port, await ConnectAsync(port));

    /// <summary>Asks for the page with the session's cookie.</summary>
    public async Task<SoakAnswer> GetAsync(SoakSession session)
    {
        var answer = await SendAsync(session.Page, session.Name);
        if (answer is { Kind: AnswerKind.Page, Cookie: { } cookie })
            session.Adopt(cookie);
        return answer;
    }

    /// <summary>Null, with the answer that came instead, when the sign-in failed.</summary>
    public async Task<(SoakSession? Session, SoakAnswer Answer)> SignInAsync(BenchmarkUser user)
    {
        var answer = await SendAsync(SoakSession.SignIn(user), []);
        return (answer is { Kind: AnswerKind.Page, Cookie: { } cookie } ? new(cookie, SoakSession.NameOf(user)) : null, answer);
    }

    public Task<SoakAnswer> RevokeAsync(SoakSession session) => SendAsync(session.Revoke, []);

    public void Dispose() => _socket.Dispose();

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private async Task<SoakAnswer> SendAsync(byte[] request, byte[] expected)
    {
        var sentAt = Stopwatch.GetTimestamp();
        try
        {
            await _socket.SendAsync(request, SocketFlags.None);
            var received = 0;
            do
            {
                var more = await _socket.ReceiveAsync(_answer.AsMemory(received), SocketFlags.None);
                if (more == 0)
                    throw new IOException("The server closed the connection.");
                received += more;
            }
            while (!LoadConnection.IsWhole(_answer.AsSpan(0, received)));
            return Read(_answer.AsSpan(0, received), expected, sentAt);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            _socket.Dispose();
            _socket = await ConnectAsync(_port);
            return new(AnswerKind.Wrong, sentAt, Stopwatch.GetTimestamp(), null, e.Message);
        }
    }

    private static SoakAnswer Read(ReadOnlySpan<byte> answer, byte[] expected, long sentAt)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        var kind = answer.StartsWith("HTTP/1.1 200 "u8) && answer[end..].IndexOf(expected) >= 0 ? AnswerKind.Page
            : answer.StartsWith("HTTP/1.1 302 "u8) && LoadConnection.ValueOf(answer[..(end + 2)], "location"u8).IndexOf("/account/login"u8) >= 0 ? AnswerKind.Refused
            : AnswerKind.Wrong;
        var cookie = LoadConnection.ValueOf(answer[..(end + 2)], "set-cookie"u8);
        return new(kind, sentAt, Stopwatch.GetTimestamp(), cookie.IsEmpty ? null : Encoding.ASCII.GetString(cookie).Split(';')[0],
            kind == AnswerKind.Wrong ? Encoding.UTF8.GetString(answer) : null);
    }
}

/// <param name="Kind">What it was.</param>
/// <param name="SentAt">A timestamp of <see cref="Stopwatch"/>: just before the request was sent.</param>
/// <param name="ReceivedAt">When the whole answer was there.</param>
/// <param name="Cookie">Name and value of the one that it sets; null when it sets none.</param>
/// <param name="Error">The answer itself, or what broke the connection; null unless it was wrong.</param>
internal sealed record SoakAnswer(AnswerKind Kind, long SentAt, long ReceivedAt, string? Cookie, string? Error);

internal enum AnswerKind
{
    /// <summary>Neither of the others.</summary>
    Wrong,

    /// <summary>Status 200, with the right name.</summary>
    Page,

    /// <summary>The way to the sign-in page.</summary>
    Refused,
}
