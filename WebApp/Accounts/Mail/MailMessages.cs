using System.Text;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>Mail as it crosses the wire.</summary>
internal static class MailMessages
{
    public static MimeMessage Compose(Letter letter, MailboxAddress from)
    {
        var message = new MimeMessage
        {
            MessageId = $"{letter.Id:N}@{from.GetAddress(idnEncode: true).Split('@')[^1]}",
            Date = letter.WrittenAt,
            Subject = letter.Mail.Subject,
            Body = new MultipartAlternative(Part("plain", letter.Mail.ToText()), Part("html", letter.Mail.ToHtml())),
        };
        message.From.Add(from);
        message.To.Add(new MailboxAddress("", letter.Mail.To));
        // No answers from machines that are on holiday. The first is the standard's (RFC 3834), the second is
        // Exchange's.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-Auto-Response-Suppress", "All");
        return message;
    }

    /// <summary>
    /// A domain can be written in ASCII; what stands before the @ can't, and takes the extension SMTPUTF8.
    /// </summary>
    public static bool NeedsUtf8(MimeMessage message) =>
        message.From.Mailboxes.Concat(message.To.Mailboxes)
            .Any(address => !address.GetAddress(idnEncode: true).All(char.IsAscii));

    public static FormatOptions Format(bool utf8)
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.International = utf8;
        return format;
    }

    // Quoted-printable: plain ASCII in short lines passes every server as it is.
    private static TextPart Part(string subtype, string content)
    {
        var part = new TextPart(subtype) { ContentTransferEncoding = ContentEncoding.QuotedPrintable };
        part.SetText(Encoding.UTF8, content);
        return part;
    }
}
