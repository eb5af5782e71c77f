using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>Hands one mail to the SMTP server of <see cref="MailOptions"/>, or puts it into <see cref="MailFolder"/> when there is none.</summary>
public sealed class Mailer(IOptions<MailOptions> options, MailFolder folder)
{
    private const int FirstPermanentStatus = 500;
    private const string FromOfFiles = "accounts@localhost";

    /// <summary>One try. It does not throw: whatever goes wrong is an answer.</summary>
    public async Task<MailDelivery> DeliverAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        if (!OutgoingMail.IsAddress(mail.To))
            return new(MailFate.Refused, "no mail can be sent to such an address");

        try
        {
            using var message = Compose(mail);
            await (options.Value.HasServer ? SendAsync(message, cancellationToken) : folder.AddAsync(message, cancellationToken));
            return new(MailFate.Sent, "");
        }
        // What is wrong with one recipient will be wrong in an hour. What is wrong with the server, or with our settings, may be put right.
        catch (SmtpFailedRecipientException e) when ((int)e.StatusCode >= FirstPermanentStatus)
        {
            return new(MailFate.Refused, e.StatusCode.ToString());
        }
#pragma warning disable CA1031 // SmtpClient throws what it meets, and the sender of all mail must survive each of them.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new(MailFate.Failed, Describe(e));
        }
    }

    private MailMessage Compose(OutgoingMail mail)
    {
        var message = new MailMessage(new MailAddress(options.Value.From ?? FromOfFiles), new MailAddress(mail.To))
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
        };
        // No answers from machines that are on holiday.
        message.Headers["Auto-Submitted"] = "auto-generated";
        message.AlternateViews.Add(View(mail.ToText(), MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(mail.ToHtml(), MediaTypeNames.Text.Html));
        return message;
    }

    private static AlternateView View(string content, string mediaType)
    {
        var view = AlternateView.CreateAlternateViewFromString(content, Encoding.UTF8, mediaType);
        view.TransferEncoding = TransferEncoding.QuotedPrintable;
        return view;
    }

    private async Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        var mail = options.Value;
        using var client = new SmtpClient(mail.Host, mail.Port) { EnableSsl = mail.Tls, DeliveryFormat = SmtpDeliveryFormat.International };
        if (!string.IsNullOrEmpty(mail.User))
            client.Credentials = new NetworkCredential(mail.User, mail.Password);

        // The client's own time-out counts for its blocking methods only.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(mail.Timeout);
        await client.SendMailAsync(message, limit.Token).WaitAsync(limit.Token);
    }

    /// <summary>By kind only: the servers' own words hold addresses.</summary>
    private static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => "no answer in time",
        SmtpException { StatusCode: not SmtpStatusCode.GeneralFailure } smtp => smtp.StatusCode.ToString(),
        { InnerException: { } inner } => Describe(inner),
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => exception.GetType().Name,
    };
}

/// <param name="Fate">What became of the mail.</param>
/// <param name="Problem">Why, in words that hold no address; empty when sent.</param>
public sealed record MailDelivery(MailFate Fate, string Problem);

public enum MailFate
{
    Sent,

    /// <summary>The recipient was refused for good; to try again is of no use.</summary>
    Refused,

    /// <summary>It may work later.</summary>
    Failed,
}
