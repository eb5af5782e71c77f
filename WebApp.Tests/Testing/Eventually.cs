using System.Diagnostics;

namespace WebApp.Tests.Testing;

/// <summary>Waiting for what happens by itself, without guessing how long it takes on a busy machine.</summary>
public static class Eventually
{
    /// <summary>How long anything is waited for that should happen.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Fails with <paramref name="what"/> if the condition does not come true.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        for (var started = Stopwatch.GetTimestamp(); !await condition();)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"Waited {Patience} in vain: {what}");
            await Task.Delay(10);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>What <paramref name="act"/> returns once it does not fail: for what is done while something else is being broken.</summary>
    public static async Task<T> AnyAsync<T>(Func<Task<T>> act)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await act();
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(10);
            }
        }
    }
}
