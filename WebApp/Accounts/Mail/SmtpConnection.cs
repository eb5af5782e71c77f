using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>A connection to the mail server, good for several mails one after another.</summary>
internal sealed class SmtpConnection : IDisposable
{
    /// <summary>Servers close a connection after a number of mails, most of them after a hundred.</summary>
    private const int MostMails = 50;

    private readonly SmtpClient _client = new();
    private readonly MailOptions _options;
    private int _mails;

    public SmtpConnection(MailOptions options, string? heloName)
    {
        _options = options;
        _client.LocalDomain = heloName;
        _client.Timeout = (int)options.Timeout.TotalMilliseconds;
        // As the framework's own clients do: an authority that does not answer must not stop all mail.
        _client.CheckCertificateRevocation = false;
        _client.ServerCertificateValidationCallback = IsTrusted;
    }

    /// <summary>What is wrong with the server's certificate, if that is why it could not be opened.</summary>
    public string? Distrust { get; private set; }

    /// <summary>Whether it can take another mail.</summary>
    public bool IsOpen => _client.IsConnected && _mails < MostMails;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var encryption = _options.BeginsWithTls ? SecureSocketOptions.SslOnConnect
            : _options.Tls ? SecureSocketOptions.StartTls : SecureSocketOptions.StartTlsWhenAvailable;
        await _client.ConnectAsync(_options.Host!, _options.Port, encryption, cancellationToken);
        if (!string.IsNullOrEmpty(_options.User))
            await _client.AuthenticateAsync(_options.User, _options.Password!, cancellationToken);
    }

    /// <summary>Whether the server still answers.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _client.NoOpAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is CommandException or ProtocolException or IOException or ServiceNotConnectedException
            or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>False, before anything is said, if the server can't take mail to such an address.</summary>
    public async Task<bool> TrySendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var utf8 = MailMessages.NeedsUtf8(message);
        if (utf8 && !_client.Capabilities.HasFlag(SmtpCapabilities.UTF8))
            return false;

        // Otherwise the client asks for it because of a domain, too, wherever it is offered.
        if (!utf8)
            _client.Capabilities &= ~SmtpCapabilities.UTF8;
        _mails++;
        var format = MailMessages.Format(utf8 && _client.Capabilities.HasFlag(SmtpCapabilities.EightBitMime));
        await _client.SendAsync(format, message, cancellationToken);
        return true;
    }

    public Task CloseAsync(CancellationToken cancellationToken) =>
        _client.DisconnectAsync(quit: true, cancellationToken);

    public void Dispose() => _client.Dispose();

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        // Without Mail:Tls the server is on this machine, and might as well not encrypt.
        var trusted = !_options.Tls
            || (_options.CertificateValidation?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None);
        Distrust = trusted ? null : Describe(chain, errors);
        return trusted;
    }

    private static string Describe(X509Chain? chain, SslPolicyErrors errors)
    {
        var status = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return "the server's certificate is not trusted: "
            + (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "there is none"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "it is not for the name in Mail:Host"
            : status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "it has expired, or is not valid yet"
            : "this machine does not know who issued it");
    }
}
