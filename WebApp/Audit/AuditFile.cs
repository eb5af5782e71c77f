using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WebApp.Audit;

public enum AuditFormat
{
    /// <summary>For spreadsheets: <see cref="CsvLine"/> in UTF-8 with its mark.</summary>
    Csv,

    /// <summary>For programs: one JSON object a line, each text as it was written.</summary>
    JsonLines,
}

/// <summary>Entries as a file, written as they are read: a million take no more memory than a few.</summary>
public static class AuditFile
{
    /// <summary>How much may wait to be sent.</summary>
    private const int Unsent = 64 * 1024;

    // It is a file and never a part of a page.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Names =
        ["id", "at", "action", "actorId", "subjectId", "sessionId", "method", "reason", "caseReference", "address", "device", "details", "note"];

    public static string NameOf(AuditFormat format, DateTimeOffset now) => $"audit-{now.UtcDateTime:yyyy-MM-dd}.{(format == AuditFormat.Csv ? "csv" : "jsonl")}";

    public static string TypeOf(AuditFormat format) => format == AuditFormat.Csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8";

    /// <summary>Writes them all and flushes; returns how many there were. Does not complete the writer.</summary>
    public static async Task<long> WriteAsync(PipeWriter to, AuditFormat format, IAsyncEnumerable<AuditEntry> entries, CancellationToken cancellationToken)
    {
        var count = 0L;
        if (format == AuditFormat.Csv)
            WriteText(to, "\uFEFF" + CsvLine.Of(Names));
        await foreach (var entry in entries.WithCancellation(cancellationToken))
        {
            if (format == AuditFormat.Csv)
                WriteText(to, CsvLine.Of(Values(entry)));
            else
                WriteLine(to, json => WriteEntry(json, entry));
            count++;
            if (to.UnflushedBytes > Unsent)
                await to.FlushAsync(cancellationToken);
        }

        await to.FlushAsync(cancellationToken);
        return count;
    }

    /// <summary>One line of JSON, with its end.</summary>
    internal static void WriteLine(IBufferWriter<byte> to, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(to, Json))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        to.Write("\n"u8);
    }

    /// <summary>The entry's fields; those without a value are left out.</summary>
    internal static void WriteEntry(Utf8JsonWriter json, AuditEntry entry)
    {
        json.WriteNumber(Names[0], entry.Id);
        foreach (var (name, value) in Names.Zip(Values(entry)).Skip(1))
        {
            if (value is not null)
                json.WriteString(name, value);
        }
    }

    internal static string TimeOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>By <see cref="Names"/>.</summary>
    private static string?[] Values(AuditEntry entry) =>
    [
        entry.Id.ToString(CultureInfo.InvariantCulture), TimeOf(entry.At), entry.Action.ToString(), entry.ActorId?.ToString(), entry.SubjectId?.ToString(), entry.SessionId,
        entry.Method, entry.Reason, entry.CaseReference, entry.Address, entry.Device, entry.Details, entry.Note,
    ];

    private static void WriteText(PipeWriter to, string text) => Encoding.UTF8.GetBytes(text, to);
}
