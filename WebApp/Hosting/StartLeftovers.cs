namespace WebApp.Hosting;

/// <summary>
/// Gives back, once, what only the start needed: an idle instance hardly allocates, so the garbage of the start would
/// lie in its heap for hours.
/// </summary>
internal sealed class StartLeftovers : BackgroundService
{
    /// <summary>First probes and connections are over by then.</summary>
    private static readonly TimeSpan AfterStart = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(AfterStart, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
