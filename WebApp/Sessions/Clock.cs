namespace WebApp.Sessions;

internal static class Clock
{
    /// <summary>Now, cut to the milliseconds that stores keep, so that what was written reads back equal.</summary>
    public static DateTimeOffset GetUtcMilliseconds(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
