using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Admin.Bulk;

/// <summary>Removes, once an hour, drafts that nobody confirmed and the rows of requests that are long over. The audit log keeps what was done.</summary>
public sealed partial class BulkSweeper(AdminDatabase database, TimeProvider clock, ILogger<BulkSweeper> logger) : BackgroundService
{
    /// <summary>How long a report can be fetched.</summary>
    public static readonly TimeSpan ReportsKept = TimeSpan.FromDays(90);

    private const int Batch = 5000;
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>One round.</summary>
    public async Task SweepAsync()
    {
        var (drafts, reports) = (clock.GetUtcNow() - BulkRequests.DraftsKept, clock.GetUtcNow() - ReportsKept);
        var old = await database.ReadAsync(db => db.Requests
            .Where(r => ((r.State == BulkState.Draft || r.State == BulkState.Waiting) && r.AskedAt < drafts) || r.EndedAt < reports).Select(r => r.Id).ToListAsync());
        foreach (var id in old)
            await RemoveAsync(database, id);
    }

    /// <summary>A part at a time: whoever else writes waits for each.</summary>
    internal static async Task RemoveAsync(AdminDatabase database, Guid id)
    {
        for (var end = Batch; await database.WriteAsync(db => db.Targets.Where(t => t.RequestId == id && t.Position < end).ExecuteDeleteAsync()) > 0; end += Batch)
        {
        }

        await database.WriteAsync(db => db.Requests.Where(r => r.Id == id).ExecuteDeleteAsync());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync();
            }
            catch (Exception e) when (e is DbException or DbUpdateException)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old bulk requests were not removed; the next round tries again")]
    private partial void LogFailed(Exception exception);
}
