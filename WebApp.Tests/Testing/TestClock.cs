namespace WebApp.Tests.Testing;

/// <summary>A clock that stands still until it is moved. Only the time of day is under control; timers and timestamps stay real.</summary>
public sealed class TestClock : TimeProvider
{
    private long _milliseconds = System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whole milliseconds.</summary>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref _milliseconds));

    /// <summary>Forwards, or backwards with a negative time.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _milliseconds, (long)by.TotalMilliseconds);

    public void SetUtcNow(DateTimeOffset now) => Interlocked.Exchange(ref _milliseconds, now.ToUnixTimeMilliseconds());
}
