using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace WebApp.Sessions;

/// <summary>
/// Seals tickets for the store, each with the seed of its session's secrets. Whoever can write to the store must not be able to make or move
/// a ticket, so each is bound to the user and the session it belongs to: they are part of what it is sealed for.
/// </summary>
/// <remarks>
/// A version byte, and under Data Protection: the seed's length (1), the seed, the ticket (see <see cref="TicketCodec"/>). Still opened are those of
/// version 1, which begin with Data Protection's own bytes (<c>09 F0 C9 F0</c>): session id (16), seed (32), ticket.
/// </remarks>
public sealed class TicketProtector(IDataProtectionProvider dataProtection)
{
    private const byte Version = 2;
    private const int SeedSize1 = 32;

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Sessions.Ticket.v2");
    private readonly IDataProtector _protector1 = dataProtection.CreateProtector("WebApp.Sessions.Ticket.v1");

    public byte[] Protect(Guid userId, SessionId id, SealedTicket ticket) =>
        [Version, .. ProtectorOf(userId, id).Protect([(byte)ticket.Seed.Length, .. ticket.Seed, .. TicketCodec.Encode(ticket.Ticket, userId)])];

    /// <summary>Null for a ticket that was tampered with, belongs to another session, or was sealed with a key that is gone.</summary>
    public SealedTicket? Unprotect(UserSession session, string scheme)
    {
        var bytes = session.Ticket.Span;
        try
        {
            return bytes is [Version, .. var protectedBytes]
                ? Read(ProtectorOf(session.UserId, session.Id).Unprotect(protectedBytes.ToArray()), session, scheme)
                : Read1(_protector1.Unprotect(bytes.ToArray()), session, scheme);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector ProtectorOf(Guid userId, SessionId id) => _protector.CreateProtector($"{userId:N}/{id}");

    private static SealedTicket? Read(ReadOnlySpan<byte> bytes, UserSession session, string scheme) =>
        bytes.Length > 0 && bytes.Length > bytes[0] ? Read(bytes[1..], bytes[0], session, scheme) : null;

    private static SealedTicket? Read1(ReadOnlySpan<byte> bytes, UserSession session, string scheme) =>
        bytes.Length > SessionId.Size + SeedSize1 && SessionId.Read(bytes) == session.Id ? Read(bytes[SessionId.Size..], SeedSize1, session, scheme) : null;

    private static SealedTicket? Read(ReadOnlySpan<byte> bytes, int seedSize, UserSession session, string scheme) =>
        TicketCodec.Decode(bytes[seedSize..], scheme, session.UserId) is { } ticket ? new(bytes[..seedSize].ToArray(), ticket) : null;
}

/// <summary>What the store keeps under seal.</summary>
/// <param name="Seed">Of the session's secrets: see <see cref="SessionKey"/>. Older sessions have a longer one than <see cref="SessionKey.SeedSize"/>, and keep it.</param>
/// <param name="Ticket">Who is signed in.</param>
public sealed record SealedTicket(byte[] Seed, AuthenticationTicket Ticket);
