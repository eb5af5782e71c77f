using System.Buffers;
using System.Globalization;
using System.Text;
using WebApp.Texts;

namespace WebApp.Accounts;

/// <summary>
/// E-mail addresses as people type, paste and export them. However one is written, it is one account's.
/// </summary>
public static class EmailAddress
{
    private const string PunycodePrefix = "xn--";

    /// <summary>The dots of East Asian keyboards, but for the wide one, beside that of ASCII (RFC 3490, 3.1).</summary>
    private const string OtherDots = "。｡";

    /// <summary>What may stand behind an address and is no part of it.</summary>
    private static readonly SearchValues<char> Ends = SearchValues.Create(". \t\r\n\u00A0");

    /// <summary>
    /// The one form of an address, in which it is stored and shown: without what nobody sees, composed, with a domain
    /// in small letters of its own script and without a dot behind it. The case of the part before the @ stays. Also of
    /// the beginning of an address; of any other text it is <see cref="ShownText.Of"/>.
    /// </summary>
    public static string Of(string? typed)
    {
        var text = CanonicalForm.Of(WideText.Narrow(ShownText.Of(typed)));
        var at = text.LastIndexOf('@');
        if (at < 0)
            return text;

        var domain = text[(at + 1)..];
        // Nearly all are like this.
        if (Ascii.IsValid(domain) && !domain.AsSpan().ContainsAnyInRange('A', 'Z') && !Ends.Contains(text[^1])
            && !domain.Contains(PunycodePrefix, StringComparison.Ordinal))
            return text;

        foreach (var dot in OtherDots)
            domain = domain.Replace(dot, '.');
        domain = domain[..(domain.AsSpan().LastIndexOfAnyExcept(Ends) + 1)];
        return $"{text[..at]}@{string.Join('.', domain.Split('.').Select(LabelOf))}";
    }

    /// <summary>
    /// As addresses are compared, and found in the database: <see cref="Of"/> without regard to case.
    /// </summary>
    public static string KeyOf(string? typed) => Of(typed).ToUpperInvariant();

    /// <summary>Whether a text in the form of <see cref="Of"/> may be an address, of whatever domain.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= AppUser.MaxEmailLength
        && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1
            && at == text.LastIndexOf('@')
        && !text.Any(
            c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '\uFFFD' or '<' or '>' or '"' or ',' or ';' or ':');

    /// <summary>Whether mail could find the domain of an address in the form of <see cref="Of"/>.</summary>
    /// <param name="address">An address.</param>
    /// <param name="dotted">Whether the domain is one of the internet, and no name of a machine nearby.</param>
    public static bool HasGoodDomain(string address, bool dotted)
    {
        var labels = address[(address.LastIndexOf('@') + 1)..].Split('.');
        return (labels.Length > 1 || !dotted) && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit)
            && AsciiOf(string.Join('.', labels)) is not null;
    }

    private static string LabelOf(string label)
    {
        var small = Small(label);
        return small.StartsWith(PunycodePrefix, StringComparison.Ordinal) && UnicodeOf(small) is { } decoded
            ? decoded : small;
    }

    // The one letter whose small form is two: the framework leaves it as it is.
    private static string Small(string label) =>
        CanonicalForm.Of(label.ToLowerInvariant().Replace("İ", "i\u0307", StringComparison.Ordinal));

    /// <summary>Null when it stands for nothing, or for what nobody could have typed.</summary>
    private static string? UnicodeOf(string label)
    {
        try
        {
            var decoded = new IdnMapping().GetUnicode(label);
            return IsLabel(decoded) && Small(WideText.Narrow(ShownText.Of(decoded))) == decoded ? decoded : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Null when it is too long, or has no such form.</summary>
    private static string? AsciiOf(string domain)
    {
        try
        {
            return new IdnMapping().GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What is still coded could not be decoded.</summary>
    private static bool IsLabel(string label) =>
        label is not ("" or ['-', ..] or [.., '-']) && !label.StartsWith(PunycodePrefix, StringComparison.Ordinal)
        && label.EnumerateRunes().All(rune => rune.Value == '-' || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
}
