using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.Commands;

/// <summary>
/// What runs beside the app, as far as a command that reaches sessions needs it: whoever verifies the connection to Redis, and whoever sends the mail that
/// the command causes. Everything else is left to the instances that serve. Changed rights wait for them in the outbox.
/// </summary>
internal sealed class CommandServices : IAsyncDisposable
{
    /// <summary>A server that this process does not know yet has the journal repeated first.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly List<IHostedService> _running = [];

    private CommandServices()
    {
    }

    /// <summary>Returns when the session store can be asked, or does not answer for too long; then the command finds out by itself.</summary>
    public static async Task<CommandServices> StartAsync(IServiceProvider services)
    {
        var started = new CommandServices();
        foreach (var service in services.GetServices<IHostedService>().Where(service => service is RedisMonitor or MailQueue or Errands))
        {
            await service.StartAsync(CancellationToken.None);
            started._running.Add(service);
        }

        var (clock, redis) = (services.GetRequiredService<TimeProvider>(), services.GetService<RedisConnection>());
        for (var since = clock.GetTimestamp(); redis is { IsVerified: false } && clock.GetElapsedTime(since) < LongestWait;)
            await Task.Delay(BetweenLooks);
        return started;
    }

    /// <summary>What was started last stops first: what waits to be done may send mail, and mail that waits is sent.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(_running))
            await service.StopAsync(CancellationToken.None);
    }
}
