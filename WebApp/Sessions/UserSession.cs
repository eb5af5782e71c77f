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

    /// <summary>Hash of the lasting part of the secret in the browser's cookie (see <see cref="SessionKey.HashFamily"/>).</summary>
    public required ReadOnlyMemory<byte> FamilyHash { get; init; }

    /// <summary>The version of the secret that the browser showed last.</summary>
    public required SecretVersion Secret { get; init; }

    /// <summary>The version before <see cref="Secret"/>; the same one until the first rotation.</summary>
    public required SecretVersion PreviousSecret { get; init; }

    /// <summary>When <see cref="Secret"/> was seen for the first time, or handed out upon a proof of identity.</summary>
    public required DateTimeOffset SecretSince { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the person last proved their identity: at sign-in, or when asked to confirm it.</summary>
    public required DateTimeOffset AuthenticatedAt { get; init; }

    /// <summary>When and why the session was locked; null while it is not. A locked session is live, but good for nothing until identity is proved.</summary>
    public SessionLock? Lock { get; init; }

    /// <summary>How many proofs of identity were begun since the last one that succeeded; see <see cref="SessionPolicy.MaxProofAttempts"/>.</summary>
    public byte ProofAttempts { get; init; }

    /// <summary>When the session was last recorded in use. Written at most once per <see cref="SessionPolicy.LastSeenResolution"/>.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>How long after <see cref="LastSeenAt"/> the session ends (see <see cref="SessionPolicy.IdleWindow"/>).</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>The moment at which the session ends however much it is used.</summary>
    public required DateTimeOffset AbsoluteDeadline { get; init; }

    /// <summary>Whether the person asked to stay signed in after closing the browser.</summary>
    public bool Remembered { get; init; }

    /// <summary>How the person signed in, as methods of RFC 8176 with blanks between them (<c>pwd otp</c>); empty when unknown. At most 32 characters.</summary>
    public string SignInMethod { get; init; } = "";

    /// <summary>The peer's address at sign-in; null when unknown. IPv4 is never IPv6-mapped.</summary>
    public IPAddress? SignInAddress { get; init; }

    /// <summary>The peer's address when last seen; null when unknown.</summary>
    public IPAddress? LastAddress { get; init; }

    /// <summary>The address before <see cref="LastAddress"/>, when that came from another network; null when there was none.</summary>
    public IPAddress? PreviousAddress { get; init; }

    /// <summary>When the network last changed; null when it never did.</summary>
    public DateTimeOffset? MovedAt { get; init; }

    /// <summary>The country of <see cref="LastAddress"/> as two capital letters, told by the proxy in front (see <see cref="SessionPolicy.CountryHeader"/>); null when unknown.</summary>
    public string? Country { get; init; }

    /// <summary>Which kind of browser used it last; that of <see cref="UserAgent"/> at first.</summary>
    public BrowserFamily Family { get; init; }

    /// <summary>The browser's own words, at most <see cref="Device.MaxUserAgentBytes"/> bytes of UTF-8, without control characters. Untrusted text.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>The version of the account's rights that the ticket was made from.</summary>
    public int RightsVersion { get; init; }

    /// <summary>The version that the ticket must be made from: if it is higher, the rights have changed since (see <see cref="IUserSessionStore.RequireRightsAsync"/>).</summary>
    public int RequiredRightsVersion { get; init; }

    /// <summary>Until when the browser's pages show the session's name, so that its owner can tell which device this is; null when they need not.</summary>
    public DateTimeOffset? NameShownUntil { get; init; }

    /// <summary>The protected authentication ticket; empty in a tombstone.</summary>
    public ReadOnlyMemory<byte> Ticket { get; init; }

    /// <summary>When and why the session was revoked; null while it has not been.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>Requests that came with the right secret after the revocation; null when there were none.</summary>
    public RefusedAttempts? Refused { get; init; }

    public DateTimeOffset IdleDeadline => LastSeenAt + IdleTimeout;

    /// <summary>The earlier of the two deadlines.</summary>
    public DateTimeOffset ExpiresAt => IdleDeadline < AbsoluteDeadline ? IdleDeadline : AbsoluteDeadline;

    /// <summary>Whether <see cref="Secret"/> came back from the browser: one handed out upon a proof of identity may have got lost.</summary>
    public bool IsSecretSeen => SecretSince != AuthenticatedAt || LastSeenAt > SecretSince;

    /// <summary>Neither revoked nor past a deadline.</summary>
    public bool IsLive(DateTimeOffset now) => Revocation is null && now < ExpiresAt;

    /// <summary>Whether a rule took its use for theft: it is locked by one, or ended as possible theft.</summary>
    public bool IsFlagged => Revocation is { } revocation
        ? revocation.Reason == RevocationReason.PossibleTheft
        : Lock is { } locked && locked.Reason.LockedBy() == RevokedBy.SecurityRule;

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
        // A proof of identity retires all that went before at once (ASVS 7.2.4). It may still be under way, so there is no alarm yet.
        if (inGrace && SecretSince == AuthenticatedAt && presented.Number < Secret.Number)
            return SecretUse.Retired;

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

/// <summary>Why a session was locked, and when.</summary>
/// <param name="At">UTC, millisecond precision.</param>
/// <param name="Reason">Implies by whom in general.</param>
public sealed record SessionLock(DateTimeOffset At, LockReason Reason);

/// <summary>Why a session was locked. The numbers are stored: add new ones, never reuse one.</summary>
public enum LockReason : byte
{
    /// <summary>The person locked it, here or from another browser.</summary>
    User = 1,

    Support = 20,

    /// <summary>It came with the secret before the present one, when that one's time was over: a copy, or a browser that had crashed.</summary>
    OldSecret = 40,

    /// <summary>It came with a later secret than the store knows of: the store has lost what happened last.</summary>
    StoreWentBack = 41,

    /// <summary>Another kind of browser used its cookie.</summary>
    BrowserChanged = 42,

    CountryChanged = 43,

    /// <summary>It was used in two countries within <see cref="SessionPolicy.TravelWindow"/>.</summary>
    Travel = 44,

    /// <summary>It was used from two networks by turns.</summary>
    TwoNetworks = 45,
}

/// <summary>What a tombstone tells of the requests that it refused.</summary>
/// <param name="Count">At least so many: those that follow each other within a second count once. Stops at 65,535.</param>
/// <param name="LastAt">UTC.</param>
/// <param name="LastAddress">Where the last one came from; null when unknown.</param>
public sealed record RefusedAttempts(int Count, DateTimeOffset LastAt, IPAddress? LastAddress);

/// <summary>What a session's record learns from its use.</summary>
/// <param name="SeenAt">UTC.</param>
/// <param name="Address">The peer's; null when unknown.</param>
public sealed record SessionUse(DateTimeOffset SeenAt, IPAddress? Address)
{
    /// <summary>See <see cref="UserSession.Country"/>.</summary>
    public string? Country { get; init; }

    /// <summary>See <see cref="UserSession.PreviousAddress"/>.</summary>
    public IPAddress? PreviousAddress { get; init; }

    /// <summary>See <see cref="UserSession.MovedAt"/>.</summary>
    public DateTimeOffset? MovedAt { get; init; }

    /// <summary>See <see cref="UserSession.Family"/>.</summary>
    public BrowserFamily Family { get; init; }

    /// <summary>The request does not say what browser sends it, though the session's is known: browsers always say it.</summary>
    public bool HidesBrowser { get; init; }

    /// <summary>Whether the browser can't be the session's.</summary>
    internal bool IsOtherBrowserThan(UserSession session) => HidesBrowser || session.Family.DiffersFrom(Family);
}
