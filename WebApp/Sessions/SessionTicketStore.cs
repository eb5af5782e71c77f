using System.Globalization;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// The bridge between the cookie handler and the session store: tickets in, tickets out.
/// Only the overloads with an <see cref="HttpContext"/> are ever called by the handler.
/// </summary>
public sealed partial class SessionTicketStore(
    IUserSessionStore sessions, TicketProtector tickets, IOptions<SessionPolicy> options, SessionEvents events,
    TimeProvider clock, ILogger<SessionTicketStore> logger) : ITicketStore
{
    private readonly SessionPolicy _policy = options.Value;

    /// <summary>Begins a session for the signed-in principal and returns its encoded key.</summary>
    /// <exception cref="SignInSupersededException">All of the user's sessions were revoked while this sign-in was under way.</exception>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var request = RequestSession.Of(httpContext);
        var userId = Guid.Parse(ticket.Principal.FindFirstValue(ClaimTypes.NameIdentifier)!, CultureInfo.InvariantCulture);
        var generation = request.SignInGeneration ?? await sessions.GetGenerationAsync(userId);
        var key = SessionKey.Create(userId);
        var now = clock.GetUtcMilliseconds();
        var address = AddressOf(httpContext);
        var session = new UserSession
        {
            UserId = userId,
            Id = key.SessionId,
            SecretHash = key.HashSecret(),
            CreatedAt = now,
            LastSeenAt = now,
            IdleTimeout = _policy.IdleWindow(ticket.Properties.IsPersistent),
            AbsoluteDeadline = _policy.AbsoluteDeadline(now, ticket.Properties.IsPersistent),
            Remembered = ticket.Properties.IsPersistent,
            SignInMethod = ticket.Principal.FindFirstValue("amr") ?? "",
            SignInAddress = address,
            LastAddress = address,
            UserAgent = Device.Clean(httpContext.Request.Headers.UserAgent),
            Ticket = tickets.Protect(key.SessionId, ticket),
        };

        if (!await sessions.AddAsync(session, generation))
            throw new SignInSupersededException();

        request.Current = session;
        await events.RaiseAsync(new SessionStarted(session));
        return key.Encode();
    }

    /// <summary>The ticket of a live session that the key opens; null otherwise, with what may be told in <see cref="RequestSession.Ended"/>.</summary>
    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        if (!SessionKey.TryDecode(key, out var presented))
            return null;

        var request = RequestSession.Of(httpContext);
        var session = await sessions.FindAsync(presented.UserId, presented.SessionId);
        if (session is null)
        {
            // Only this app can have made the cookie, so the session did exist: time has taken it.
            request.Ended = new(SessionEndCause.Expired, null);
            return null;
        }

        if (!presented.Opens(session))
            return null;

        if (session.Revocation is { } revocation)
        {
            request.Ended = new(CauseOf(revocation.Reason), revocation.At);
            return null;
        }

        if (tickets.Unprotect(session, CookieAuthenticationDefaults.AuthenticationScheme) is not { } ticket)
        {
            // Of the requests that meet such a ticket at once, only the one that ended the session says so.
            if (await EndAsync(httpContext, session, RevocationReason.Unreadable))
                LogUnreadable(logger, session.UserId, session.Id);
            return null;
        }

        // The handler would judge by whole seconds; the record's deadlines are the ones that count.
        ticket.Properties.ExpiresUtc = null;
        request.Current = session;
        if (clock.GetUtcMilliseconds() - session.LastSeenAt >= _policy.TouchInterval(session.Remembered))
            _ = TouchAsync(session, AddressOf(httpContext));
        return ticket;
    }

    /// <summary>Saves a rebuilt principal in the session that it belongs to; false when that session has ended meanwhile.</summary>
    public Task<bool> UpdateAsync(UserSession session, AuthenticationTicket ticket) =>
        sessions.UpdateTicketAsync(session.UserId, session.Id, tickets.Protect(session.Id, ticket));

    /// <summary>Ends the session that this request came with, so that the request counts as signed out; true when this call ended it.</summary>
    public async Task<bool> EndAsync(HttpContext httpContext, UserSession session, RevocationReason reason)
    {
        var request = RequestSession.Of(httpContext);
        var revocation = new Revocation(clock.GetUtcMilliseconds(), reason);
        request.Current = null;
        request.Ended = new(CauseOf(reason), revocation.At);
        if (!await sessions.RevokeAsync(session.UserId, session.Id, revocation))
            return false;

        await events.RaiseAsync(new SessionRevoked(session.UserId, session.Id, revocation));
        return true;
    }

    /// <summary>Never reached: the handler renews on sliding expiration and on request only, and <see cref="SessionCookieHandler"/> has neither.</summary>
    public Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A session is not renewed through its cookie; see UpdateAsync.");

    /// <summary>Ends the session because its browser signed out.</summary>
    public async Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        if (!SessionKey.TryDecode(key, out var presented))
            return;

        var revocation = new Revocation(clock.GetUtcMilliseconds(), RevocationReason.SignedOut);
        if (await sessions.RevokeAsync(presented.UserId, presented.SessionId, revocation))
            await events.RaiseAsync(new SessionRevoked(presented.UserId, presented.SessionId, revocation));
    }

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket) => throw NeedsContext();

    Task<AuthenticationTicket?> ITicketStore.RetrieveAsync(string key) => throw NeedsContext();

    Task ITicketStore.RenewAsync(string key, AuthenticationTicket ticket) => throw NeedsContext();

    Task ITicketStore.RemoveAsync(string key) => throw NeedsContext();

    // Off the request's path: the page does not wait for a write, and a failed one is tried by the next request.
    private Task TouchAsync(UserSession session, IPAddress? address) => Task.Run(async () =>
    {
        try
        {
            await sessions.TouchAsync(session.UserId, session.Id, clock.GetUtcMilliseconds(), address);
        }
        catch (SessionStoreUnavailableException e)
        {
            LogTouchFailed(logger, e, session.UserId, session.Id);
        }
    });

    private static IPAddress? AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;

    private static SessionEndCause CauseOf(RevocationReason reason) => (reason, reason.RevokedBy()) switch
    {
        (RevocationReason.SignedOut, _) => SessionEndCause.SignedOut,
        (RevocationReason.SignedInAgain, _) => SessionEndCause.SignedInAgain,
        (_, RevokedBy.User) => SessionEndCause.SignedOutElsewhere,
        (_, RevokedBy.Support) => SessionEndCause.Support,
        _ => SessionEndCause.SecurityRule,
    };

    private static NotSupportedException NeedsContext() => new("The cookie handler calls the overloads that take an HttpContext.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ticket of session {SessionId} of user {UserId} can't be read; the session was ended")]
    private static partial void LogUnreadable(ILogger logger, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Last seen of session {SessionId} of user {UserId} was not written")]
    private static partial void LogTouchFailed(ILogger logger, Exception exception, Guid userId, SessionId sessionId);
}

/// <summary>While this sign-in was under way, all sessions of the user were revoked: the person has to sign in again.</summary>
public sealed class SignInSupersededException() : Exception("All sessions of this user were ended while the sign-in was under way.");
