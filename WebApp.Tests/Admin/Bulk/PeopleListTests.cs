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
    [InlineData("a@x.org", "1 a@x.org")]
    [InlineData("a@x.org\nb@x.org\n", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\r\nb@x.org\r\n", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\rb@x.org\r", "1 a@x.org|2 b@x.org")]
    [InlineData("a@x.org\n\n\r\nb@x.org", "1 a@x.org|4 b@x.org")]
    [InlineData("  a@x.org \t", "1 a@x.org")]
    [InlineData("email\na@x.org", "2 a@x.org")]
    [InlineData("E-Mail Address\na@x.org", "2 a@x.org")]
    [InlineData("Correo electrónico\na@x.org", "2 a@x.org")]
    [InlineData("Name,Email\nAda,a@x.org", "2 a@x.org")]
    [InlineData("Name;Email;Id\nAda;a@x.org;7\nBob;b@x.org;8", "2 a@x.org|3 b@x.org")]
    [InlineData("Name\tE-mail\nAda\ta@x.org", "2 a@x.org")]
    [InlineData("User ID,Name\n" + Id + ",Ada", "2 " + Id)]
    [InlineData("Ada,a@x.org\nBob,b@x.org", "1 a@x.org|2 b@x.org")]
    [InlineData("\"Lovelace, Ada\",\"a@x.org\"", "1 a@x.org")]
    [InlineData("Lovelace, Ada; a@x.org\nKing, Bob; b@x.org", "1 a@x.org|2 b@x.org")]
    [InlineData("\"say \"\"hi\"\"\",a@x.org", "1 a@x.org")]
    [InlineData("\"two\nlines\",a@x.org\nx,b@x.org", "1 a@x.org|2 b@x.org")]
    [InlineData("Ada Lovelace <a@x.org>", "1 a@x.org")]
    [InlineData("Lovelace, Ada <a@x.org>", "1 a@x.org")]
    [InlineData("a@x.org, b@x.org; Carl <c@x.org>", "1 a@x.org|1 b@x.org|1 c@x.org")]
    [InlineData("a@x.org, b@x.org\nc@x.org", "1 a@x.org|1 b@x.org|2 c@x.org")]
    [InlineData("a@x.org b@x.org\tc@x.org", "1 a@x.org|1 b@x.org|1 c@x.org")]
    [InlineData("\"Doe, Jane\" <a@x.org>, \"Roe, R.\" <b@x.org>", "1 a@x.org|1 b@x.org")]
    [InlineData("Name,Email\nAda,\"a@x.org\nb@x.org\"", "2 a@x.org|2 b@x.org")]
    [InlineData("Name,Email\nAda,a@x.org;b@x.org", "2 a@x.org|2 b@x.org")]
    [InlineData("mailto:a@x.org\nMAILTO:b%2Bc@x.org?subject=hi\n<mailto:d@x.org>", "1 a@x.org|2 b+c@x.org|3 d@x.org")]
    [InlineData("'a@x.org\n'=b@x.org\n'c@x.org'", "1 a@x.org|2 =b@x.org|3 c@x.org")]
    [InlineData("\"=\"\"a@x.org\"\"\"", "1 a@x.org")]
    [InlineData("sep=;\nName;Mail\nAda, King;a@x.org", "3 a@x.org")]
    [InlineData("\"sep=|\"\nAda;|a@x.org", "2 a@x.org")]
    [InlineData("Users of 28 November;\n;\nName;Почта\nAda;a@x.org", "4 a@x.org")]
    [InlineData(Id + "\n{0199a0a0-0000-7000-8000-000000000002}\n0199a0a0000070008000000000000003", "1 " + Id + "|2 0199a0a0-0000-7000-8000-000000000002|3 0199a0a0-0000-7000-8000-000000000003")]
    [InlineData("nonsense\na@x.org", "1 ? nonsense|2 a@x.org")]
    [InlineData("a@\n@x.org\na b@x.org\n=cmd()@x.org", "1 ? a@|2 ? @x.org|3 ? a b@x.org|4 =cmd()@x.org")]
    [InlineData("email,note\nada at x,y\nb@x.org,z", "2 ? ada at x|3 b@x.org")]
    [InlineData("email,note\n,y\nb@x.org,z\nc at x.org,", "2 ? |3 b@x.org|4 ? c at x.org")]
    [InlineData("a\u202Ecba@x.org", "1 acba@x.org")]
    [InlineData("zoe@xn--bcher-kva.example\nzoe@bu\u0308cher.example.", "1 zoe@bücher.example|2 zoe@bücher.example")]
    public async Task Each_cell_is_an_address_or_an_id_or_not_understood(string list, string rows) =>
        Assert.Equal(rows, await ReadAsync(list));

    // What ended the wrong people's sessions, or nobody's, when the first known heading or the first address decided.
    [Theory]
    [InlineData("displayName,userPrincipalName,mail,id\nAda,a@x.org,a@x.org," + Id + "\nBob,b@x.org,," + Id, "2 a@x.org|3 b@x.org", ", “userPrincipalName” from row 2 on")]
    [InlineData("First Name [Required],Email Address [Required]\nAda,a@x.org", "2 a@x.org", ", “Email Address [Required]” from row 2 on")]
    [InlineData("profile.login,profile.firstName\na@x.org,Ada", "2 a@x.org", ", “profile.login” from row 2 on")]
    [InlineData("Id,Nom,Courriel\n7,Ada,a@x.org\n8,Bob,b@x.org", "2 a@x.org|3 b@x.org", ", “Courriel” from row 2 on")]
    [InlineData("メール\ta\na@x.org\tb@", "2 a@x.org", ", “メール” from row 2 on")]
    [InlineData("Email;Comment\na@x.org;see boss@x.org\nb@x.org;", "2 a@x.org|3 b@x.org", ", “Email” from row 2 on; not used: 1 cell with an address in “Comment”")]
    [InlineData("Ada,a@x.org", "1 a@x.org", ", column 2")]
    [InlineData("a@x.org, b@x.org", "1 a@x.org|1 b@x.org", ", all addresses of each row")]
    [InlineData("a@x.org", "1 a@x.org", "")]
    public async Task The_column_is_chosen_by_what_stands_in_it_and_said(string list, string rows, string said)
    {
        var shape = await Of(list).LookAsync();

        Assert.Equal(rows, await ReadAsync(list));
        Assert.Equal(said, shape.Describe(shape.Choose(null)!));
    }

    [Theory]
    [InlineData("Name,Manager,Email\nAda,boss@x.org,a@x.org\nBob,boss@x.org,b@x.org", "“Manager”|“Email”")]
    [InlineData("Email,Recovery Email\na@x.org,\nb@x.org,b@home.example", "“Email”|“Recovery Email”")]
    [InlineData("a@x.org,boss@x.org\nb@x.org,boss@x.org", "column 1|column 2")]
    [InlineData("a@x.org,boss@x.org\nb@x.org,", "column 1|column 2")]
    [InlineData("id;manager id\n" + Id + ";0199a0a0-0000-7000-8000-000000000002", "“id”|“manager id”")]
    [InlineData("Mail,Mail\na@x.org,b@x.org", "“Mail”|“Mail”")]
    public async Task Where_several_columns_fit_it_is_asked_for(string list, string columns)
    {
        var shape = await Of(list).LookAsync();

        Assert.Equal(columns, string.Join('|', shape.Columns.Select(column => column.Name)));
        Assert.Null(shape.Choose(null));
        Assert.Null(shape.Choose("7:Other"));
        Assert.All(shape.Columns, column => Assert.Equal([column], shape.Choose(column.Value)));
        Assert.Equal(shape.Columns, shape.Choose(ListShape.All));
    }

    [Fact]
    public async Task What_was_not_used_is_counted_and_said()
    {
        const string List = "Mail,Boss,Note\na@x.org,z@x.org,\nb@x.org,z@x.org,or b@home.example\nc@x.org,,\n";

        var shape = await Of(List).LookAsync();
        var chosen = shape.Choose("0:Mail")!;

        Assert.Equal(
            ", “Mail” from row 2 on; not used: 3 cells with an address in “Boss”, “Note”", shape.Describe(chosen));
        Assert.Equal("2 a@x.org|3 b@x.org|4 c@x.org", await ReadAsync(List, "0:Mail"));
        Assert.Equal("2 a@x.org|2 z@x.org|3 b@x.org|3 z@x.org|4 c@x.org", await ReadAsync(List, ListShape.All));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n \n;;\n")]
    [InlineData("Name,Number\nAda,7")]
    [InlineData("the@ or @that")]
    public async Task A_list_without_an_address_or_id_names_nobody(string list) =>
        Assert.Empty((await Of(list).LookAsync()).Columns);

    [Theory]
    [InlineData("a@x.org\nb@x.org\n\"c@x.org\nd@x.org\n", ListFault.OpenQuote, 3)]
    [InlineData("a@x.org\nb\0@x.org", ListFault.NoText, 2)]
    [InlineData("PK\u0003\u0004a@x.org", ListFault.NoText, 1)]
    [InlineData("a@x.org\nk\uFFFDthe@x.org", ListFault.Encoding, 2)]
    [InlineData("Boss,Mail\nz@x.org,k\uFFFDthe@x.org", ListFault.Encoding, 2)]
    public async Task What_can_not_be_read_is_refused_as_a_whole(string list, ListFault fault, int row)
    {
        var refused = await Assert.ThrowsAsync<UnreadableListException>(() => Of(list).LookAsync());

        Assert.Equal((fault, row), (refused.Fault, refused.Row));
    }

    [Fact]
    public async Task A_row_of_megabytes_is_refused_before_it_fills_the_memory()
    {
        var list = Of($"a@x.org\n\"{new string('x', 5_000_000)}\"\n");

        var refused = await Assert.ThrowsAsync<UnreadableListException>(list.LookAsync);

        Assert.Equal(ListFault.OpenQuote, refused.Fault);
    }

    [Fact]
    public Task Whatever_a_list_says_it_is_refused_or_its_rows_are_fit_to_be_shown_and_stored() =>
        Lists.SampleAsync(async list =>
    {
        if (await TryAsync(Of(list)) is not { } rows)
            return;

        Assert.Equal(rows.Select(row => row.Row).Order(), rows.Select(row => row.Row));
        Assert.All(rows, row =>
        {
            Assert.InRange(row.Text.Length, 0, BulkTarget.MaxTextLength);
            Assert.DoesNotContain(row.Text, char.IsControl);
            Assert.True(row.Key is null or Guid
                || (row.Key is string key && !key.Any(c => char.IsWhiteSpace(c) || Any.Unseen.Contains(c))));
        });
    }, iter: 1000);

    [Fact]
    public Task A_list_reads_the_same_in_whatever_pieces_it_arrives() =>
        Gen.Select(Lists, Gen.Int[1, 7]).SampleAsync(async (list, size) =>
            Assert.Equal(await TryAsync(Of(list)), await TryAsync(new PeopleList(() => new Pieces(list, size)))),
                iter: 500);

    [Fact]
    public Task What_we_write_of_any_names_reads_as_them() =>
        Any.Text.Select(Readable).Array[1, 8].SampleAsync(async names =>
    {
        var lines = names.Select((name, number) => CsvLine.Of(name, $"person.{number}@example.com", name));

        var rows = await RowsAsync(Of(CsvLine.Of("Name", "Email", "Note") + string.Concat(lines)), "1:Email");

        Assert.Equal(names.Select((_, number) => (object)$"person.{number}@example.com"), rows.Select(row => row.Key));
    }, iter: 500);

    // However a product parts and quotes its cells, the same people are found under the heading that was meant.
    [Fact]
    public Task The_same_people_are_found_however_the_cells_are_written() =>
        Gen.Select(Gen.OneOf(',', ';', '\t', '|'), Gen.OneOf("\n", "\r\n", "\r"), Gen.Bool, Gen.Int[1, 20],
            Gen.Int[0, 3]).SampleAsync(
            async (delimiter, end, quoted, people, wider) =>
            {
                var rows = Enumerable.Range(0, people).Select(
                    number => Row($"Person, {number}; of | all", $"p{number}@x.org", $"{number}"));
                var list = string.Concat(rows.Prepend(Row("Nom", "Adresse", "N")));

                var read = await RowsAsync(Of(list), "1:Adresse");

                Assert.Equal(Enumerable.Range(0, people).Select(number => (object)$"p{number}@x.org"),
                    read.Select(row => row.Key));

                string Row(string name, string address, string number) =>
                    string.Join(delimiter, new[] { Cell(name), Cell(address) }
                    .Concat(Enumerable.Repeat(Cell(number), wider))) + end;
                string Cell(string text) =>
                    quoted || text.Contains(delimiter, StringComparison.Ordinal) ? $"\"{text}\"" : text;
            }, iter: 300);

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16BE", false)]
    public async Task A_file_is_read_in_its_encoding_with_and_without_a_mark(string encoding, bool marked)
    {
        var known = Encoding.GetEncoding(encoding);
        byte[] bytes = [.. marked ? known.GetPreamble() : [], .. known.GetBytes("名前,email\r\n愛,käthe@x.org\r\n")];

        var rows = await RowsAsync(new(() => ListFile.Open(() => new MemoryStream(bytes))), null);

        Assert.Equal("käthe@x.org", Assert.Single(rows).Key);
    }

    [Fact]
    public async Task Names_in_an_old_encoding_do_not_matter_and_an_address_in_it_is_not_guessed()
    {
        var names = Encoding.Latin1.GetBytes("Name;Mail\r\nKäthe;k@x.org\r\n");
        var address = Encoding.Latin1.GetBytes("Name;Mail\r\nKäthe;käthe@x.org\r\n");

        var rows = await RowsAsync(new(() => ListFile.Open(() => new MemoryStream(names))), null);

        Assert.Equal("k@x.org", Assert.Single(rows).Key);
        await Assert.ThrowsAsync<UnreadableListException>(
            () => new PeopleList(() => ListFile.Open(() => new MemoryStream(address))).LookAsync());
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_read_as_they_come()
    {
        var list = new PeopleList(() => new Endless(PeopleList.MaxRows, "somebody.with.a.name@example.org\n"));
        var rows = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();

        var shape = await list.LookAsync();
        await foreach (var row in list.ReadAsync(shape, shape.Columns))
            rows += row.Key is null ? 0 : 1;

        Assert.Equal(PeopleList.MaxRows, rows);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000_000);
    }

    // The one kind of character that refuses a list.
    private static string Readable(string text) => string.Concat(text.Where(c => c is >= ' ' or '\t' or '\r' or '\n'));

    private static PeopleList Of(string list) => new(() => new StringReader(list));

    private static async Task<string> ReadAsync(string list, string? column = null) =>
        string.Join('|', (await RowsAsync(Of(list), column)).Select(
            row => row.Key is { } key ? $"{row.Row} {key}" : $"{row.Row} ? {row.Text}"));

    /// <summary>Null when it is refused.</summary>
    private static async Task<List<ListedPerson>?> TryAsync(PeopleList list)
    {
        try
        {
            return await RowsAsync(list, ListShape.All);
        }
        catch (UnreadableListException)
        {
            return null;
        }
    }

    private static async Task<List<ListedPerson>> RowsAsync(PeopleList list, string? column)
    {
        var shape = await list.LookAsync();
        var rows = new List<ListedPerson>();
        await foreach (var row in list.ReadAsync(shape, shape.Choose(column)!))
            rows.Add(row);
        return rows;
    }

    /// <summary>A text of which little arrives at a time.</summary>
    private sealed class Pieces(string text, int size) : TextReader
    {
        private readonly StringReader _text = new(text);

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
            _text.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }

    /// <summary>Rows that are nowhere all at once.</summary>
    private sealed class Endless(int rows, string row) : TextReader
    {
        private int _left = rows;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length < row.Length || _left == 0)
                return new(0);

            _left--;
            row.AsMemory().CopyTo(buffer);
            return new(row.Length);
        }
    }
}
