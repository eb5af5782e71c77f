namespace WebApp.Tests.Testing;

/// <summary>
/// A clock that stands still until it is moved. Only the time of day is under control, timers and timestamps stay real,
/// unless <see cref="HoldsTimestamps"/>.
/// </summary>
public sealed class TestClock : TimeProvider
{
    private long _milliseconds = System.GetUtcNow().ToUnixTimeMilliseconds();

    private long _held;

    /// <summary>
    /// Timestamps rise by no more than a tick at a time, except by <see cref="Pass"/>: a busy machine does not let run out what is lent for seconds.
    /// </summary>
    public bool HoldsTimestamps { get; init; }

    /// <summary>Whole milliseconds.</summary>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref _milliseconds));

    /// <summary>Forwards, or backwards with a negative time.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _milliseconds, (long)by.TotalMilliseconds);

    public override long GetTimestamp() => HoldsTimestamps ? Interlocked.Increment(ref _held) : base.GetTimestamp();

    /// <summary>As time passes for those who measure it: only the timestamps that are held go on.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _held, (long)(time.TotalSeconds * TimestampFrequency));

    public void SetUtcNow(DateTimeOffset now) => Interlocked.Exchange(ref _milliseconds, now.ToUnixTimeMilliseconds());
}
