using System.Globalization;
using System.Text;
using WebApp.Accounts;
using WebApp.Texts;

namespace WebApp.Admin.Bulk;

/// <summary>What a cell of a list says: nobody, or one or several people, each by address or user id.</summary>
internal static class ListCell
{
    private const string Mailto = "mailto:";

    private static readonly char[] Separators = [',', ';', '|', '\r', '\n', '\v', '\f', '\u2028', '\u2029'];

    /// <summary>
    /// The keys of all that the cell names; null when it is blank, and when anything else stands in it.
    /// </summary>
    public static List<object>? KeysOf(string cell)
    {
        if (!HasAt(cell) && !IsId(cell))
            return null;

        var read = Read(cell);
        return read.TrueForAll(one => one.Key is not null) ? read.ConvertAll(one => one.Key!) : null;
    }

    /// <summary>Whether an address stands in it, perhaps among other words.</summary>
    public static bool HasAddress(string cell) =>
        HasAt(cell) && cell.Split([.. Separators, ' ', '\t', '(', ')', '<', '>', ':', '"']).Any(
            word => EmailAddress.Of(word) is var address && EmailAddress.IsAddress(address)
                && EmailAddress.HasGoodDomain(address, dotted: true));

    /// <summary>All that it names, one after another, and what of it names nobody.</summary>
    public static List<ListedEntry> Read(string cell)
    {
        var read = new List<ListedEntry>();
        var waiting = "";
        foreach (var piece in cell.Split(Separators).Select(ShownText.Of).Where(piece => piece.Length > 0))
        {
            // "Lovelace, Ada <ada@example.com>": a name with a comma.
            if (waiting.Length > 0 && !piece.EndsWith('>'))
                read.Add(new(null, Clean(waiting)));
            var whole = waiting.Length > 0 && piece.EndsWith('>') ? $"{waiting}, {piece}" : piece;
            waiting = "";
            if (!HasAt(whole) && !IsId(whole))
                waiting = whole;
            else
                read.AddRange(Understand(whole));
        }

        if (waiting.Length > 0)
            read.Add(new(null, Clean(waiting)));
        return read;
    }

    /// <summary>To be shown and stored: no control characters, no halves of characters, and not long.</summary>
    public static string Clean(string text)
    {
        if (text.Length <= BulkTarget.MaxTextLength && text.All(char.IsAscii) && !text.Any(char.IsControl))
            return text;

        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > BulkTarget.MaxTextLength)
                break;
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format))
                clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    private static IEnumerable<ListedEntry> Understand(string piece)
    {
        var bare = Bare(piece);
        if (KeyOf(bare) is { } key)
            return [new(key, Clean(bare))];

        // One address behind another. An address with a blank in it must not become its second half.
        var words = bare.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && Array.TrueForAll(words, word => KeyOf(Bare(word)) is string)
            ? words.Select(word => new ListedEntry(KeyOf(Bare(word)), Clean(word)))
            : [new(null, Clean(piece))];
    }

    private static object? KeyOf(string bare)
    {
        if (Guid.TryParse(bare, CultureInfo.InvariantCulture, out var id))
            return id;

        var address = EmailAddress.Of(bare);
        return EmailAddress.IsAddress(address) ? address : null;
    }

    /// <summary>Without what spreadsheets, mail programs and our own reports put around an address.</summary>
    private static string Bare(string piece)
    {
        var bare = piece.StartsWith("=\"", StringComparison.Ordinal) ? piece[1..] : piece;
        if (bare.EndsWith('>') && bare.LastIndexOf('<') is var start and >= 0)
            bare = bare[(start + 1)..^1];
        bare = bare.Trim('"', '\'', ' ');
        if (!bare.StartsWith(Mailto, StringComparison.OrdinalIgnoreCase))
            return bare;

        bare = bare[Mailto.Length..];
        return Uri.UnescapeDataString(
            bare.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? bare[..query] : bare);
    }

    private static bool HasAt(string text) => text.AsSpan().ContainsAny('@', '＠');

    private static bool IsId(string text) =>
        text.Length >= 32 && Guid.TryParse(ShownText.Of(text), CultureInfo.InvariantCulture, out _);
}
