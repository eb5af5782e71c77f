namespace WebApp.Sessions;

/// <summary>A sign-in that proved who it is, and waits until one of the user's sessions has ended for it.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="SessionId">Of the session that it will begin: an id is taken but once, so however often this is sent, it signs in once.</param>
/// <param name="Generation">As it was before the first proof of identity: the end of all sessions meanwhile refuses this one too.</param>
/// <param name="Remembered">See <see cref="UserSession.Remembered"/>.</param>
/// <param name="Leash">See <see cref="RequestSession.Leash"/>.</param>
/// <param name="Methods">How identity was proved, as methods of RFC 8176 with blanks between them.</param>
/// <param name="GoodUntil">
/// UTC. At most <see cref="Lifetime"/> from now, and never later than the session could end by itself: its id would be free again.
/// </param>
public sealed record PendingSignIn(
    Guid UserId, SessionId SessionId, UserGeneration Generation, bool Remembered, DateTimeOffset? Leash, string Methods, DateTimeOffset GoodUntil)
{
    /// <summary>How long a person may think about it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
}

/// <summary>The user has as many sessions as allowed, and is to say which one ends (<see cref="WhenTooMany.Ask"/>). Nothing has ended yet.</summary>
public sealed class TooManySessionsException(PendingSignIn pending) : Exception("The user has as many sessions as allowed.")
{
    public PendingSignIn Pending { get; } = pending;
}
