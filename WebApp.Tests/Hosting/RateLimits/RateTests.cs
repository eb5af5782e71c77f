using CsCheck;
using WebApp.Hosting.RateLimits;

namespace WebApp.Tests.Hosting.RateLimits;

/// <summary>The arithmetic of limits, for all that the settings allow.</summary>
[Trait("Lane", "Fast")]
public sealed class RateTests
{
    private static readonly Gen<RateLimit> Limits = LimitsUpTo(1000);

    private static readonly Gen<long> Moments = Gen.Long[0, 4_000_000_000_000_000];

    [Fact]
    public void An_idle_counter_gives_all_permits_and_no_more() => Gen.Select(Limits, Moments).Sample((limit, now) =>
    {
        var (rate, emptyAt) = (Rate.Of(limit), 0L);
        for (var permit = 0; permit < limit.Permits; permit++)
        {
            Assert.InRange(rate.Wait(emptyAt, now), long.MinValue, 0);
            emptyAt = rate.Take(emptyAt, now);
        }

        Assert.InRange(rate.Wait(emptyAt, now), 1, rate.Window);
        Assert.InRange(rate.Wait(emptyAt, now + rate.Window), long.MinValue, 0);
    }, iter: 200);

    [Fact]
    public void In_whatever_steps_people_come_no_window_lets_more_than_twice_the_permits_through() => Gen.Select(
        LimitsUpTo(20), Gen.Double[0, 0.3].Array[60]).Sample((limit, steps) =>
    {
        var (rate, emptyAt, now) = (Rate.Of(limit), 0L, 0L);
        List<long> passed = [];
        foreach (var step in steps)
        {
            now += (long)(step * step * rate.Window);
            while (rate.Wait(emptyAt, now) <= 0)
            {
                emptyAt = rate.Take(emptyAt, now);
                passed.Add(now);
            }
        }

        Assert.All(passed, start =>
            Assert.InRange(passed.Count(at => at >= start && at < start + rate.Window), 1, 2 * limit.Permits));
    }, iter: 100);

    [Fact]
    public void The_wait_that_is_told_is_the_shortest_that_helps() =>
        Gen.Select(Limits, Moments, Gen.Long[-10_000_000, 200_000_000_000]).Sample((limit, now, owed) =>
        {
            var (rate, emptyAt) = (Rate.Of(limit), now + owed);
            var wait = rate.Wait(emptyAt, now);

            Assert.InRange(rate.Wait(emptyAt, now + Math.Max(wait, 0)), long.MinValue, 0);
            if (wait > 0)
                Assert.Equal(1, rate.Wait(emptyAt, now + wait - 1));
        }, iter: 2000);

    [Fact]
    public void However_much_is_taken_nobody_waits_longer_than_a_window_and_a_permit() =>
        Gen.Select(Limits, Moments, Gen.Int[1, 3000]).Sample((limit, now, taken) =>
        {
            var (rate, emptyAt) = (Rate.Of(limit), 0L);
            for (var permit = 0; permit < taken; permit++)
                emptyAt = rate.Take(emptyAt, now);

            Assert.InRange(rate.Wait(emptyAt, now), long.MinValue, rate.Window + rate.Interval);
        }, iter: 200);

    [Fact]
    public void Without_a_limit_nobody_waits() =>
        Gen.Select(Moments, Moments).Sample((emptyAt, now) =>
            Assert.Equal(0, Rate.Of(new() { Permits = 0, Window = TimeSpan.FromMinutes(1) }).Wait(emptyAt, now)));

    private static Gen<RateLimit> LimitsUpTo(int permits) => Gen.Select(
        Gen.Int[1, permits], Gen.Int[10_000, 86_400_000],
        (some, milliseconds) => new RateLimit { Permits = some, Window = TimeSpan.FromMilliseconds(milliseconds) });
}
