using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

[Trait("Lane", "Fast")]
public sealed class AuditFileTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a, b", "\"a, b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=HYPERLINK(\"http://evil.example\")", "\"'=HYPERLINK(\"\"http://evil.example\"\")\"")]
    [InlineData("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(1)", "'@SUM(1)")]
    [InlineData("\tx", "\"'\tx\"")]
    [InlineData("see;=1+1", "\"see;'=1+1\"")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("\r=1", "\"'\r'=1\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("1=1", "1=1")]
    [InlineData("Zoë → 東京", "Zoë → 東京")]
    public async Task In_CSV_no_cell_is_a_formula_and_each_stays_one_cell(string note, string cell)
    {
        var file = await WriteAsync(AuditFormat.Csv, [Entry(1) with { Note = note }]);

        Assert.Equal($"\uFEFFid,at,action,actorId,subjectId,sessionId,method,reason,caseReference,address,device,details,note\r\n1,1970-01-02T00:00:00.000Z,SignedIn,,,,,,,,,,{cell}\r\n", file);
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("two\r\nlines\u2028and\0more \"quoted\"")]
    [InlineData("Zoë → 東京 \U0001F600")]
    public async Task In_JSON_lines_each_text_is_as_it_was_written_on_one_line(string note)
    {
        var file = await WriteAsync(AuditFormat.JsonLines, [Entry(1) with { Note = note }, Entry(2)]);

        var lines = file.Split('\n');
        Assert.Equal((3, ""), (lines.Length, lines[2]));
        Assert.Equal(note, JsonDocument.Parse(lines[0]).RootElement.GetProperty("note").GetString());
        Assert.Equal("""{"id":2,"at":"1970-01-02T00:00:00.000Z","action":"SignedIn"}""", lines[1]);
    }

    [Fact]
    public async Task Reading_goes_batch_by_batch_oldest_first_and_ends_where_it_was_to_end()
    {
        using var database = await AuditDatabase.BeginAsync();
        await database.Log.AppendAllAsync([.. Enumerable.Range(0, AuditLog.Batch + 5).Select(number => Entry(0) with { CaseReference = $"{number}" })]);
        var head = await database.Log.HeadAsync();

        var read = new List<AuditEntry>();
        await foreach (var entry in database.Log.ReadAsync(AuditFilter.Everything, head.LastId))
        {
            if (read.Count == 0)
                await database.Log.AppendAsync(Entry(0));
            read.Add(entry);
        }

        Assert.Equal(Enumerable.Range(0, AuditLog.Batch + 5).Select(number => $"{number}"), read.Select(e => e.CaseReference));
    }

    // What is not sent yet waits in memory: the reader of a long file must be able to hold the writer up.
    [Fact]
    public async Task It_is_sent_as_it_is_read()
    {
        var pipe = new Pipe(new(pauseWriterThreshold: 128 * 1024, resumeWriterThreshold: 64 * 1024));
        var read = 0;

        using var enough = new CancellationTokenSource();

        var writing = AuditFile.WriteAsync(pipe.Writer, AuditFormat.JsonLines, Endless(), enough.Token);

        await Eventually.TrueAsync(() => read >= 100, "it has begun");
        // A long one to a reader that takes all passes by meanwhile.
        await AuditFile.WriteAsync(PipeWriter.Create(Stream.Null), AuditFormat.JsonLines, Many(), CancellationToken.None);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.InRange(read, 100, 20_000);

        static async IAsyncEnumerable<AuditEntry> Many()
        {
            for (var number = 0; number < 40_000; number++)
            {
                yield return Entry(number);
                await Task.Yield();
            }
        }

        async IAsyncEnumerable<AuditEntry> Endless()
        {
            // Not for ever, or a writer that nothing holds up would not end.
            while (read < 200_000)
            {
                yield return Entry(++read);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public void An_export_says_of_itself_no_more_than_an_entry_can_hold()
    {
        Assert.Equal("everything", $"{AuditFilter.Everything}");
        Assert.Equal("case C-1, SignedIn, from 1970-01-01 00:00", $"{new AuditFilter { CaseReference = "C-1", Action = AuditAction.SignedIn, From = DateTimeOffset.UnixEpoch }}");
        Assert.Equal(AuditEntry.MaxDetailsLength, $"{new AuditFilter { CaseReference = new('x', 1000) }}".Length);
    }

    private static AuditEntry Entry(long id) => new() { Id = id, At = DateTimeOffset.UnixEpoch.AddDays(1), Action = AuditAction.SignedIn };

    private static async Task<string> WriteAsync(AuditFormat format, IReadOnlyList<AuditEntry> entries)
    {
        using var file = new MemoryStream();
        var writer = PipeWriter.Create(file, new(leaveOpen: true));
        Assert.Equal(entries.Count, await AuditFile.WriteAsync(writer, format, entries.ToAsyncEnumerable(), CancellationToken.None));
        await writer.CompleteAsync();
        return Encoding.UTF8.GetString(file.ToArray());
    }
}
