using System.Text;
using CsCheck;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin.Bulk;

/// <summary>Lists as spreadsheets, exports, mail programs and attackers write them.</summary>
[Trait("Lane", "Fast")]
public sealed class PeopleListTests
{
    private static readonly Gen<string> Lists = Any.Text.Array[0, 10].Select(string.Concat);

    private const string Id = "0199a0a0-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\r\n \n;;\n", "")]
    [InlineData("a@x.org", "1 a@x.org")]
    [InlineData("a@x.org\nb@x.org\n", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\r\nb@x.org\r\n", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\rb@x.org\r", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\n\n\r\nb@x.org", "1 a@x.org|4 b@x.org")]
    [InlineData("  a@x.org \t", "1 a@x.org")]
    [InlineData("email\na@x.org", "2 a@x.org")]
    [InlineData("E-Mail Address\na@x.org", "2 a@x.org")]
    [InlineData("Name,Email\nAda,a@x.org", "2 a@x.org")]
    [InlineData("Name;Email;Id\nAda;a@x.org;7\nBob;b@x.org;8", "2 a@x.org|3 b@x.org")]
    [InlineData("Name\tE-mail\nAda\ta@x.org", "2 a@x.org")]
    [InlineData("User ID,Name\n" + Id + ",Ada", "2 " + Id)]
    [InlineData("Ada,a@x.org\nBob,b@x.org", "1 a@x.org|2 b@x.org")]
    [InlineData("\"Lovelace, Ada\",\"a@x.org\"", "1 a@x.org")]
    [InlineData("\"say \"\"hi\"\"\",a@x.org", "1 a@x.org")]
    [InlineData("\"two\nlines\",a@x.org\nx,b@x.org", "1 a@x.org|2 b@x.org")]
    [InlineData("Ada Lovelace <a@x.org>", "1 a@x.org")]
    [InlineData(Id + "\n{0199a0a0-0000-7000-8000-000000000002}\n0199a0a0000070008000000000000003", "1 " + Id + "|2 0199a0a0-0000-7000-8000-000000000002|3 0199a0a0-0000-7000-8000-000000000003")]
    [InlineData("nonsense\na@x.org", "1 ? nonsense|2 a@x.org")]
    [InlineData("a@\n@x.org\na b@x.org\n=cmd()@x.org", "1 ? a@|2 ? @x.org|3 ? a b@x.org|4 =cmd()@x.org")]
    [InlineData("email\nx,y\n,b@x.org", "2 ? x|3 ? ")]
    [InlineData("a\0@x.org\n\u001b[31m\nb\uFFFD@x.org", "1 ? a@x.org|2 ? [31m|3 ? b\uFFFD@x.org")]
    [InlineData("a\u202Ecba@x.org", "1 acba@x.org")]
    public async Task Each_row_is_an_address_or_an_id_or_not_understood(string list, string rows) => Assert.Equal(rows, await ReadAsync(list));

    [Fact]
    public async Task Quotes_that_nobody_closes_cost_one_row_and_not_the_rest()
    {
        var list = "\"a@x.org\n" + string.Concat(Enumerable.Repeat("line\n", 1000)) + "b@x.org\n";

        var rows = await RowsAsync(new StringReader(list));

        Assert.Null(rows[0].Key);
        Assert.True(rows[0].Text.Length <= BulkTarget.MaxTextLength);
        Assert.Equal("b@x.org", rows[^1].Key);
    }

    [Fact]
    public async Task A_row_of_megabytes_is_read_over()
    {
        var rows = await RowsAsync(new StringReader($"{new string('x', 5_000_000)}@x.org\nb@x.org"));

        Assert.Equal([null, "b@x.org"], rows.Select(row => row.Key));
        Assert.Equal(BulkTarget.MaxTextLength, rows[0].Text.Length);
    }

    [Fact]
    public Task Whatever_a_list_says_its_rows_are_fit_to_be_shown_and_stored() => Lists.SampleAsync(async list =>
    {
        var rows = await RowsAsync(new StringReader(list));

        Assert.Equal(rows.Select(row => row.Row).Distinct().Order(), rows.Select(row => row.Row));
        Assert.All(rows, row =>
        {
            Assert.InRange(row.Text.Length, 0, BulkTarget.MaxTextLength);
            Assert.DoesNotContain(row.Text, char.IsControl);
            Assert.True(row.Key is null or Guid || (row.Key is string key && !key.Any(char.IsWhiteSpace)));
        });
    }, iter: 1000);

    [Fact]
    public Task A_list_reads_the_same_in_whatever_pieces_it_arrives() =>
        Gen.Select(Lists, Gen.Int[1, 7]).SampleAsync(async (list, size) =>
            Assert.Equal(await RowsAsync(new StringReader(list)), await RowsAsync(new Pieces(list, size))), iter: 500);

    [Fact]
    public Task What_we_write_of_any_names_reads_as_them() => Any.Text.Array[1, 8].SampleAsync(async names =>
    {
        var lines = names.Select((name, number) => CsvLine.Of(name, $"person.{number}@example.com", name));

        var rows = await RowsAsync(new StringReader(CsvLine.Of("Name", "Email", "Note") + string.Concat(lines)));

        Assert.Equal(names.Select((_, number) => (object)$"person.{number}@example.com"), rows.Select(row => row.Key));
    }, iter: 500);

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task The_mark_at_the_beginning_tells_the_encoding(string encoding)
    {
        var bytes = Encoding.GetEncoding(encoding) is var known ? known.GetPreamble().Concat(known.GetBytes("email\r\nkäthe@x.org\r\n")).ToArray() : [];

        var rows = await RowsAsync(new StreamReader(new MemoryStream(bytes), Encoding.UTF8));

        Assert.Equal("käthe@x.org", Assert.Single(rows).Key);
    }

    [Theory]
    [InlineData("utf-16", false)]
    [InlineData("latin1", true)]
    public async Task What_is_in_another_encoding_is_not_understood_instead_of_misread(string encoding, bool readsPlainRows)
    {
        var bytes = Encoding.GetEncoding(encoding).GetBytes("käthe@x.org\r\nb@x.org\r\n");

        var rows = await RowsAsync(new StreamReader(new MemoryStream(bytes), Encoding.UTF8));

        Assert.Null(rows[0].Key);
        Assert.Equal(readsPlainRows, rows.Any(row => "b@x.org".Equals(row.Key)));
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_read_as_they_come()
    {
        var rows = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        await foreach (var row in new PeopleList(new Endless(PeopleList.MaxRows)).ReadAsync())
            rows += row.Key is null ? 0 : 1;

        Assert.Equal(PeopleList.MaxRows, rows);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 150_000_000);
    }

    private static async Task<string> ReadAsync(string list) =>
        string.Join('|', (await RowsAsync(new StringReader(list))).Select(row => row.Key is { } key ? $"{row.Row} {(key is string ? row.Text : key)}" : $"{row.Row} ? {row.Text}"));

    private static async Task<List<ListedPerson>> RowsAsync(TextReader list)
    {
        var rows = new List<ListedPerson>();
        await foreach (var row in new PeopleList(list).ReadAsync())
            rows.Add(row);
        return rows;
    }

    /// <summary>A text of which little arrives at a time.</summary>
    private sealed class Pieces(string text, int size) : TextReader
    {
        private readonly StringReader _text = new(text);

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
            _text.ReadAsync(buffer[..size], cancellationToken);
    }

    /// <summary>Rows that are nowhere all at once.</summary>
    private sealed class Endless(int rows) : TextReader
    {
        private readonly char[] _row = "somebody.with.a.name@example.org\n".ToCharArray();
        private int _left = rows;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            if (_left-- == 0)
                return new(0);

            _row.CopyTo(buffer);
            return new(_row.Length);
        }
    }
}
