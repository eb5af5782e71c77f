using System.Security.Claims;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What need not be opened again, and what must.</summary>
[Trait("Lane", "Fast")]
public sealed class OpenedCookiesTests
{
    private static readonly UserSession Session = Samples.Session(DateTimeOffset.UtcNow);

    private readonly TestClock _clock = new() { HoldsTimestamps = true };

    // A key of the key ring may have been revoked since.
    [Fact]
    public void After_five_minutes_in_use_a_cookie_is_opened_again()
    {
        var cookies = NewCookies(1000);
        var cookie = Cookie();
        cookies.Keep(cookie);

        _clock.Pass(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.Same(cookie, cookies.Find(cookie.Hash));
        cookies.Keep(cookie);
        _clock.Pass(TimeSpan.FromSeconds(1));

        Assert.Null(cookies.Find(cookie.Hash));
    }

    [Fact]
    public void However_many_come_no_more_are_remembered_than_allowed_and_those_in_use_stay()
    {
        var cookies = NewCookies(1000);
        var inUse = Cookie(name: "in use");
        cookies.Keep(inUse);

        for (var i = 0; i < 10_000; i++)
        {
            cookies.Keep(Cookie(name: $"{i}"));
            Assert.NotNull(cookies.Find(inUse.Hash));
        }

        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => cookies.Find(Hash($"{i}")) is not null), 400, 1000);
    }

    [Fact]
    public void Large_ones_are_bounded_by_their_bytes()
    {
        var cookies = NewCookies(1000);

        for (var i = 0; i < 1000; i++)
            cookies.Keep(Cookie(Session with { Ticket = new byte[40_000] }, name: $"{i}"));

        Assert.InRange(Enumerable.Range(0, 1000).Count(i => cookies.Find(Hash($"{i}")) is not null), 1, 1000 * 4096 / 40_000);
    }

    [Fact]
    public void A_session_with_another_ticket_has_to_be_opened_anew()
    {
        var cookie = Cookie();

        Assert.NotNull(cookie.With(Session with { LastSeenAt = Session.LastSeenAt.AddMinutes(1) }));
        Assert.Null(cookie.With(Session with { Ticket = new byte[] { 9 } }));
        Assert.Null(cookie.With(Session with { FamilyHash = new byte[16] }));
        Assert.Null(cookie.With(Session with { Id = SessionId.New() }));
        Assert.Null(cookie.With(Session with { UserId = Guid.NewGuid() }));
        Assert.Null(cookie.With(null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("é")]
    public void What_no_cookie_of_ours_can_be_has_no_hash(string text) => Assert.Null(CookieHash.Of(text));

    [Fact]
    public void A_text_longer_than_any_cookie_of_ours_has_no_hash() => Assert.Null(CookieHash.Of(new string('a', 257)));

    [Fact]
    public void A_principal_that_requests_share_can_not_be_changed_but_its_copy_can()
    {
        var principal = Cookie().Ticket.Principal;
        var identity = principal.Identities.Single();

        Assert.Throws<InvalidOperationException>(() => identity.AddClaim(new("role", "Admin")));
        Assert.Throws<InvalidOperationException>(() => identity.AddClaims([new("role", "Admin")]));
        Assert.Throws<InvalidOperationException>(() => identity.RemoveClaim(identity.Claims.First()));
        Assert.Throws<InvalidOperationException>(() => identity.TryRemoveClaim(identity.Claims.First()));
        Assert.Throws<InvalidOperationException>(() => principal.AddIdentity(new()));
        Assert.Throws<InvalidOperationException>(() => principal.AddIdentities([new()]));
        var copy = principal.Clone();
        copy.Identities.Single().AddClaim(new("role", "Admin"));
        Assert.Null(principal.FindFirst("role"));
    }

    private OpenedCookies NewCookies(int most) =>
        new(Options.Create(new SessionPolicy { OpenedCookies = most }), _clock);

    private static CookieHash Hash(string name) => CookieHash.Of(name)!.Value;

    private VerifiedCookie Cookie(UserSession? session = null, string name = "a")
    {
        session ??= Session;
        var seed = SessionKey.NewSeed();
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new("name", "somebody")], "test"));
        var ticket = VerifiedCookie.Share(new(principal, "test"), session);
        return new(Hash(name), SessionKey.Create(session.UserId, seed), session, seed, ticket, _clock.GetTimestamp());
    }
}
