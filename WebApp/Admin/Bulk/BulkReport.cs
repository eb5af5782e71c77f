using System.Buffers;
using System.Text;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;

namespace WebApp.Admin.Bulk;

/// <summary>What became of each row, as it is read: a report of a hundred thousand rows is never whole in memory.</summary>
public sealed class BulkReport(BulkRequests requests, AppDbContext accounts)
{
    private const int Batch = 1000;

    /// <summary>In the order of the list.</summary>
    public async IAsyncEnumerable<BulkReportRow> ReadAsync(Guid requestId)
    {
        for (var position = 0; await requests.RowsAsync(requestId, position, Batch) is { Count: > 0 } rows; position = rows[^1].Position + 1)
        {
            var ids = rows.Where(row => row.UserId is not null).Select(row => row.UserId!.Value).Distinct().ToList();
            var emails = await accounts.Users.AsNoTracking().Where(u => ids.Contains(u.Id)).Select(u => new { u.Id, u.Email }).ToDictionaryAsync(u => u.Id, u => u.Email);
            foreach (var row in rows)
                yield return new(row, row.UserId is { } id ? emails.GetValueOrDefault(id) : null);
        }
    }
}

/// <param name="Target">The row.</param>
/// <param name="Email">Of the person; null when the row names nobody, or the account is gone.</param>
public sealed record BulkReportRow(BulkTarget Target, string? Email);

/// <summary>Lines of CSV (RFC 4180) that a spreadsheet shows and never runs.</summary>
public static class CsvLine
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",;\"\r\n\t");

    /// <summary>With its end.</summary>
    public static string Of(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    /// <summary>A cell that begins like a formula gets an apostrophe in front: somebody else's file may have written it (OWASP: CSV injection).</summary>
    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var cell = new StringBuilder(text);
        if (text.TrimStart() is ['=' or '+' or '-' or '@', ..] || text[0] is '\t' or '\r' or '\n')
            cell.Insert(0, '\'');
        return text.AsSpan().IndexOfAny(Quoted) < 0 ? cell.ToString() : $"\"{cell.Replace("\"", "\"\"")}\"";
    }
}
