using System.Net;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// Counts per address: in Redis for all instances together; without Redis, and while it does not answer, in this process. A store that is down must
/// not open the door to guessing, and must not close it either: the page itself says what it can't do.
/// </summary>
internal sealed partial class RateCounters(
    LocalCounters local, IServiceProvider services, IOptions<RateLimitSettings> settings, TimeProvider clock, ILogger<RateCounters> logger)
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly RedisCounters? _shared =
        services.GetService<RedisConnection>() is null ? null : services.GetRequiredService<RedisCounters>();
    private readonly Dictionary<LimitedAct, Rate> _rates = Enum.GetValues<LimitedAct>().ToDictionary(act => act, act => Rate.Of(settings.Value.Of(act)));
    private readonly Lock _lock = new();
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;
    private DateTimeOffset _nextRefusal = DateTimeOffset.MinValue;
    private int _refused;

    /// <summary>Takes a permit for the act. Answers how long to wait for one: zero when it was taken.</summary>
    /// <param name="act">What the form does.</param>
    /// <param name="address">Whole: see <see cref="ClientAddress"/>.</param>
    /// <param name="shown">What may be logged of it.</param>
    public async ValueTask<TimeSpan> TakeAsync(LimitedAct act, IPAddress? address, IPAddress? shown)
    {
        var (rate, failedProofs) = (_rates[act], _rates[LimitedAct.FailedProofs]);
        if (rate.IsOff && failedProofs.IsOff)
            return TimeSpan.Zero;

        var (client, now) = (ClientNetwork.Of(address), Rate.Moment(clock.GetUtcNow()));
        var wait = await CountAsync(
            shared => shared.TakeAsync(act, client, rate, failedProofs, now),
            () => local.Take(act, client, rate, failedProofs, now));
        if (wait <= 0)
            return TimeSpan.Zero;

        CountRefused(act, shown);
        return TimeSpan.FromMicroseconds(wait);
    }

    /// <summary>Counts a proof that was found wrong.</summary>
    /// <param name="address">Whole: see <see cref="ClientAddress"/>.</param>
    public async Task CountFailedProofAsync(IPAddress? address)
    {
        var rate = _rates[LimitedAct.FailedProofs];
        if (rate.IsOff)
            return;

        var (client, now) = (ClientNetwork.Of(address), Rate.Moment(clock.GetUtcNow()));
        await CountAsync(
            async shared =>
            {
                await shared.AddAsync(LimitedAct.FailedProofs, client, rate, now);
                return 0;
            },
            () =>
            {
                local.Add(LimitedAct.FailedProofs, client, rate, now);
                return 0;
            });
    }

    private async ValueTask<long> CountAsync(Func<RedisCounters, Task<long>> shared, Func<long> here)
    {
        if (_shared is null)
            return here();

        try
        {
            return await shared(_shared);
        }
        catch (SessionStoreUnavailableException e)
        {
            if (IsDue(ref _nextWarning))
                LogAlone(e.Message);
            return here();
        }
    }

    private void CountRefused(LimitedAct act, IPAddress? shown)
    {
        var refused = Interlocked.Increment(ref _refused);
        if (!IsDue(ref _nextRefusal))
            return;

        LogRefused(refused, act, shown);
        Interlocked.Add(ref _refused, -refused);
    }

    private bool IsDue(ref DateTimeOffset next)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (now < next)
                return false;

            next = now + BetweenWarnings;
            return true;
        }
    }

    // Neither a flood nor an outage may become one of lines.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Too many tries: {Count} requests were refused since this was last said, the last one for {Act} from {Address}")]
    private partial void LogRefused(int count, LimitedAct act, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Requests are counted by each instance alone until Redis answers: {Reason}")]
    private partial void LogAlone(string reason);
}
