using System.Buffers;
using System.Globalization;
using System.Text;
using WebApp.Texts;

namespace WebApp.Audit;

/// <summary>Lines of CSV (RFC 4180) that a spreadsheet shows and never runs, whoever wrote what is in them (OWASP: CSV injection).</summary>
public static class CsvLine
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",;\"\r\n\t");

    /// <summary>
    /// What a spreadsheet takes for the beginning of a formula, the wide and small forms of East Asian keyboards
    /// included.
    /// </summary>
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@＝＋－＠﹦﹢﹣﹫");

    /// <summary>With its end.</summary>
    public static string Of(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var safe = Disarm(text);
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    /// <summary>
    /// Puts an apostrophe in front of a cell that begins like a formula, blanks, quotes and what nobody sees aside, and
    /// of what would become such a cell: a spreadsheet that parts cells at semicolons or tabs, as in many countries,
    /// does not take our quotes for quotes, and takes two of the text's for an empty beginning.
    /// </summary>
    private static string Disarm(string text)
    {
        var safe = new StringBuilder(text[0] is '\t' or '\r' or '\n' ? "'" : "");
        // Where the cell begins, as long as nothing of it counts.
        int? cell = 0;
        foreach (var c in text)
        {
            if (cell is { } begin && Formula.Contains(c))
                safe.Insert(begin, '\'');
            safe.Append(c);
            cell = c is ';' or '\t' or '\r' or '\n' ? safe.Length : Counts(c) ? null : cell;
        }

        return safe.ToString();
    }

    // A spreadsheet drops some of what nobody sees, and which of it is its own affair. Half a character may belong to
    // one of these, too: an apostrophe too many harms nobody.
    private static bool Counts(char c) => !(c == '"' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c)
        || char.GetUnicodeCategory(c) == UnicodeCategory.Format || ShownText.IsIgnorable(new Rune(c)));
}
