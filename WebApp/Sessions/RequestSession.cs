using Microsoft.AspNetCore.Authentication;

namespace WebApp.Sessions;

/// <summary>What this request has learnt of its browser's session. One per request: <see cref="Of"/>.</summary>
public sealed class RequestSession
{
    /// <summary>The live session that the cookie opens, or the one that a sign-in in this request began; null when signed out.</summary>
    public UserSession? Current { get; internal set; }

    /// <summary>The end of the session whose cookie the browser still holds; null when there is nothing to tell.</summary>
    public SessionEnd? Ended { get; internal set; }

    /// <summary>The store could not say whether the cookie is good: the request must be answered with 503, neither let in nor signed out.</summary>
    public bool IsUnavailable { get; internal set; }

    /// <summary>How many of the user's sessions the sign-in in this request ended, because there were too many.</summary>
    public int EndedForRoom { get; internal set; }

    /// <summary>
    /// Whether the request came with the newest secret of <see cref="Current"/>. A copy taken before the last proof of identity never does,
    /// so only such a request counts as made by whoever proved it.
    /// </summary>
    public bool HasNewestSecret { get; internal set; }

    /// <summary>Who asks, as it was found out; null while it was not.</summary>
    internal AuthenticateResult? Result { get; set; }

    /// <summary>The key that the request came with, once it was found to open <see cref="Current"/>; null when signed out or signed in only now.</summary>
    internal SessionKey? Key { get; set; }

    /// <summary>A live session that the cookie opened until identity was proved there, moments ago; null without one. A sign-in in this browser takes its place.</summary>
    internal UserSession? Retired { get; set; }

    /// <summary>When the principal of <see cref="Current"/> was made; null when that is not known.</summary>
    public DateTimeOffset? PrincipalMadeAt { get; internal set; }

    /// <summary>The seed of <see cref="Current"/>'s secrets; null when signed out.</summary>
    internal byte[]? Seed { get; set; }

    /// <summary>The key that the answer hands to the browser in the place of the one it has; null when it keeps that.</summary>
    internal SessionKey? NextKey { get; set; }

    /// <summary>The user's generation as it was before the first proof of identity; null when no sign-in began in this request.</summary>
    internal UserGeneration? SignInGeneration { get; set; }

    /// <summary>The id of the session that a resumed sign-in begins; null when any new one will do.</summary>
    internal SessionId? SignInId { get; set; }

    /// <summary>The form that signs in in this request; null when it makes no difference whether it is sent twice.</summary>
    public SignInForm? SignInForm { get; set; }

    /// <summary>
    /// The latest end of a session that begins in this request, whatever the policy grants; null without one.
    /// </summary>
    public DateTimeOffset? Leash { get; set; }

    /// <summary>
    /// Whether who signs in in this request can be asked which session shall end (<see cref="WhenTooMany.Ask"/>, <see cref="TooManySessionsException"/>).
    /// Where nobody can, the one used least recently ends.
    /// </summary>
    public bool CanAsk { get; set; }

    /// <summary>Done once the request's use of <see cref="Current"/> is recorded, or need not be. It never fails.</summary>
    internal Task Recorded { get; set; } = Task.CompletedTask;

    /// <summary>The version of the account's rights that the principal of a sign-in in this request was made from.</summary>
    public int RightsVersion { get; set; }

    public static RequestSession Of(HttpContext context)
    {
        if (context.Features.Get<RequestSession>() is not { } session)
            context.Features.Set(session = new RequestSession());
        return session;
    }
}

/// <summary>What may be told of a session's end before sign-in: when, and by whom in general. Never a reason or a case.</summary>
/// <param name="Cause">Who or what ended it.</param>
/// <param name="At">UTC; null when only the end itself is known.</param>
public sealed record SessionEnd(SessionEndCause Cause, DateTimeOffset? At);

public enum SessionEndCause
{
    Expired,
    SignedOut,
    SignedOutElsewhere,
    SignedInAgain,
    Support,
    SecurityRule,

    /// <summary>It goes on, but its identity was confirmed, which replaced the cookie; this browser came with the one before.</summary>
    CookieReplaced,

    /// <summary>Its person deleted the account.</summary>
    AccountDeleted,
}
