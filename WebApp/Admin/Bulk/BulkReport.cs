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
