using System.Net;

namespace WebApp.Sessions;

/// <summary>
/// Tells the outside what happens to sessions, without knowing who listens. Program.cs connects it to the audit log.
/// </summary>
public sealed class SessionEvents
{
    private Func<SessionEvent, Task> _listener = _ => Task.CompletedTask;

    /// <summary>Connects the one listener. It runs after the store has confirmed the change and must not throw.</summary>
    public void Connect(Func<SessionEvent, Task> listener) => _listener = listener;

    internal Task RaiseAsync(SessionEvent sessionEvent) => _listener(sessionEvent);
}

public abstract record SessionEvent(Guid UserId, SessionId SessionId);

public sealed record SessionStarted(UserSession Session) : SessionEvent(Session.UserId, Session.Id);

/// <param name="UserId">Whose session it was.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Revocation">When and why.</param>
/// <param name="Address">Of the request that a rule ended it for; null otherwise.</param>
public sealed record SessionRevoked(Guid UserId, SessionId SessionId, Revocation Revocation, IPAddress? Address = null) : SessionEvent(UserId, SessionId)
{
    /// <summary>Whether whoever ended it sees to it that the person is told.</summary>
    public bool IsToldByCaller { get; init; }

    /// <summary>Who of the staff ended it, so that each of two who act at once is told of their own; null when nobody of them did, or it is not known.</summary>
    public Guid? By { get; init; }
}

/// <param name="UserId">Whose session it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Lock">When and why.</param>
/// <param name="Address">Of the request that a rule locked it for; null otherwise.</param>
public sealed record SessionLocked(Guid UserId, SessionId SessionId, SessionLock Lock, IPAddress? Address = null) : SessionEvent(UserId, SessionId);

/// <summary>The session's owner had it end earlier than it would have.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Deadline">UTC; the latest end from now on.</param>
public sealed record SessionShortened(Guid UserId, SessionId SessionId, DateTimeOffset Deadline) : SessionEvent(UserId, SessionId);

/// <param name="UserId">Whose session it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Unlocked">Why it had been locked; null when it was not.</param>
/// <param name="Address">Where the proof of identity came from.</param>
public sealed record SessionConfirmed(Guid UserId, SessionId SessionId, LockReason? Unlocked, IPAddress? Address) : SessionEvent(UserId, SessionId);

/// <summary>The session is used from another network, or another country, than before.</summary>
/// <param name="UserId">Whose session it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="From">The address before; null when unknown.</param>
/// <param name="Use">With the address and the country now.</param>
public sealed record SessionMoved(Guid UserId, SessionId SessionId, IPAddress? From, SessionUse Use) : SessionEvent(UserId, SessionId);

/// <param name="UserId">Whose session it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Signal">What was seen, and what is done about it.</param>
/// <param name="Address">Of the request that it was seen in.</param>
public sealed record SignalRaised(Guid UserId, SessionId SessionId, SignalSeen Signal, IPAddress? Address) : SessionEvent(UserId, SessionId);

/// <summary>The person says that the session was somebody else's. Raised before anything is ended for it.</summary>
/// <param name="UserId">Whose account it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Address">Where the person said so.</param>
public sealed record SessionDisowned(Guid UserId, SessionId SessionId, IPAddress? Address) : SessionEvent(UserId, SessionId);

/// <summary>A session that was revoked was tried again, from another network than the last time it was tried or used.</summary>
/// <param name="UserId">Whose session it was.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Address">Where it was tried from.</param>
public sealed record RevokedSessionTried(Guid UserId, SessionId SessionId, IPAddress? Address) : SessionEvent(UserId, SessionId);
