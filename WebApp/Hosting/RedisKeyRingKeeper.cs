using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// Watches over the list, and keeps its copy in the database up to date. After a flush the instances would go on with
/// the keys in their memory, while Redis has none.
/// </summary>
internal sealed partial class RedisKeyRingKeeper(RestorableKeyRing keys, ILogger<RedisKeyRingKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await keys.RestoreAsync() > 0)
                    LogRestored(logger);
                await keys.CopyAsync();
            }
            catch (Exception e) when (e is SessionStoreUnavailableException or DbException or DbUpdateException)
            {
                // An outage is reported by others; the next round looks again.
                LogNotWatched(logger, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The key ring could not be looked at or copied")]
    private static partial void LogNotWatched(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Redis had lost keys of the key ring (was it flushed, or does its maxmemory-policy evict?); "
        + "they were put back")]
    private static partial void LogRestored(ILogger logger);
}
