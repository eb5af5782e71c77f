using System.Text;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>What a reader of a mail sees.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="To">The address.</param>
/// <param name="Subject">Decoded.</param>
/// <param name="Date">When it was written; null if the mail does not say.</param>
/// <param name="Text">The part in plain text, with line feeds.</param>
/// <param name="Html">The part in HTML.</param>
public sealed record MailFile(string Name, string To, string Subject, DateTimeOffset? Date, string Text, string Html)
{
    public static MailFile Parse(string name, string raw)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(raw));
        using var message = MimeMessage.Load(content);
        return new(name, message.To.Mailboxes.FirstOrDefault()?.Address ?? "", message.Subject ?? "",
            message.Headers.Contains(HeaderId.Date) ? message.Date : null,
            Lines(message.TextBody), Lines(message.HtmlBody));
    }

    private static string Lines(string? body) => (body ?? "").ReplaceLineEndings("\n").TrimEnd('\n');
}
