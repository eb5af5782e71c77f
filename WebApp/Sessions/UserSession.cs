using System.Net;

namespace WebApp.Sessions;

/// <summary>
/// One signed-in browser, or, once <see cref="Revocation"/> is set, the tombstone it left behind.
/// All times are UTC with millisecond precision.
/// </summary>
public sealed record UserSession
{
    public required Guid UserId { get; init; }

    public required SessionId Id { get; init; }

    /// <summary>SHA-256 (32 bytes) of the lasting part of the secret in the browser's cookie (see <see cref="SessionKey"/>).</summary>
    public required ReadOnlyMemory<byte> FamilyHash { get; init; }

    /// <summary>The version of the secret that the browser showed last.</summary>
    public required SecretVersion Secret { get; init; }

    /// <summary>The version before <see cref="Secret"/>; the same one until the first rotation.</summary>
    public required SecretVersion PreviousSecret { get; init; }

    /// <summary>When <see cref="Secret"/> was seen for the first time.</summary>
    public required DateTimeOffset SecretSince { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the session was last recorded in use. Written at most once per <see cref="SessionPolicy.LastSeenResolution"/>.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>How long after <see cref="LastSeenAt"/> the session ends (see <see cref="SessionPolicy.IdleWindow"/>).</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>The moment at which the session ends however much it is used.</summary>
    public required DateTimeOffset AbsoluteDeadline { get; init; }

    /// <summary>Whether the person asked to stay signed in after closing the browser.</summary>
    public bool Remembered { get; init; }

    /// <summary>How the person signed in, as a method of RFC 8176 (<c>pwd</c>); empty when unknown. At most 32 characters.</summary>
    public string SignInMethod { get; init; } = "";

    /// <summary>The peer's address at sign-in; null when unknown. IPv4 is never IPv6-mapped.</summary>
    public IPAddress? SignInAddress { get; init; }

    /// <summary>The peer's address when last seen; null when unknown.</summary>
    public IPAddress? LastAddress { get; init; }

    /// <summary>The browser's own words, at most <see cref="Device.MaxUserAgentBytes"/> bytes of UTF-8, without control characters. Untrusted text.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>The protected authentication ticket; empty in a tombstone.</summary>
    public ReadOnlyMemory<byte> Ticket { get; init; }

    /// <summary>When and why the session was revoked; null while it has not been.</summary>
    public Revocation? Revocation { get; init; }

    public DateTimeOffset IdleDeadline => LastSeenAt + IdleTimeout;

    /// <summary>The earlier of the two deadlines.</summary>
    public DateTimeOffset ExpiresAt => IdleDeadline < AbsoluteDeadline ? IdleDeadline : AbsoluteDeadline;

    /// <summary>Neither revoked nor past a deadline.</summary>
    public bool IsLive(DateTimeOffset now) => Revocation is null && now < ExpiresAt;

    /// <summary>What it means that this session's cookie comes with <paramref name="presented"/>.</summary>
    /// <param name="presented">A version that was issued.</param>
    /// <param name="now">UTC.</param>
    /// <param name="grace">How long a version stays good after the next one was seen.</param>
    public SecretUse UseOf(SecretVersion presented, DateTimeOffset now, TimeSpan grace)
    {
        if (presented == Secret)
            return SecretUse.Current;
        if (presented.Number > Secret.Number)
            return presented.Number - Secret.Number > 1 ? SecretUse.Ahead : SecretUse.Next;

        var inGrace = now < SecretSince + grace;
        // A twin: answers get lost or overtake each other, so tabs side by side may each be handed the next secret, and show several. Two graces
        // later (one for the answer, one for a request) only the one that the browser has kept can still come, so it may take the place of the
        // one seen first, once. Whoever shows the other one after that, or a third, is another browser.
        var swapped = PreviousSecret.Number == Secret.Number;
        if (presented.Number == Secret.Number && presented != PreviousSecret)
            return swapped
                ? (inGrace ? SecretUse.InGrace : SecretUse.Stale)
                : now < SecretSince + (2 * grace) ? SecretUse.InGrace : SecretUse.Next;

        var justBefore = presented == PreviousSecret || (presented.Number + 1 == Secret.Number && !swapped);
        return !justBefore ? SecretUse.Stale : inGrace ? SecretUse.InGrace : SecretUse.Reused;
    }

    public Device Device => Device.Parse(UserAgent);
}

/// <summary>Why a session was ended before its time, and when.</summary>
/// <param name="At">UTC, millisecond precision.</param>
/// <param name="Reason">Implies by whom in general: see <see cref="RevocationReasons.RevokedBy"/>.</param>
/// <param name="CaseReference">Support's reference, shown to the person after sign-in; null outside support. At most <see cref="MaxCaseReferenceLength"/> characters.</param>
public sealed record Revocation(DateTimeOffset At, RevocationReason Reason, string? CaseReference = null)
{
    public const int MaxCaseReferenceLength = 64;
}
