using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Removes, once an hour, drafts that nobody confirmed and the rows of requests that are long over, and stops what was paused and forgotten. The audit
/// log keeps what was done.
/// </summary>
public sealed partial class BulkSweeper(AdminDatabase database, AuditLog audit, TimeProvider clock, ILogger<BulkSweeper> logger) : BackgroundService
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
        foreach (var paused in await database.ReadAsync(db => db.Requests
            .Where(r => r.State == BulkState.Paused && ((r.StartedAt == null && r.AskedAt < drafts) || r.AskedAt < reports)).ToListAsync()))
            await StopAsync(paused);
    }

    /// <summary>A part at a time: whoever else writes waits for each.</summary>
    internal static async Task RemoveAsync(AdminDatabase database, Guid id)
    {
        for (var end = Batch; await database.WriteAsync(db => db.Targets.Where(t => t.RequestId == id && t.Position < end).ExecuteDeleteAsync()) > 0; end += Batch)
        {
        }

        await database.WriteAsync(db => db.Requests.Where(r => r.Id == id).ExecuteDeleteAsync());
    }

    private async Task StopAsync(BulkRequest request)
    {
        var now = clock.GetUtcNow();
        var stopped = await database.WriteAsync(db => db.Requests.Where(r => r.Id == request.Id && r.State == BulkState.Paused)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.State, BulkState.Stopped).SetProperty(r => r.EndedAt, now)));
        if (stopped == 1)
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.BulkStopped, "by the app: it was paused for too long") with { ActorId = null });
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
            catch (Exception e) when (e is DbException or DbUpdateException or AuditChainException)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old bulk requests were not removed; the next round tries again")]
    private partial void LogFailed(Exception exception);
}
