using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace WebApp.Sessions;

/// <summary>
/// Seals tickets for the store. Whoever can write to the store must not be able to make or move a ticket,
/// so each is bound to the session it belongs to.
/// </summary>
public sealed class TicketProtector(IDataProtectionProvider dataProtection)
{
    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Sessions.Ticket.v1");

    public byte[] Protect(SessionId id, AuthenticationTicket ticket)
    {
        var encoded = TicketCodec.Encode(ticket);
        var bound = new byte[SessionId.Size + encoded.Length];
        id.Write(bound);
        encoded.CopyTo(bound, SessionId.Size);
        return _protector.Protect(bound);
    }

    /// <summary>Null for a ticket that was tampered with, belongs to another session, or was sealed with a key that is gone.</summary>
    public AuthenticationTicket? Unprotect(UserSession session, string scheme)
    {
        try
        {
            var bound = _protector.Unprotect(session.Ticket.ToArray());
            return bound.Length > SessionId.Size && SessionId.Read(bound) == session.Id
                ? TicketCodec.Decode(bound[SessionId.Size..], scheme)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
