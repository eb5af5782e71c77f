using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

public sealed class TicketProtectorTests
{
    private const string Scheme = "scheme";
    private readonly TicketProtector _tickets = new(new EphemeralDataProtectionProvider());
    private readonly UserSession _session = Samples.Session(DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_ticket_comes_back_in_its_own_session()
    {
        var session = _session with { Ticket = _tickets.Protect(_session.Id, Ticket("Alice")) };

        Assert.Equal("Alice", _tickets.Unprotect(session, Scheme)!.Ticket.Principal.Identity!.Name);
    }

    [Fact]
    public void A_ticket_moved_to_another_session_is_unreadable()
    {
        var session = _session with { Ticket = _tickets.Protect(SessionId.New(), Ticket("Ada")) };

        Assert.Null(_tickets.Unprotect(session, Scheme));
    }

    [Fact]
    public void A_ticket_sealed_with_keys_that_are_gone_is_unreadable()
    {
        var session = _session with { Ticket = new TicketProtector(new EphemeralDataProtectionProvider()).Protect(_session.Id, Ticket("Alice")) };

        Assert.Null(_tickets.Unprotect(session, Scheme));
    }

    [Fact]
    public void A_ticket_that_was_tampered_with_cut_or_never_sealed_is_unreadable()
    {
        var sealedTicket = _tickets.Protect(_session.Id, Ticket("Alice"));

        for (var at = 0; at < sealedTicket.Length; at++)
        {
            var damaged = sealedTicket.ToArray();
            damaged[at] ^= 1;
            Assert.Null(_tickets.Unprotect(_session with { Ticket = damaged }, Scheme));
            Assert.Null(_tickets.Unprotect(_session with { Ticket = sealedTicket.AsMemory(0, at) }, Scheme));
        }

        Assert.Null(_tickets.Unprotect(_session with { Ticket = TicketCodec.Encode(Ticket("Alice").Ticket) }, Scheme));
    }

    private static SealedTicket Ticket(string name) =>
        new(SessionKey.NewSeed(), new AuthenticationTicket(new(new ClaimsIdentity([new(ClaimTypes.Name, name)], Scheme)), Scheme));
}
