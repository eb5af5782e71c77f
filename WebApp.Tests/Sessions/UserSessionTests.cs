using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class UserSessionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void A_session_ends_at_its_idle_deadline_when_that_comes_first()
    {
        var session = Samples.Session(Noon) with { LastSeenAt = Noon.AddHours(3), IdleTimeout = TimeSpan.FromHours(1), AbsoluteDeadline = Noon.AddDays(1) };

        Assert.Equal(Noon.AddHours(4), session.IdleDeadline);
        Assert.Equal(Noon.AddHours(4), session.ExpiresAt);
    }

    [Fact]
    public void A_session_ends_at_its_absolute_deadline_however_much_it_is_used()
    {
        var session = Samples.Session(Noon) with { LastSeenAt = Noon.AddHours(23.5), IdleTimeout = TimeSpan.FromHours(1), AbsoluteDeadline = Noon.AddDays(1) };

        Assert.Equal(Noon.AddDays(1), session.ExpiresAt);
    }

    [Fact]
    public void A_session_lives_to_the_last_millisecond_before_its_deadline()
    {
        var session = Samples.Session(Noon);

        Assert.True(session.IsLive(Noon));
        Assert.True(session.IsLive(session.ExpiresAt - Millisecond));
        Assert.False(session.IsLive(session.ExpiresAt));
    }

    [Fact]
    public void A_revoked_session_does_not_live_whatever_its_deadlines_say()
    {
        var session = Samples.Session(Noon) with { Revocation = Samples.Revocation(Noon.AddMinutes(5)) };

        Assert.False(session.IsLive(Noon));
        Assert.False(session.IsLive(Noon.AddMinutes(6)));
    }

    [Theory]
    [InlineData(RevocationReason.SignedOut, RevokedBy.User)]
    [InlineData(RevocationReason.SignedOutElsewhere, RevokedBy.User)]
    [InlineData(RevocationReason.SignedInAgain, RevokedBy.User)]
    [InlineData(RevocationReason.PasswordChanged, RevokedBy.User)]
    [InlineData(RevocationReason.AccountDeleted, RevokedBy.User)]
    [InlineData(RevocationReason.FactorsChanged, RevokedBy.User)]
    [InlineData(RevocationReason.ReportedTheft, RevokedBy.Support)]
    [InlineData(RevocationReason.SuspiciousActivity, RevokedBy.Support)]
    [InlineData(RevocationReason.LeftOrganisation, RevokedBy.Support)]
    [InlineData(RevocationReason.UserRequest, RevokedBy.Support)]
    [InlineData(RevocationReason.Maintenance, RevokedBy.Support)]
    [InlineData(RevocationReason.Other, RevokedBy.Support)]
    [InlineData(RevocationReason.Unreadable, RevokedBy.SecurityRule)]
    [InlineData(RevocationReason.AccountChanged, RevokedBy.SecurityRule)]
    [InlineData(RevocationReason.PossibleTheft, RevokedBy.SecurityRule)]
    [InlineData(RevocationReason.TooMany, RevokedBy.SecurityRule)]
    public void A_reason_says_by_whom_in_general(RevocationReason reason, RevokedBy by) => Assert.Equal(by, reason.RevokedBy());

    // Stores keep them: a number that means something else tomorrow rewrites yesterday.
    [Fact]
    public void The_numbers_of_the_reasons_stay_as_they_are() => Assert.Equal(
        "SignedOut=1 SignedOutElsewhere=2 SignedInAgain=3 PasswordChanged=4 MadeRoom=5 NotMe=6 FactorsChanged=9 AccountDeleted=10 "
        + "ReportedTheft=20 SuspiciousActivity=21 LeftOrganisation=22 UserRequest=23 Maintenance=24 Other=25 Unreadable=40 AccountChanged=41 PossibleTheft=42 TooMany=43 "
        + "ProofsFailed=44 Signal=45",
        string.Join(' ', Enum.GetValues<RevocationReason>().Select(reason => $"{reason}={reason:D}")));

    [Fact]
    public void The_numbers_of_the_locks_stay_as_they_are() => Assert.Equal(
        "User=1 Support=20 OldSecret=40 StoreWentBack=41 BrowserChanged=42 CountryChanged=43 Travel=44 TwoNetworks=45",
        string.Join(' ', Enum.GetValues<LockReason>().Select(reason => $"{reason}={reason:D}")));
}
