using System.Buffers;
using System.Text.RegularExpressions;

namespace WebApp.Audit;

/// <summary>Lines of CSV (RFC 4180) that a spreadsheet shows and never runs, whoever wrote what is in them (OWASP: CSV injection).</summary>
public static partial class CsvLine
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",;\"\r\n\t");

    /// <summary>What a spreadsheet takes for the beginning of a formula, the wide forms of East Asian keyboards included.</summary>
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r\n＝＋－＠");

    /// <summary>With its end.</summary>
    public static string Of(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var safe = text.AsSpan().ContainsAny(Formula) ? FormulaBegins().Replace(text, "'") : text;
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    /// <summary>
    /// Where an apostrophe belongs: in front of the cell, and of what would become one. A spreadsheet that parts cells at semicolons or tabs, as in many countries, does
    /// not take our quotes for quotes.
    /// </summary>
    [GeneratedRegex(@"^(?=[\t\r\n]|\s*[=+\-@＝＋－＠])|(?<=[;\t\r\n])(?=[^\S\r\n]*[=+\-@＝＋－＠])", RegexOptions.CultureInvariant)]
    private static partial Regex FormulaBegins();
}
