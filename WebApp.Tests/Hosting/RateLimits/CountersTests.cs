using System.Net;
using WebApp.Hosting.RateLimits;

namespace WebApp.Tests.Hosting.RateLimits;

[Trait("Lane", "Fast")]
public sealed class CountersTests
{
    private const long Second = 1_000_000;

    private readonly LocalCounters _counters = new();
    private readonly Rate _rate = Rate.Of(new() { Permits = 7, Window = TimeSpan.FromMinutes(1) });

    [Fact]
    public void As_many_as_permitted_pass_at_once_and_no_window_lets_more_than_twice_as_many_through()
    {
        var client = ClientNetwork.Of(IPAddress.Loopback);
        var passed = new List<long>();
        for (long now = 0; now < 600 * Second; now += Second / 10)
        {
            while (_counters.Take(LimitedAct.SignIn, client, _rate, default, now) <= 0)
                passed.Add(now);
        }

        Assert.Equal(7, passed.Count(at => at == 0));
        Assert.All(passed, start => Assert.InRange(passed.Count(at => at >= start && at < start + (60 * Second)), 1, 14));
        Assert.InRange(passed.Count, 7 + 69, 7 + 70);
    }

    [Fact]
    public void The_wait_that_is_told_is_the_shortest_that_helps()
    {
        var client = ClientNetwork.Of(null);
        while (_counters.Take(LimitedAct.SignIn, client, _rate, default, 0) <= 0)
            continue;

        var wait = _counters.Take(LimitedAct.SignIn, client, _rate, default, 0);

        Assert.True(_counters.Take(LimitedAct.SignIn, client, _rate, default, wait - 1) > 0);
        Assert.True(_counters.Take(LimitedAct.SignIn, client, _rate, default, wait) <= 0);
    }

    [Fact]
    public void A_flood_from_ever_new_addresses_takes_bounded_memory_and_frees_nobody_who_keeps_trying()
    {
        var guesser = ClientNetwork.Of(IPAddress.Parse("203.0.113.9"));
        while (_counters.Take(LimitedAct.SignIn, guesser, _rate, default, 0) <= 0)
            continue;

        for (uint i = 0; i < 3 * LocalCounters.Capacity; i++)
        {
            _counters.Take(LimitedAct.SignIn, new(6, i), _rate, default, 0);
            if (i % 10_000 == 0)
                Assert.True(_counters.Take(LimitedAct.SignIn, guesser, _rate, default, 0) > 0);
        }

        Assert.InRange(_counters.Count, LocalCounters.Capacity, 2 * LocalCounters.Capacity);
        Assert.True(_counters.Take(LimitedAct.SignIn, guesser, _rate, default, 0) > 0);
    }

    [Fact]
    public void Failures_beyond_the_limit_are_owed_but_not_for_ever()
    {
        var client = ClientNetwork.Of(IPAddress.IPv6Loopback);
        for (var i = 0; i < 1000; i++)
            _counters.Add(LimitedAct.FailedProofs, client, _rate, 0);

        Assert.InRange(_counters.Take(LimitedAct.SignIn, client, default, _rate, 0), 60 * Second, 70 * Second);
    }
}
