using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace WebApp.Sessions;

/// <summary>
/// Seals tickets for the store, each with the seed of its session's secrets. Whoever can write to the store must not be able to make or move
/// a ticket, so each is bound to the session it belongs to.
/// </summary>
public sealed class TicketProtector(IDataProtectionProvider dataProtection)
{
    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Sessions.Ticket.v1");

    public byte[] Protect(SessionId id, SealedTicket ticket)
    {
        var encoded = TicketCodec.Encode(ticket.Ticket);
        var bound = new byte[SessionId.Size + SessionKey.SeedSize + encoded.Length];
        id.Write(bound);
        ticket.Seed.CopyTo(bound, SessionId.Size);
        encoded.CopyTo(bound, SessionId.Size + SessionKey.SeedSize);
        return _protector.Protect(bound);
    }

    /// <summary>Null for a ticket that was tampered with, belongs to another session, or was sealed with a key that is gone.</summary>
    public SealedTicket? Unprotect(UserSession session, string scheme)
    {
        try
        {
            var bound = _protector.Unprotect(session.Ticket.ToArray());
            return bound.Length > SessionId.Size + SessionKey.SeedSize
                && SessionId.Read(bound) == session.Id
                && TicketCodec.Decode(bound[(SessionId.Size + SessionKey.SeedSize)..], scheme) is { } ticket
                    ? new(bound[SessionId.Size..(SessionId.Size + SessionKey.SeedSize)], ticket)
                    : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>What the store keeps under seal.</summary>
/// <param name="Seed">Of the session's secrets: see <see cref="SessionKey"/>.</param>
/// <param name="Ticket">Who is signed in.</param>
public sealed record SealedTicket(byte[] Seed, AuthenticationTicket Ticket);
