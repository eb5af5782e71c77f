using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using WebApp.Accounts.Mail;

namespace WebApp.Tests.Testing;

/// <summary>
/// A mail server on a free loopback port: it keeps what it is given, and can be stopped, started again on the same port, told to hang, or to refuse.
/// With a certificate it insists on STARTTLS, with a login on AUTH.
/// </summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<SmtpMail> _received = [];
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private TcpListener? _listener;
    private int _connections;

    public int Port { get; } = RedisServer.FreePort();

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<SmtpMail> Received => [.. _received];

    public int Connections => _connections;

    public X509Certificate2? Certificate { get; init; }

    public (string User, string Password)? Login { get; init; }

    /// <summary>Says nothing to those who connect from now on.</summary>
    public bool Hangs { get; set; }

    /// <summary>Another answer to a command, such as <c>550 no such user</c> to the one that begins with <c>RCPT TO</c>; null for the usual one.</summary>
    public Func<string, string?> Refusal { get; set; } = _ => null;

    public static async Task<SmtpServer> StartNewAsync()
    {
        var server = new SmtpServer();
        await server.StartAsync();
        return server;
    }

    public Task StartAsync()
    {
        _listener = new(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync(_listener);
        return Task.CompletedTask;
    }

    /// <summary>Hangs up on everybody, and refuses connections.</summary>
    public Task StopAsync()
    {
        _listener?.Stop();
        foreach (var client in _clients)
            client.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Lets an app send its mail here.</summary>
    public void Serve(TestApp app)
    {
        app.Settings["Mail:Host"] = "127.0.0.1";
        app.Settings["Mail:Port"] = $"{Port}";
        app.Settings["Mail:Tls"] = Certificate is null ? "false" : "true";
        app.Settings["Mail:From"] = "WebApp <accounts@example.com>";
        app.Settings["Mail:RetryAfter"] = "00:00:00.05";
    }

    /// <summary>The first mail to the address; waits for it.</summary>
    public async Task<SmtpMail> FirstToAsync(string address)
    {
        await Eventually.TrueAsync(() => _received.Any(mail => mail.Recipient == address), $"there is mail for {address}");
        return _received.First(mail => mail.Recipient == address);
    }

    public static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Certificate?.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _clients.Add(client);
                Interlocked.Increment(ref _connections);
                _ = TalkAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                if (Hangs)
                    await Task.Delay(Timeout.Infinite);
                var stream = (Stream)client.GetStream();
                await SayAsync(stream, Refusal("") ?? "220 test server");
                await new Dialogue(this).HoldAsync(stream);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client left, or the server was stopped.
        }
    }

    private static Task SayAsync(Stream stream, string line) => stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n")).AsTask();

    // Byte by byte: what follows STARTTLS must not be swallowed by a reader's buffer.
    private static async Task<string?> HearAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }

        return null;
    }

    private sealed class Dialogue(SmtpServer server)
    {
        private bool _encrypted;
        private string? _user;
        private string _from = "";
        private string _to = "";

        public async Task HoldAsync(Stream stream)
        {
            while (await HearAsync(stream) is { } line && !line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                if (server.Refusal(line) is { } refusal)
                    await SayAsync(stream, refusal);
                else if (line == "STARTTLS" && server.Certificate is { } certificate)
                    stream = await EncryptAsync(stream, certificate);
                else
                    await AnswerAsync(stream, line);
            }
        }

        private async Task<Stream> EncryptAsync(Stream stream, X509Certificate2 certificate)
        {
            await SayAsync(stream, "220 go on");
            var encrypted = new SslStream(stream);
            await encrypted.AuthenticateAsServerAsync(certificate);
            _encrypted = true;
            return encrypted;
        }

        private async Task AnswerAsync(Stream stream, string line)
        {
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await SayAsync(stream, $"250-test server{(server.Certificate is not null && !_encrypted ? "\r\n250-STARTTLS" : "")}{(server.Login is not null ? "\r\n250-AUTH LOGIN" : "")}\r\n250 SMTPUTF8");
                    break;
                case "AUTH":
                    await SayAsync(stream, await IsLoginAsync(stream, line.Split(' ')) ? "235 welcome" : "535 no");
                    break;
                case "MAIL" when (server.Certificate is not null && !_encrypted) || (server.Login is not null && _user is null):
                    await SayAsync(stream, "530 encrypt and sign in first");
                    break;
                case "MAIL":
                    _from = Bracketed(line);
                    await SayAsync(stream, "250 ok");
                    break;
                case "RCPT":
                    _to = Bracketed(line);
                    await SayAsync(stream, "250 ok");
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    server._received.Enqueue(new(_from, _to, await ReadAsync(stream), _encrypted, _user));
                    await SayAsync(stream, "250 kept");
                    break;
                default:
                    await SayAsync(stream, "502 unknown");
                    break;
            }
        }

        private async Task<bool> IsLoginAsync(Stream stream, string[] words)
        {
            _user = Encoding.UTF8.GetString(Convert.FromBase64String(words[2]));
            await SayAsync(stream, "334 UGFzc3dvcmQ6");
            return (_user, Encoding.UTF8.GetString(Convert.FromBase64String(await HearAsync(stream) ?? ""))) == server.Login;
        }

        private static async Task<string> ReadAsync(Stream stream)
        {
            var data = new StringBuilder();
            while (await HearAsync(stream) is { } line && line != ".")
                data.Append(line.StartsWith('.') ? line[1..] : line).Append('\n');
            return data.ToString();
        }

        private static string Bracketed(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
    }
}

/// <summary>A mail as it crossed the wire.</summary>
/// <param name="Sender">Of the envelope.</param>
/// <param name="Recipient">Of the envelope.</param>
/// <param name="Raw">Headers and body.</param>
/// <param name="Encrypted">Whether it came by TLS.</param>
/// <param name="User">Who signed in to send it; null for nobody.</param>
public sealed record SmtpMail(string Sender, string Recipient, string Raw, bool Encrypted, string? User)
{
    public MailFile Read() => MailFile.Parse("", Raw);
}
