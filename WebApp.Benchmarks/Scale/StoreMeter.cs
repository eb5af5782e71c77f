using System.Diagnostics;
using WebApp.Sessions;

namespace WebApp.Benchmarks.Scale;

/// <summary>Asks a store for sessions picked at random, and reads off what it took.</summary>
internal static class StoreMeter
{
    private const int Finds = 2000;
    private const int FindsAtOnce = 64;
    private const int ManyFinds = 20_000;
    private const int Lists = 500;
    private const int Revocations = 50;

    public static async Task WarmUpAsync(SeededStore seeded)
    {
        for (var i = 0; i < 3; i++)
            await MeasureAsync(seeded, seed: i);
    }

    public static async Task<StoreCosts> MeasureAsync(SeededStore seeded, int seed)
    {
        var picks = new Random(seed);
        var find = await TimeAsync(Finds, picks, seeded, (store, userId, id) => store.FindAsync(userId, id));
        var list = await TimeAsync(Lists, picks, seeded, (store, userId, _) => store.ListAsync(userId));

        var store = seeded.Store;
        var sessions = Pick(ManyFinds, picks, seeded);
        var (redisBefore, cpuBefore) = (await seeded.Redis.CountAsync(), Environment.CpuUsage.TotalTime);
        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = FindsAtOnce }, async (session, _) => await store.FindAsync(session.UserId, session.Id));
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        var redis = (await seeded.Redis.CountAsync()).Since(redisBefore);
        return new(find, list, cpu.TotalMicroseconds / ManyFinds, redis.CpuMicroseconds / ManyFinds);
    }

    /// <summary>Microseconds of a revocation. The sessions are gone afterwards.</summary>
    public static Task<double> MeasureRevocationAsync(SeededStore seeded, int seed) => TimeAsync(Revocations, new(seed), seeded, (store, userId, id) =>
        store.RevokeAsync(userId, id, new(TimeProvider.System.GetUtcNow(), RevocationReason.SignedOut)));

    /// <summary>Microseconds of one, on average, one after the other.</summary>
    private static async Task<double> TimeAsync(int count, Random picks, SeededStore seeded, Func<IUserSessionStore, Guid, SessionId, Task> act)
    {
        var (store, sessions) = (seeded.Store, Pick(count, picks, seeded));
        var started = Stopwatch.GetTimestamp();
        foreach (var (userId, id) in sessions)
            await act(store, userId, id);
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / count;
    }

    private static (Guid UserId, SessionId Id)[] Pick(int count, Random picks, SeededStore seeded) =>
        [.. Enumerable.Range(0, count).Select(_ => seeded[picks.Next(seeded.Size)])];
}

/// <summary>All in microseconds.</summary>
/// <param name="Find">One after the other.</param>
/// <param name="List">Of one user's sessions, one after the other.</param>
/// <param name="FindCpu">This process', with 64 under way.</param>
/// <param name="FindRedisCpu">Redis', likewise.</param>
internal sealed record StoreCosts(double Find, double List, double FindCpu, double FindRedisCpu);
