namespace WebApp.Sessions.Sql;

/// <summary>Deletes rows that nobody can see any more, in small batches so that no request waits behind it.</summary>
internal sealed partial class SessionSweeper(SqlUserSessionStore store, TimeProvider clock, ILogger<SessionSweeper> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await store.SweepAsync(Batch) == Batch)
                    await Task.Delay(TimeSpan.FromMilliseconds(50), clock, stoppingToken);
            }
            catch (SessionStoreUnavailableException e)
            {
                LogSweepFailed(logger, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended sessions were not swept; the next round tries again")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception);
}
