using System.Text;
using System.Text.Encodings.Web;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>
/// One mail to one person: a few short paragraphs, then links. It is sent as plain text and as simple HTML that loads
/// nothing, so nobody learns from it whether and where it was opened.
/// </summary>
/// <param name="To">One bare address. A line break or another control character throws: it could add headers, and with
/// them recipients.</param>
/// <param name="Subject">One line, by the same rule.</param>
/// <param name="Paragraphs">Plain text. Whatever people typed may stand in it; it is encoded for HTML.</param>
public sealed record OutgoingMail(string To, string Subject, IReadOnlyList<string> Paragraphs)
{
    private static readonly ParserOptions Strict = new()
    {
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
        AddressParserComplianceMode = RfcComplianceMode.Strict,
    };

    public string To { get; init => field = OneLine(value); } = OneLine(To);

    public string Subject { get; init => field = OneLine(value); } = OneLine(Subject);

    public MailPriority Priority { get; init; } = MailPriority.Notice;

    /// <summary>Stand below the paragraphs.</summary>
    public IReadOnlyList<MailLink> Links { get; init; } = [];

    /// <summary>Whether mail can be sent to it: one address, without a name or comment around it.</summary>
    public static bool IsAddress(string address) =>
        MailboxAddress.TryParse(Strict, address, out var parsed)
        && (parsed.GetAddress(idnEncode: false) == address || parsed.GetAddress(idnEncode: true) == address);

    public string ToText() => string.Join("\n\n", [.. Paragraphs, .. Links.Select(link => $"{link.Label}:\n{link.Address.AbsoluteUri}")]) + "\n";

    public string ToHtml()
    {
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>")
            .Append(Encode(Subject)).Append("</title></head>\n<body>\n");
        foreach (var paragraph in Paragraphs)
            html.Append("<p>").Append(Encode(paragraph)).Append("</p>\n");
        foreach (var link in Links)
            html.Append("<p><a href=\"").Append(Encode(link.Address.AbsoluteUri)).Append("\">").Append(Encode(link.Label)).Append("</a></p>\n");
        return html.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>Neither addresses nor links: a record's text ends up in logs.</summary>
    public override string ToString() => nameof(OutgoingMail);

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    private static string OneLine(string text) =>
        text.Any(char.IsControl) ? throw new ArgumentException("A mail's address and subject are one line without control characters.", nameof(text)) : text;
}

/// <param name="Label">What the link is for, such as "Choose a new password".</param>
/// <param name="Address">Absolute; see <see cref="MailLinks"/>.</param>
public sealed record MailLink(string Label, Uri Address);
