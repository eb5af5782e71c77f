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
/// A mail server on a free loopback port: it keeps what it is given, and can be stopped, started again on the same
/// port, told to hang, or to refuse. With a certificate it insists on encryption, with a login on AUTH.
/// </summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<SmtpMail> _received = [];
    private readonly ConcurrentQueue<string> _commands = [];
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private TcpListener? _listener;
    private int _connections;

    public int Port { get; } = RedisServer.FreePort();

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<SmtpMail> Received => [.. _received];

    /// <summary>What clients said, but for the mails themselves, in the order of arrival.</summary>
    public IReadOnlyList<string> Commands => [.. _commands];

    public int Connections => _connections;

    public X509Certificate2? Certificate { get; init; }

    /// <summary>Encrypts from the first byte, not by STARTTLS.</summary>
    public bool BeginsWithTls { get; init; }

    /// <summary>Offers STARTTLS, and takes mail without it.</summary>
    public bool TlsIsOptional { get; init; }

    public (string User, string Password)? Login { get; init; }

    /// <summary>The ways to sign in that it offers. Of those it knows PLAIN and LOGIN.</summary>
    public string Mechanisms { get; init; } = "PLAIN LOGIN";

    /// <summary>
    /// What else it offers. With PIPELINING it answers as ever: commands may come before the answers to others.
    /// </summary>
    public IReadOnlyList<string> Extensions { get; init; } = ["8BITMIME", "SMTPUTF8"];

    /// <summary>Says nothing to those who connect from now on.</summary>
    public bool Hangs { get; set; }

    /// <summary>Another answer to a command, such as <c>550 no such user</c> to the one that begins with <c>RCPT
    /// TO</c>; null for the usual one. The greeting answers an empty line, and the end of a mail is a dot.</summary>
    public Func<string, string?> Refusal { get; set; } = _ => null;

    /// <summary>What an answer to a command waits for.</summary>
    public Func<string, Task> Delay { get; set; } = _ => Task.CompletedTask;

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
        if (BeginsWithTls)
            app.Settings["Mail:ImplicitTls"] = "true";
        if (Login is { } login)
            (app.Settings["Mail:User"], app.Settings["Mail:Password"]) = login;
        app.Settings["Mail:From"] = "WebApp <accounts@example.com>";
        app.Settings["Mail:RetryAfter"] = "00:00:00.05";
    }

    /// <summary>The first mail to the address; waits for it.</summary>
    public async Task<SmtpMail> FirstToAsync(string address)
    {
        await Eventually.TrueAsync(() => _received.Any(mail => mail.Recipient == address), $"there is mail for {address}");
        return _received.First(mail => mail.Recipient == address);
    }

    /// <summary>Signed by itself, so that nobody trusts it.</summary>
    /// <param name="address">Whose it is.</param>
    /// <param name="expired">Whether its time was over yesterday.</param>
    public static X509Certificate2 NewCertificate(string address = "127.0.0.1", bool expired = false)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(expired ? -1 : 1));
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
                await new Dialogue(this).HoldAsync(client.GetStream());
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
        private string _opening = "";
        private string _from = "";
        private string _to = "";

        private bool NeedsTls => server.Certificate is not null && !_encrypted && !server.TlsIsOptional;

        public async Task HoldAsync(Stream stream)
        {
            if (server.BeginsWithTls)
                stream = await EncryptAsync(stream, server.Certificate!);
            await SayAsync(stream, server.Refusal("") ?? "220 test server");
            while (await HearAsync(stream) is { } line && !line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                server._commands.Enqueue(line);
                await server.Delay(line);
                if (server.Refusal(line) is { } refusal)
                {
                    await SayAsync(stream, refusal);
                }
                else if (line == "STARTTLS" && server.Certificate is { } certificate)
                {
                    await SayAsync(stream, "220 go on");
                    stream = await EncryptAsync(stream, certificate);
                }
                else
                {
                    await AnswerAsync(stream, line);
                }
            }
        }

        private async Task<Stream> EncryptAsync(Stream stream, X509Certificate2 certificate)
        {
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
                    _opening = line;
                    string[] offers =
                    [
                        .. server.Extensions,
                        .. server.Certificate is not null && !_encrypted ? ["STARTTLS"] : Array.Empty<string>(),
                        .. server.Login is not null && !NeedsTls ? [$"AUTH {server.Mechanisms}"] : Array.Empty<string>(),
                    ];
                    await SayAsync(stream, string.Concat(offers.Select(offer => $"250-{offer}\r\n")) + "250 test server");
                    break;
                case "NOOP" or "RSET":
                    await SayAsync(stream, "250 ok");
                    break;
                case "AUTH":
                    await SayAsync(stream, await IsLoginAsync(stream, line.Split(' ')) ? "235 welcome" : "535 no");
                    break;
                case "MAIL" when NeedsTls || (server.Login is not null && _user is null):
                    await SayAsync(stream, "530 encrypt and sign in first");
                    break;
                case "MAIL":
                    _from = line;
                    await SayAsync(stream, "250 ok");
                    break;
                case "RCPT":
                    _to = Bracketed(line);
                    await SayAsync(stream, "250 ok");
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    var raw = await ReadAsync(stream);
                    await server.Delay(".");
                    var refusal = server.Refusal(".");
                    if (refusal is null)
                        server._received.Enqueue(new(Bracketed(_from), _to, raw, _encrypted, _user, _opening));
                    await SayAsync(stream, refusal ?? "250 kept");
                    break;
                default:
                    await SayAsync(stream, "502 unknown");
                    break;
            }
        }

        private async Task<bool> IsLoginAsync(Stream stream, string[] words)
        {
            if (words[1] == "PLAIN")
                return IsLogin(Decoded(words[2]).Split('\0')[1..]);
            if (words[1] != "LOGIN")
                return false;

            var user = words.Length > 2 ? words[2] : await AskAsync(stream, "VXNlcm5hbWU6");
            return IsLogin([Decoded(user), Decoded(await AskAsync(stream, "UGFzc3dvcmQ6"))]);
        }

        private bool IsLogin(string[] given)
        {
            _user = (given[0], given[1]) == server.Login ? given[0] : null;
            return _user is not null;
        }

        private static async Task<string> AskAsync(Stream stream, string what)
        {
            await SayAsync(stream, $"334 {what}");
            return await HearAsync(stream) ?? "";
        }

        private static string Decoded(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));

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
/// <param name="Opening">The line by which the client introduced itself.</param>
public sealed record SmtpMail(string Sender, string Recipient, string Raw, bool Encrypted, string? User, string Opening)
{
    public MailFile Read() => MailFile.Parse("", Raw);
}
