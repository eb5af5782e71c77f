using WebApp.Audit;

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
    [InlineData(" ＠x", "' ＠x")]
    // Where cells are parted by semicolons or tabs, a spreadsheet does not see our quotes.
    [InlineData("see;=1+1", "\"see;'=1+1\"")]
    [InlineData("see; -1;+2", "\"see;' -1;'+2\"")]
    [InlineData("two\r\n=lines", "\"two\r\n'=lines\"")]
    [InlineData("a - b, 1=1", "\"a - b, 1=1\"")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    public void A_cell_is_quoted_and_never_a_formula(string? text, string cell) => Assert.Equal($"{cell},z\r\n", CsvLine.Of(text, "z"));
}
