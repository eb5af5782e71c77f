using System.Text;
using CsCheck;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin.Bulk;

/// <summary>Cells that somebody else's file wrote are shown by a spreadsheet, and never run.</summary>
[Trait("Lane", "Fast")]
public sealed class CsvLineTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a;b", "\"a;b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+49", "'+49")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("\t=1+1", "\"'\t'=1+1\"")]
    [InlineData("\u00A0 @x", "'\u00A0 @x")]
    [InlineData("＝1", "'＝1")]
    [InlineData("﹣1", "'﹣1")]
    [InlineData("\u200B=1+1", "'\u200B=1+1")]
    [InlineData("\u202A\u2060 @x", "'\u202A\u2060 @x")]
    [InlineData("\uFEFF\"+1", "\"'\uFEFF\"\"+1\"")]
    [InlineData("\u3164-1", "'\u3164-1")]
    [InlineData("\u0001=1", "'\u0001=1")]
    [InlineData("\U000E0020=1", "'\U000E0020=1")]
    [InlineData("see;\u00AD=1", "\"see;'\u00AD=1\"")]
    [InlineData(" ＠x", "' ＠x")]
    // Where cells are parted by semicolons or tabs, a spreadsheet does not see our quotes.
    [InlineData("see;=1+1", "\"see;'=1+1\"")]
    [InlineData("see; -1;+2", "\"see;' -1;'+2\"")]
    [InlineData("see;\"=1+1;x", "\"see;'\"\"=1+1;x\"")]
    [InlineData("two\r\n=lines", "\"two\r\n'=lines\"")]
    [InlineData("a - b, 1=1", "\"a - b, 1=1\"")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    public void A_cell_is_quoted_and_never_a_formula(string? text, string cell) => Assert.Equal($"{cell},z\r\n", CsvLine.Of(text, "z"));

    [Fact]
    public void A_reader_gets_the_cells_back_but_for_apostrophes() => Any.Text.Array[1, 4].Sample(cells =>
    {
        var read = CellsOf(CsvLine.Of(cells), ',');

        Assert.Equal(cells.Select(WithoutApostrophes), read.Select(WithoutApostrophes));
    }, iter: 2000);

    // A spreadsheet parts cells at commas, semicolons or tabs, whichever its country or its person says.
    [Fact]
    public void No_cell_is_a_formula_wherever_a_spreadsheet_parts_cells() => Any.Text.Array[1, 4].Sample(cells =>
    {
        var line = CsvLine.Of(cells);

        foreach (var separator in ",;\t")
            Assert.DoesNotContain(CellsOf(line, separator), IsFormula);
    }, iter: 5000);

    private static bool IsFormula(string cell) =>
        cell.SkipWhile(c => char.IsWhiteSpace(c) || char.IsControl(c) || Any.Unseen.Contains(c))
            .FirstOrDefault() is var first && "=+-@＝＋－＠".Contains(first);

    private static string WithoutApostrophes(string cell) => cell.Replace("'", "", StringComparison.Ordinal);

    /// <summary>
    /// As spreadsheets read: quotes count at the beginning of a cell, and what follows on their end belongs to it.
    /// </summary>
    private static List<string> CellsOf(string text, char separator)
    {
        List<string> cells = [];
        var cell = new StringBuilder();
        for (int at = 0, begin = 0; at < text.Length; at++)
        {
            if (text[at] == '"' && at == begin)
            {
                for (at++; at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')); at++)
                    cell.Append(text[text[at] == '"' ? at++ : at]);
            }
            else if (text[at] == separator || text[at] is '\r' or '\n')
            {
                at += text.AsSpan(at).StartsWith("\r\n", StringComparison.Ordinal) ? 1 : 0;
                begin = at + 1;
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(text[at]);
            }
        }

        return cell.Length == 0 ? cells : [.. cells, cell.ToString()];
    }
}
