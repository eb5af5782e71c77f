using System.Diagnostics;
using System.Numerics;

namespace WebApp.Benchmarks.Http;

/// <summary>Counts by microseconds in buckets that are never wider than 1/64 of what they hold.</summary>
internal sealed class LatencyHistogram
{
    private const int Precision = 6;
    private readonly long[] _counts = new long[40 << Precision];

    public long Count { get; private set; }

    public void Add(TimeSpan latency)
    {
        Debug.Assert(latency >= TimeSpan.Zero, "Time goes forward.");
        _counts[BucketOf((long)latency.TotalMicroseconds)]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>Microseconds that this share of the requests did not exceed; zero without requests.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double Quantile(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        for (var i = 0; i < _counts.Length; i++)
        {
            left -= _counts[i];
            if (left <= 0)
                return ValueOf(i);
        }

        return 0;
    }

    private static int BucketOf(long microseconds)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)microseconds | 1) - Precision);
        return (shift << Precision) + (int)(microseconds >> shift);
    }

    private static double ValueOf(int bucket)
    {
        var shift = Math.Max(0, (bucket >> Precision) - 1);
        return (double)((long)(bucket - (shift << Precision)) << shift);
    }
}
