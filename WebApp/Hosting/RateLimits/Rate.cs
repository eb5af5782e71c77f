using System.Runtime.InteropServices;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// The generic cell rate algorithm: all that is kept of a counter is the moment at which it will be empty again. Each permit moves that moment on by
/// <see cref="Interval"/>, and none is given that would move it further than <see cref="Window"/> from now. So the wait can be told exactly, no
/// moment lets two windows' worth through, and an idle counter needs no memory. Times are microseconds, since 1970 or long.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Rate(long Interval, long Window)
{
    private const long MicrosecondsPerMillisecond = 1000;

    public bool IsOff => Interval == 0;

    public static Rate Of(RateLimit limit) => limit.Permits == 0 ? default : new((long)limit.Window.TotalMicroseconds / limit.Permits, (long)limit.Window.TotalMicroseconds);

    public static long Moment(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * MicrosecondsPerMillisecond;

    /// <summary>How long until a permit can be given; not positive when it can be now.</summary>
    public long Wait(long emptyAt, long now) => IsOff ? 0 : Math.Max(emptyAt, now) + Interval - Window - now;

    /// <summary>When the counter is empty again, with one permit more. What was taken beyond the window is owed, but not for ever.</summary>
    public long Take(long emptyAt, long now) => Math.Min(Math.Max(emptyAt, now) + Interval, now + 2 * Window);
}
