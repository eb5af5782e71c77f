using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class TicketProtectorTests
{
    private const string Scheme = "scheme";
    private readonly EphemeralDataProtectionProvider _keys = new();
    private readonly TicketProtector _tickets;
    private readonly UserSession _session = Samples.Session(DateTimeOffset.UnixEpoch);

    public TicketProtectorTests() => _tickets = new(_keys);

    [Fact]
    public void A_ticket_comes_back_in_its_own_session()
    {
        var session = _session with { Ticket = _tickets.Protect(_session.UserId, _session.Id, Ticket("Alice")) };

        Assert.Equal("Alice", _tickets.Unprotect(session, Scheme)!.Ticket.Principal.Identity!.Name);
    }

    [Fact]
    public void A_ticket_moved_to_another_session_is_unreadable()
    {
        var session = _session with { Ticket = _tickets.Protect(_session.UserId, SessionId.New(), Ticket("Ada")) };

        Assert.Null(_tickets.Unprotect(session, Scheme));
    }

    // It says "the user of this session", so it would be another's.
    [Fact]
    public void A_ticket_moved_to_another_users_session_is_unreadable()
    {
        var session = _session with { Ticket = _tickets.Protect(Guid.NewGuid(), _session.Id, Ticket("Ada")) };

        Assert.Null(_tickets.Unprotect(session, Scheme));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void A_seed_comes_back_whatever_its_length(int size)
    {
        var sealedTicket = new SealedTicket(RandomNumberGenerator.GetBytes(size), Ticket("Alice").Ticket);

        var read = _tickets.Unprotect(_session with { Ticket = _tickets.Protect(_session.UserId, _session.Id, sealedTicket) }, Scheme);

        Assert.Equal(sealedTicket.Seed, read!.Seed);
    }

    // Sessions outlive a deployment: what one version sealed, the next must open.
    [Fact]
    public void A_ticket_of_version_1_still_opens_in_its_own_session_only()
    {
        var (id, seed) = (new byte[SessionId.Size], RandomNumberGenerator.GetBytes(32));
        _session.Id.Write(id);
        byte[] content = [.. id, .. seed, .. Convert.FromHexString("01" + "09" + "02" + "04" + "01" + "02" + "0161" + "08" + "00")];
        var session = _session with { Ticket = _keys.CreateProtector("WebApp.Sessions.Ticket.v1").Protect(content) };

        var read = _tickets.Unprotect(session, Scheme)!;

        Assert.Equal(seed, read.Seed);
        Assert.Equal("a", read.Ticket.Principal.Identity!.Name);
        Assert.Null(_tickets.Unprotect(session with { Id = SessionId.New() }, Scheme));
        Assert.Null(_tickets.Unprotect(session with { Ticket = (byte[])[2, .. session.Ticket.Span] }, Scheme));
        for (var length = 0; length < content.Length; length++)
            Assert.Null(_tickets.Unprotect(session with { Ticket = _keys.CreateProtector("WebApp.Sessions.Ticket.v1").Protect(content[..length]) }, Scheme));
    }

    [Fact]
    public void A_ticket_sealed_with_keys_that_are_gone_is_unreadable()
    {
        var session = _session with { Ticket = new TicketProtector(new EphemeralDataProtectionProvider()).Protect(_session.UserId, _session.Id, Ticket("Alice")) };

        Assert.Null(_tickets.Unprotect(session, Scheme));
    }

    [Fact]
    public void A_ticket_that_was_tampered_with_cut_or_never_sealed_is_unreadable()
    {
        var sealedTicket = _tickets.Protect(_session.UserId, _session.Id, Ticket("Alice"));

        for (var at = 0; at < sealedTicket.Length; at++)
        {
            var damaged = sealedTicket.ToArray();
            damaged[at] ^= 1;
            Assert.Null(_tickets.Unprotect(_session with { Ticket = damaged }, Scheme));
            Assert.Null(_tickets.Unprotect(_session with { Ticket = sealedTicket.AsMemory(0, at) }, Scheme));
        }

        Assert.Null(_tickets.Unprotect(_session with { Ticket = TicketCodec.Encode(Ticket("Alice").Ticket, _session.UserId) }, Scheme));
    }

    private static SealedTicket Ticket(string name) =>
        new(SessionKey.NewSeed(), new AuthenticationTicket(new(new ClaimsIdentity([new(ClaimTypes.Name, name)], Scheme)), Scheme));
}
