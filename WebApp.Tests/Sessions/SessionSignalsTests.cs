using System.Net;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionSignalsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly IPAddress Here = IPAddress.Parse("203.0.113.7");
    private static readonly IPAddress There = IPAddress.Parse("198.51.100.9");

    /// <summary>Chrome on Windows, in Switzerland, one minute ago.</summary>
    private static readonly UserSession Session = Samples.Session(Noon.AddMinutes(-1)) with
    {
        LastAddress = Here,
        PreviousAddress = There,
        MovedAt = Noon.AddMinutes(-1),
    };

    private static readonly SessionUse SameUse = new(Noon, Here) { Country = "CH", Family = Session.Family };

    [Fact]
    public void The_same_use_again_is_no_signal() => Assert.Empty(Find(Session, SameUse));

    [Fact]
    public void What_is_unknown_is_no_signal()
    {
        Assert.Empty(Find(Session, new(Noon, null)));
        Assert.Empty(Find(Session with { Country = null, Family = default, LastAddress = null }, SameUse with { Country = "FR", Address = There }));
    }

    [Fact]
    public void All_that_does_not_fit_is_told_with_its_values()
    {
        var seen = Find(Session, new(Noon, There) { Country = "FR", Family = new(8, 3) });

        Assert.Equal(
            [
                (Signal.BrowserChanged, "Chrome on Windows", "Safari on iOS, iPadOS or macOS"),
                (Signal.CountryChanged, "CH", "FR"),
                (Signal.Travel, "CH", "FR"),
                (Signal.TwoNetworks, "203.0.113.7", "198.51.100.9"),
            ],
            seen.Select(s => (s.Signal, s.From, s.To)));
    }

    [Fact]
    public void A_rule_that_is_off_sees_nothing()
    {
        var policy = new SessionPolicy();
        policy.Signals.CountryChanged.Action = SignalAction.Off;

        Assert.Equal([Signal.Travel], SessionSignals.Find(Session, SameUse with { Country = "FR" }, policy).Select(s => s.Signal));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public void Travel_is_two_countries_within_the_window(int milliseconds, bool travel)
    {
        var use = SameUse with { Country = "FR", SeenAt = Session.LastSeenAt + new SessionPolicy().TravelWindow + TimeSpan.FromMilliseconds(milliseconds) };

        Assert.Equal(travel, Find(Session, use).Any(s => s.Signal == Signal.Travel));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public void Two_networks_at_once_is_a_return_within_two_minutes(int milliseconds, bool atOnce)
    {
        var use = SameUse with { Address = There, SeenAt = Session.MovedAt!.Value.AddMinutes(2).AddMilliseconds(milliseconds) };

        Assert.Equal(atOnce, Find(Session, use).Any(s => s.Signal == Signal.TwoNetworks));
    }

    [Fact]
    public void A_third_network_is_no_return() =>
        Assert.Empty(Find(Session, SameUse with { Address = IPAddress.Parse("192.0.2.1") }));

    [Fact]
    public void Whoever_proved_their_identity_since_may_be_anywhere_but_in_another_browser()
    {
        var proved = Session with { AuthenticatedAt = Session.LastSeenAt.AddSeconds(1) };

        Assert.Equal([Signal.BrowserChanged], Find(proved, new(Noon, There) { Country = "FR", Family = new(8, 3) }).Select(s => s.Signal));
    }

    [Theory]
    [InlineData(SignalAction.Off, false)]
    [InlineData(SignalAction.Log, false)]
    [InlineData(SignalAction.Notify, false)]
    [InlineData(SignalAction.Lock, true)]
    [InlineData(SignalAction.End, true)]
    public void Only_a_lock_or_an_end_stops_a_request_and_never_a_dry_run(SignalAction action, bool stops)
    {
        Assert.Equal(stops, new SignalRule { Action = action }.Stops);
        Assert.False(new SignalRule { Action = action, DryRun = true }.Stops);
    }

    private static IReadOnlyList<SignalSeen> Find(UserSession session, SessionUse use) => SessionSignals.Find(session, use, new());
}
