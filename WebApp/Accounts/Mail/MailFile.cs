using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace WebApp.Accounts.Mail;

/// <summary>What a reader of a mail sees. It reads what <see cref="Mailer"/> writes, and is no reader of mail in general.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="To">The address.</param>
/// <param name="Subject">Decoded.</param>
/// <param name="Date">When it was composed; null if the mail does not say.</param>
/// <param name="Text">The part in plain text, with line feeds.</param>
/// <param name="Html">The part in HTML.</param>
public sealed partial record MailFile(string Name, string To, string Subject, DateTimeOffset? Date, string Text, string Html)
{
    public static MailFile Parse(string name, string raw)
    {
        var (headers, body) = Split(raw.ReplaceLineEndings("\n"));
        var parts = Boundary().Match(headers) is { Success: true } boundary
            ? body.Split($"--{boundary.Groups["boundary"].Value}").Skip(1).Select(part => Split(part.TrimStart('\n'))).ToList()
            : [(headers, body)];
        return new(name, Header(headers, "To"), Header(headers, "Subject"),
            DateTimeOffset.TryParse(Header(headers, "Date"), CultureInfo.InvariantCulture, out var date) ? date : null,
            PartOf(parts, "text/plain"), PartOf(parts, "text/html"));
    }

    private static (string Headers, string Body) Split(string text) =>
        text.IndexOf("\n\n", StringComparison.Ordinal) is var end and >= 0
            // A header goes on in the next line if that begins with a space.
            ? (Folding().Replace(text[..end], " "), text[(end + 2)..])
            : (text, "");

    private static string Header(string headers, string name) => Decode(
        headers.Split('\n').FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase)) is { } line ? line[(name.Length + 1)..].Trim() : "");

    private static string PartOf(List<(string Headers, string Body)> parts, string mediaType) =>
        parts.FirstOrDefault(part => Header(part.Headers, "Content-Type").StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)) is { Body: { } body }
            ? FromQuotedPrintable(SoftBreak().Replace(body, "")).ReplaceLineEndings("\n").TrimEnd('\n')
            : "";

    /// <summary>Of "=?utf-8?B?…?=", which a header is in when its characters can't be sent as they are.</summary>
    private static string Decode(string header) => EncodedWord().Replace(header, word => word.Groups["kind"].Value is "B" or "b"
        ? Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups["text"].Value))
        : FromQuotedPrintable(word.Groups["text"].Value.Replace('_', ' ')));

    /// <summary>"=C3=A9" is one character, so bytes are collected before they become text.</summary>
    private static string FromQuotedPrintable(string text) => EncodedBytes().Replace(text, bytes => Encoding.UTF8.GetString(Convert.FromHexString(bytes.Value.Replace("=", "", StringComparison.Ordinal))));

    [GeneratedRegex("""^Content-Type:\s*multipart/[^\n]*boundary="?(?<boundary>[^"\n;]+)""", RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"\n[ \t]+", RegexOptions.None, 1000)]
    private static partial Regex Folding();

    [GeneratedRegex(@"=\n", RegexOptions.None, 1000)]
    private static partial Regex SoftBreak();

    [GeneratedRegex(@"(=[0-9A-F]{2})+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EncodedBytes();

    [GeneratedRegex(@"=\?utf-8\?(?<kind>[BQ])\?(?<text>[^?]*)\?=(\s+(?==\?))?", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EncodedWord();
}
