using System.Diagnostics;

namespace WebApp.Tests.Testing;

/// <summary>What work takes by itself: a busy machine adds to some rounds, and takes nothing from any.</summary>
public static class Fastest
{
    private const int Rounds = 7;

    /// <summary>The shortest of a few rounds, to be compared with another work's in the same run.</summary>
    public static TimeSpan Of<T>(Func<T> work)
    {
        // Compiles it.
        work();
        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var started = Stopwatch.GetTimestamp();
            work();
            return Stopwatch.GetElapsedTime(started);
        });
    }
}
