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
public sealed record SessionRevoked(Guid UserId, SessionId SessionId, Revocation Revocation, IPAddress? Address = null) : SessionEvent(UserId, SessionId);
