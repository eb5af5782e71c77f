using System.Collections.Concurrent;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>
/// Hands mail to the SMTP server of <see cref="MailOptions"/>, or puts it into <see cref="MailFolder"/> when there is
/// none. Connections are kept for the next mail until <see cref="CloseIdleAsync"/>.
/// </summary>
public sealed class Mailer(IOptions<MailOptions> options, IOptions<MailLinkOptions> links, MailFolder folder)
{
    private const string FromOfFiles = "accounts@localhost";

    private readonly ConcurrentBag<SmtpConnection> _idle = [];

    /// <summary>One try. It does not throw: whatever goes wrong is an answer.</summary>
    public async Task<MailDelivery> DeliverAsync(Letter letter, CancellationToken cancellationToken)
    {
        if (!OutgoingMail.IsAddress(letter.Mail.To))
            return new(MailFate.Refused, "no mail can be sent to such an address");

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.Timeout);
        try
        {
            using var message = MailMessages.Compose(letter, From);
            if (options.Value.HasServer)
                return await SendAsync(message, limit.Token);

            await folder.AddAsync(message, MailMessages.Format(MailMessages.NeedsUtf8(message)), limit.Token);
            return MailDelivery.Sent;
        }
#pragma warning disable CA1031 // The sender of all mail must survive whatever the network and the server come up with.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new(MailFate.Failed, limit.IsCancellationRequested ? "no answer in time" : Describe(e));
        }
    }

    /// <summary>Says goodbye on the connections that nobody uses. Never throws.</summary>
    public async Task CloseIdleAsync()
    {
        while (_idle.TryTake(out var connection))
        {
            using (connection)
            using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1)))
            {
                try
                {
                    await connection.CloseAsync(limit.Token);
                }
#pragma warning disable CA1031 // It is closed either way.
                catch (Exception)
#pragma warning restore CA1031
                {
                    // The server was faster, or does not answer.
                }
            }
        }
    }

    private async Task<MailDelivery> SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        // A connection that was used before may be good for no more mail, so a refusal there is asked for once more.
        if (!MailMessages.NeedsUtf8(message) && await FindOpenAsync(cancellationToken) is { } open
            && await SendAsync(open, message, cancellationToken) is { Fate: not MailFate.Failed } delivery)
            return delivery;

        var connection = new SmtpConnection(options.Value, HeloName);
        try
        {
            await connection.OpenAsync(cancellationToken);
        }
        catch (Exception e)
        {
            connection.Dispose();
            if (connection.Distrust is { } distrust)
                return new(MailFate.Failed, distrust);
            if (e is SmtpCommandException refusal)
                return new(MailFate.Failed, $"the server does not let us in: {Describe(refusal)}");
            throw;
        }

        return await SendAsync(connection, message, cancellationToken);
    }

    private async Task<MailDelivery> SendAsync(
        SmtpConnection connection, MimeMessage message, CancellationToken cancellationToken)
    {
        var keep = false;
        try
        {
            var delivery = await TrySendAsync(connection, message, cancellationToken);
            keep = delivery.Fate != MailFate.Failed && connection.IsOpen;
            return delivery;
        }
        finally
        {
            if (keep)
                _idle.Add(connection);
            else
                connection.Dispose();
        }
    }

    /// <summary>Throws what is no answer, such as a connection that breaks.</summary>
    private static async Task<MailDelivery> TrySendAsync(
        SmtpConnection connection, MimeMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.TrySendAsync(message, cancellationToken) ? MailDelivery.Sent
                : new(MailFate.Refused, "the server does not take addresses with letters beyond ASCII (SMTPUTF8)");
        }
        catch (SmtpCommandException e)
        {
            return Judge(e);
        }
    }

    private async Task<SmtpConnection?> FindOpenAsync(CancellationToken cancellationToken)
    {
        while (_idle.TryTake(out var connection))
        {
            if (await connection.IsAliveAsync(cancellationToken))
                return connection;

            connection.Dispose();
        }

        return null;
    }

    private MailboxAddress From =>
        MailboxAddress.Parse(string.IsNullOrEmpty(options.Value.From) ? FromOfFiles : options.Value.From);

    private string? HeloName =>
        string.IsNullOrEmpty(options.Value.HeloName) ? links.Value.PublicUrl?.IdnHost : options.Value.HeloName;

    private static MailDelivery Judge(SmtpCommandException refusal)
    {
        var stage = refusal.ErrorCode switch
        {
            SmtpErrorCode.SenderNotAccepted => SmtpStage.Sender,
            SmtpErrorCode.RecipientNotAccepted => SmtpStage.Recipient,
            _ => SmtpStage.Message,
        };
        var fate = SmtpAnswers.FateOf(stage, (int)refusal.StatusCode, refusal.Message);
        return new(fate, fate == MailFate.Failed
            ? $"the server takes no mail from us: {Describe(refusal)}"
            : Describe(refusal));
    }

    /// <summary>By kind only: the servers' own words hold addresses.</summary>
    private static string Describe(Exception exception) => exception switch
    {
        SmtpCommandException smtp when SmtpAnswers.EnhancedCode(smtp.Message) is { } code => $"{smtp.StatusCode} {code}",
        SmtpCommandException smtp => smtp.StatusCode.ToString(),
        AuthenticationException => "the server does not accept Mail:User with Mail:Password",
        ServiceNotAuthenticatedException => "the server asks for a sign-in (Mail:User), or for encryption (Mail:Tls), first",
        NotSupportedException =>
            "the server does not offer what the settings ask for: STARTTLS with Mail:Tls, or a known way to sign in with Mail:User",
        SmtpProtocolException => "the server broke off, or does not speak SMTP",
        SslHandshakeException => "encryption could not begin: the server may expect the other kind (Mail:ImplicitTls)",
        TimeoutException => "no answer in time",
        SocketException socket => socket.SocketErrorCode.ToString(),
        { InnerException: { } inner } => Describe(inner),
        _ => exception.GetType().Name,
    };
}
