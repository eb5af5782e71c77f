using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Audit;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Does what was confirmed, behind the requests: waits out the hold, then works at <see cref="AdminOptions.BulkPace"/>. All of its state is in the
/// database, so it goes on where it was when the app starts again, on this instance or another; what fails is tried again.
/// </summary>
internal sealed partial class BulkWorker(
    AdminDatabase database, BulkLeases leases, BulkRunner runner, BulkMails mails, AuditLog audit, BulkBell bell, IOptions<AdminOptions> options, TimeProvider clock, ILogger<BulkWorker> logger)
    : BackgroundService
{
    /// <summary>How many people are claimed at once; a stop takes effect after as many.</summary>
    private const int MostAtOnce = 10;

    private const int SlicesPerSecond = 4;

    /// <summary>Another instance's news is heard by looking.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan WhileHolding = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(2);

    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (token, pause) = (bell.Token, AfterTrouble);
            try
            {
                pause = await StepAsync(stoppingToken);
                _failing = false;
            }
            catch (Exception e) when (IsOutage(e))
            {
                if (!_failing)
                    LogFailed(e);
                _failing = true;
                await TryNoteAsync();
            }
#pragma warning disable CA1031 // The next round tries again; the app must not end for it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogBroken(e);
            }

            if (pause > TimeSpan.Zero)
                await bell.WaitAsync(token, pause, stoppingToken);
        }

        await TryReleaseAsync();
    }

    private async Task TryReleaseAsync()
    {
        try
        {
            await leases.ReleaseAsync();
        }
        catch (Exception e) when (IsOutage(e) || e is ObjectDisposedException)
        {
            // It runs out by itself.
        }
    }

    /// <summary>A slice of each request that runs, so that a small one is not kept waiting by a large one. Returns how long to wait.</summary>
    private async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        var now = clock.GetUtcNow();
        var work = await database.ReadAsync(db => db.Requests
            .Where(r => r.State == BulkState.Holding || r.State == BulkState.Running || (r.StartedAt != null && r.ToldTo < int.MaxValue)).OrderBy(r => r.ConfirmedAt).ToListAsync());
        if (work.Count == 0)
            return BetweenLooks;

        if (work.TrueForAll(r => r.State == BulkState.Holding && r.HoldUntil > now))
            return WhileHolding;

        if (!await leases.TryTakeAsync())
            return BetweenLooks;

        foreach (var held in work.Where(r => r.State == BulkState.Holding && r.HoldUntil <= now))
            await GuardAsync(held, () => StartAsync(held));

        var (since, done, told) = (clock.GetTimestamp(), 0, 0);
        var size = Math.Clamp(options.Value.BulkPace / SlicesPerSecond, 1, MostAtOnce);
        foreach (var request in work.Where(r => r.State == BulkState.Running))
        {
            if (stoppingToken.IsCancellationRequested)
                return TimeSpan.Zero;

            done += await GuardAsync(request, () => runner.RunSliceAsync(request, size));
        }

        foreach (var request in work.Where(r => r.StartedAt is not null))
            told += await mails.TellSomeAsync(request);
        var due = TimeSpan.FromSeconds((double)done / options.Value.BulkPace) - clock.GetElapsedTime(since);
        return done > 0 ? (due > TimeSpan.Zero ? due : TimeSpan.Zero) : told > 0 ? TimeSpan.Zero : await IdleAsync(work);
    }

    /// <summary>After a step in which nothing could be done.</summary>
    private async Task<TimeSpan> IdleAsync(List<BulkRequest> work)
    {
        var ids = work.ConvertAll(r => r.Id);
        var states = await database.ReadAsync(db => db.Requests.Where(r => ids.Contains(r.Id)).Select(r => new { r.State, r.Trouble }).ToListAsync());
        return states.Exists(s => s is { State: BulkState.Running, Trouble: BulkTrouble.None }) || states.Exists(s => s.State == BulkState.Holding) ? WhileHolding : BetweenLooks;
    }

    /// <summary>Nobody's sessions end unannounced: a log that can't go on holds up the request, until staff have seen to it.</summary>
    private async Task<int> GuardAsync(BulkRequest request, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (AuditChainException e)
        {
            LogUnannounced(e, request.Id);
            await runner.HoldUpAsync(request, BulkTrouble.AuditLog);
            return 0;
        }
    }

    private async Task<int> StartAsync(BulkRequest request)
    {
        if (!await runner.IsUpheldAsync(request))
            return 0;

        var entry = BulkRequests.EntryOf(request, AuditAction.BulkStarted, request.Kind == BulkKind.Everyone ? "everyone" : $"{request.People} people");
        await audit.AppendAsync(entry);
        var now = clock.GetUtcNow();
        var started = await database.WriteAsync(async db => await leases.RenewAsync(db)
            ? await db.Requests.Where(r => r.Id == request.Id && r.State == BulkState.Holding && r.HoldUntil <= now)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.State, BulkState.Running).SetProperty(r => r.StartedAt, now))
            : 0);
        if (started == 0)
            await audit.AppendAsync(BulkRequests.EntryOf(request, AuditAction.StaffActFailed, "it was held up just before it began"));
        return 0;
    }

    /// <summary>So that the page says why nothing goes on, if that much can be written.</summary>
    private async Task TryNoteAsync()
    {
        try
        {
            await database.WriteAsync(db => db.Requests.Where(r => r.State == BulkState.Running).ExecuteUpdateAsync(set => set.SetProperty(r => r.Trouble, BulkTrouble.Database)));
        }
        catch (Exception e) when (IsOutage(e))
        {
        }
    }

    private static bool IsOutage(Exception e) => e is DbException or DbUpdateException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Bulk requests wait: the database failed. They go on by themselves")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Bulk request {RequestId} was paused: the audit log can't go on")]
    private partial void LogUnannounced(Exception exception, Guid requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "A bulk request was held up by a mistake; it is tried again")]
    private partial void LogBroken(Exception exception);
}
