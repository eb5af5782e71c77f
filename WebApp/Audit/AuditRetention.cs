using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace WebApp.Audit;

/// <summary>Removes entries older than <see cref="AuditOptions.KeepFor"/>, oldest first, in small batches with pauses: sign-ins write to the same database.</summary>
internal sealed partial class AuditRetention(AuditSegments segments, IOptions<AuditOptions> options, TimeProvider clock, ILogger<AuditRetention> logger) : BackgroundService
{
    /// <summary>What one round removes at most; the rest waits for the next. More entries than an hour can write, unless somebody floods the log.</summary>
    private const int BatchesPerRound = 100;

    private static readonly TimeSpan FirstRound = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EveryRound = TimeSpan.FromHours(1);
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(50);

    /// <summary>One round; returns how many entries it removed.</summary>
    internal async Task<int> RemoveAsync(CancellationToken stoppingToken)
    {
        var (before, all) = (clock.GetUtcNow() - options.Value.KeepFor, 0);
        for (var batch = 0; batch < BatchesPerRound; batch++)
        {
            var removed = await segments.RemoveBeforeAsync(before);
            all += removed;
            if (removed < AuditLog.Batch)
                break;

            await Task.Delay(BetweenBatches, clock, stoppingToken);
        }

        if (all > 0)
            LogRemoved(all, before);
        return all;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FirstRound, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            timer.Period = EveryRound;
            try
            {
                await RemoveAsync(stoppingToken);
            }
            catch (Exception e) when (e is DbException or DbUpdateException)
            {
                LogFailed(e);
            }
            catch (AuditChainException e)
            {
                LogMisfit(e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} audit entries from before {Time:o} were removed")]
    private partial void LogRemoved(int count, DateTimeOffset time);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old audit entries were not removed; the next round tries again")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "No old audit entries are removed, for they may be evidence. {Why} Verify the log: \"WebApp audit verify\"")]
    private partial void LogMisfit(string why);
}
