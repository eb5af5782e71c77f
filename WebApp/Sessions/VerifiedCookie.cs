using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace WebApp.Sessions;

/// <summary>The SHA-256 of a whole cookie value: what stands for it in memory, so that no cookie has to.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CookieHash(UInt128 High, UInt128 Low)
{
    /// <summary>Null for a text that no cookie of this app has: empty, too long, or not ASCII.</summary>
    public static CookieHash? Of(ReadOnlySpan<char> cookie)
    {
        Span<byte> text = stackalloc byte[SessionCookieFormat.MaxLength], hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (cookie.IsEmpty || cookie.Length > text.Length || Ascii.FromUtf16(cookie, text, out var length) != System.Buffers.OperationStatus.Done)
            return null;

        SHA256.HashData(text[..length], hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}

/// <summary>
/// A cookie that opened a live session, with all that was found out on the way. Never changes, so any number of requests may share it.
/// </summary>
/// <param name="hash">Of the cookie.</param>
/// <param name="key">What the cookie carries.</param>
/// <param name="session">As the store had it.</param>
/// <param name="seed">Of the session's secrets.</param>
/// <param name="ticket">Can't be changed: see <see cref="Share"/>.</param>
/// <param name="openedAt">When cookie and ticket were opened: a timestamp of the clock.</param>
internal sealed class VerifiedCookie(
    CookieHash hash, SessionKey key, UserSession session, byte[] seed, AuthenticationTicket ticket, long openedAt)
{
    private long _touchedAfter;

    public CookieHash Hash => hash;

    public SessionKey Key => key;

    public UserSession Session => session;

    public byte[] Seed => seed;

    public AuthenticationTicket Ticket => ticket;

    public long OpenedAt => openedAt;

    /// <summary>When the ticket's principal was made. The framework keeps it as text.</summary>
    public DateTimeOffset? PrincipalMadeAt { get; } = ticket.Properties.IssuedUtc;

    /// <summary>What the framework's handler would answer.</summary>
    public AuthenticateResult Result { get; } = AuthenticateResult.Success(ticket);

    /// <summary>About how many bytes of memory this takes (measured with tickets of usual size).</summary>
    public int Size => 2048 + (3 * session.Ticket.Length) + (2 * session.UserAgent.Length);

    /// <summary>The same cookie with the session as it is now; itself if that has not changed. Null unless the ticket is the one that was opened before: then it must be opened anew.</summary>
    public VerifiedCookie? With(UserSession? now) => ReferenceEquals(now, session)
        ? this
        : now is not null && now.Id == session.Id && now.UserId == session.UserId && now.Remembered == session.Remembered
        && now.FamilyHash.Span.SequenceEqual(session.FamilyHash.Span) && now.Ticket.Span.SequenceEqual(session.Ticket.Span)
            ? new(hash, key, now, seed, ticket, openedAt)
            : null;

    /// <summary>Of the requests that find the recorded use stale side by side, one is to write.</summary>
    public bool TryBeginTouch() => Interlocked.Exchange(ref _touchedAfter, session.LastSeenAt.UtcTicks) != session.LastSeenAt.UtcTicks;

    /// <summary>It was not written: the next request is to try.</summary>
    public void TouchFailed() => Interlocked.Exchange(ref _touchedAfter, 0);

    /// <summary>A copy of the ticket that requests can share: what would change it throws.</summary>
    public static AuthenticationTicket Share(AuthenticationTicket ticket, UserSession session)
    {
        var properties = ticket.Properties.Clone();
        // A sign-in that takes the place of this session asks for it.
        properties.IsPersistent = session.Remembered;
        return new(new SharedPrincipal(ticket.Principal), new(new ReadOnlyDictionary<string, string?>(properties.Items)), ticket.AuthenticationScheme);
    }
}
