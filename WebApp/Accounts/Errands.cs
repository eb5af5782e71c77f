using System.Threading.Channels;

namespace WebApp.Accounts;

/// <summary>
/// What is done behind a request, so that neither its answer nor its time tells what there was to do: known and unknown addresses differ here, where
/// nobody can watch. One at a time, in memory. One that fails is tried again a few times.
/// </summary>
public sealed partial class Errands(IServiceScopeFactory scopes, TimeProvider clock, ILogger<Errands> logger) : BackgroundService
{
    private const int MostWaiting = 1000;
    private const int MaxTries = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(4);

    private readonly Channel<Func<IServiceProvider, Task>> _waiting =
        Channel.CreateBounded<Func<IServiceProvider, Task>>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private bool _full;

    /// <summary>Returns at once, and never throws; when too many wait, this one is dropped, which is logged.</summary>
    /// <param name="errand">Given the services of a scope of its own. It may run more than once, and must not use the request.</param>
    public void Add(Func<IServiceProvider, Task> errand)
    {
        var dropped = !_waiting.Writer.TryWrite(errand);
        if (dropped && !_full)
            LogFull();
        _full = dropped;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Not by ReadAllAsync, which looks at the token only when nothing waits.
            while (true)
                await RunAsync(await _waiting.Reader.ReadAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException)
        {
            var since = clock.GetTimestamp();
            while (clock.GetElapsedTime(since) < LongestDrain && _waiting.Reader.TryRead(out var errand))
                await RunAsync(errand, stoppingToken);
        }
    }

    private async Task RunAsync(Func<IServiceProvider, Task> errand, CancellationToken stoppingToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await errand(scope.ServiceProvider);
                return;
            }
#pragma warning disable CA1031 // Whatever went wrong with one, the next are waiting.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (tries == MaxTries || stoppingToken.IsCancellationRequested)
                {
                    LogFailed(e);
                    return;
                }
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What a request had left to be done was given up")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Too much waits to be done behind requests; what comes now is dropped")]
    private partial void LogFull();
}
