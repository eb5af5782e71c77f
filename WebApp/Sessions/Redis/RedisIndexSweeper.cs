namespace WebApp.Sessions.Redis;

/// <summary>
/// Goes round the lists of the index over all users, some every five seconds, and takes out what ended by itself or
/// with everyone's; and round the indexes of single users, of which nothing expires by itself.
/// All instances share one round: each turn belongs to the one that asks first.
/// </summary>
internal sealed partial class RedisIndexSweeper(RedisConnection connection, RedisIndex index, TimeProvider clock, ILogger<RedisIndexSweeper> logger) : BackgroundService
{
    /// <summary>How many there are to go round.</summary>
    public const int Lists = RedisKeys.Tags * RedisIndexEntry.Lists;

    /// <summary>
    /// A round takes about a quarter of an hour, and a tenth of a second's work every five seconds with a million
    /// sessions.
    /// </summary>
    private const int ListsAtOnce = 100;

    /// <summary>After the end of everyone's sessions: a round takes three minutes then.</summary>
    private const int ListsAtOnceWhenBehind = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (connection.IsVerified)
                    await SweepAsync();
            }
            catch (SessionStoreUnavailableException e)
            {
                LogNotSwept(e);
            }
            catch (Exception e)
            {
                // As above; and it must not end the app.
                LogFailed(e);
            }
        }
    }

    private async Task SweepAsync()
    {
        // A little less than the pause, or every other tick of the same instance would come too early.
        if (!await connection.RunAsync(redis => redis.StringSetAsync("ul:turn", 1, 0.9 * Pause, StackExchange.Redis.When.NotExists)))
            return;

        connection.NoteWritten();
        var lists = await index.IsBehindAsync() ? ListsAtOnceWhenBehind : ListsAtOnce;
        var end = await connection.RunAsync(redis => redis.StringIncrementAsync("ul:place", lists));
        await index.SweepAsync(end - lists, lists);
    }

    [LoggerMessage(40, LogLevel.Debug, "The index over all users was not swept; the next round tries again")]
    private partial void LogNotSwept(Exception e);

    [LoggerMessage(41, LogLevel.Error, "The sweep of the index over all users failed; the next round tries again")]
    private partial void LogFailed(Exception e);
}
