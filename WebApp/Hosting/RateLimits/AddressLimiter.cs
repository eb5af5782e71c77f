using System.Threading.RateLimiting;
using WebApp.Sessions;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The limiter that the framework's middleware asks. The framework's own ones count in one process, by a clock that can't be handed in, and keep a
/// limiter per address; this one asks <see cref="RateCounters"/>.
/// </summary>
internal sealed class AddressLimiter(RateCounters counters) : PartitionedRateLimiter<HttpContext>
{
    private static readonly Lease Granted = new(TimeSpan.Zero);
    private static readonly Lease NotAskedYet = new(TimeSpan.MaxValue);

    public override RateLimiterStatistics? GetStatistics(HttpContext resource) => null;

    /// <summary>To count takes a call to Redis. The middleware waits for the answer when it is not given at once.</summary>
    protected override RateLimitLease AttemptAcquireCore(HttpContext resource, int permitCount) => NotAskedYet;

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(HttpContext resource, int permitCount, CancellationToken cancellationToken)
    {
        var act = resource.GetEndpoint()!.Metadata.GetRequiredMetadata<Limited>().Act;
        var wait = await counters.TakeAsync(act, ClientAddress.Of(resource), resource.GetPeerAddress());
        return wait == TimeSpan.Zero ? Granted : new Lease(wait);
    }

    private sealed class Lease(TimeSpan wait) : RateLimitLease
    {
        public override bool IsAcquired => wait == TimeSpan.Zero;

        public override IEnumerable<string> MetadataNames => IsAcquired ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            var known = !IsAcquired && metadataName == MetadataName.RetryAfter.Name;
            metadata = known ? wait : null;
            return known;
        }
    }
}
