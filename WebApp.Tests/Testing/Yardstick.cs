using System.Diagnostics;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace WebApp.Tests.Testing;

/// <summary>Does the same work again and again while something else is measured, and so tells how slow the machine was meanwhile.</summary>
public sealed class Yardstick : IDisposable
{
    /// <summary>As many pieces at once take longer than a thread goes uninterrupted on a busy machine.</summary>
    private const int PiecesAtOnce = 32;

    /// <summary>At this many times of what the work takes at best, nothing can be told of how long something else takes.</summary>
    private const double TooSlow = 1.5;

    private static readonly byte[] Piece = new byte[128 * 1024];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AtBest = Fastest.Of(() => SHA256.HashData(Piece));

    private readonly Thread _thread;
    private volatile bool _stopped;
    private TimeSpan _took;
    private TimeSpan _expected;

    private Yardstick()
    {
        _thread = new(Work) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Fails if the act takes longer than the limit, unless the machine was too busy to tell: then it says so.</summary>
    public static async Task<T> WithinAsync<T>(TimeSpan limit, ITestOutputHelper output, Func<Task<T>> act)
    {
        using var yardstick = new Yardstick();
        var started = Stopwatch.GetTimestamp();
        var result = await act();
        var took = Stopwatch.GetElapsedTime(started);
        if (took <= limit)
            return result;

        var slowness = yardstick.Stop();
        Assert.True(slowness > TooSlow, $"It took {took}, and {limit} is the limit. (The machine was {slowness:F1} times as slow as at its best.)");
        output.WriteLine($"Not judged: it took {took} instead of {limit}, but the machine was {slowness:F1} times as slow as at its best.");
        return result;
    }

    public static Task WithinAsync(TimeSpan limit, ITestOutputHelper output, Func<Task> act) => WithinAsync(limit, output, async () =>
    {
        await act();
        return true;
    });

    public void Dispose() => Stop();

    private double Stop()
    {
        _stopped = true;
        _thread.Join();
        return _took / _expected;
    }

    private void Work()
    {
        do
        {
            var started = Stopwatch.GetTimestamp();
            for (var piece = 0; piece < PiecesAtOnce; piece++)
                SHA256.HashData(Piece);
            _took += Stopwatch.GetElapsedTime(started);
            _expected += PiecesAtOnce * AtBest;
            Thread.Sleep(Pause);
        }
        while (!_stopped);
    }
}
