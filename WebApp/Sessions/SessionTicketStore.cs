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
        var terms = _policy.TermsFor(ticket.Principal, ticket.Properties.IsPersistent);
        var seed = SessionKey.NewSeed();
        var key = SessionKey.Create(userId, seed);
        var now = clock.GetUtcMilliseconds();
        var address = AddressOf(httpContext);
        var session = new UserSession
        {
            UserId = userId,
            Id = key.SessionId,
            FamilyHash = key.HashFamily(),
            Secret = key.Version,
            PreviousSecret = key.Version,
            SecretSince = now,
            CreatedAt = now,
            LastSeenAt = now,
            IdleTimeout = _policy.IdleWindow(terms.IdleTimeout),
            AbsoluteDeadline = now + terms.AbsoluteTimeout,
            Remembered = ticket.Properties.IsPersistent,
            SignInMethod = ticket.Principal.FindFirstValue("amr") ?? "",
            SignInAddress = address,
            LastAddress = address,
            UserAgent = Device.Clean(httpContext.Request.Headers.UserAgent),
            Ticket = tickets.Protect(key.SessionId, new(seed, ticket)),
        };

        if (await sessions.AddAsync(session, generation, terms.MaxPerUser) is not { } ended)
            throw new SignInSupersededException();

        (request.Current, request.Seed, request.EndedForRoom) = (session, seed, ended.Count);
        await events.RaiseAsync(new SessionStarted(session));
        foreach (var id in ended)
            await events.RaiseAsync(new SessionRevoked(userId, id, new(now, RevocationReason.TooMany)));
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

        if (!presented.IsOf(session))
            return null;

        if (session.Revocation is { } revocation)
        {
            request.Ended = new(CauseOf(revocation.Reason), revocation.At);
            return null;
        }

        if (tickets.Unprotect(session, CookieAuthenticationDefaults.AuthenticationScheme) is not var (seed, ticket))
        {
            // Of the requests that meet such a ticket at once, only the one that ended the session says so.
            if (await EndAsync(httpContext, session, RevocationReason.Unreadable))
                LogUnreadable(logger, session.UserId, session.Id);
            return null;
        }

        if (!presented.WasIssued(seed) || !await AcceptAsync(httpContext, session, presented, seed))
            return null;

        // The handler would judge by whole seconds; the record's deadlines are the ones that count.
        ticket.Properties.ExpiresUtc = null;
        (request.Current, request.Seed) = (session, seed);
        if (clock.GetUtcMilliseconds() - session.LastSeenAt >= _policy.TouchInterval(session))
            _ = TouchAsync(session, AddressOf(httpContext));
        return ticket;
    }

    /// <summary>Saves a rebuilt principal in the session that this request came with; false when that session has ended meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The request came with no live session.</exception>
    public Task<bool> UpdateAsync(HttpContext httpContext, AuthenticationTicket ticket) =>
        RequestSession.Of(httpContext) is { Current: { } session, Seed: { } seed }
            ? sessions.UpdateTicketAsync(session.UserId, session.Id, tickets.Protect(session.Id, new(seed, ticket)))
            : throw new InvalidOperationException("The request came with no live session.");

    /// <summary>Ends the session that this request came with, so that the request counts as signed out; true when this call ended it.</summary>
    public async Task<bool> EndAsync(HttpContext httpContext, UserSession session, RevocationReason reason)
    {
        var request = RequestSession.Of(httpContext);
        var revocation = new Revocation(clock.GetUtcMilliseconds(), reason);
        request.Current = null;
        request.Ended = new(CauseOf(reason), revocation.At);
        if (!await sessions.RevokeAsync(session.UserId, session.Id, revocation))
            return false;

        await events.RaiseAsync(new SessionRevoked(session.UserId, session.Id, revocation, AddressOf(httpContext)));
        return true;
    }

    /// <summary>Never reached: the handler renews on sliding expiration and on request only, and <see cref="SessionCookieHandler"/> has neither.</summary>
    public Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A session is not renewed through its cookie; see UpdateAsync.");

    /// <summary>Nothing is left to do: <see cref="SessionCookieHandler"/> has ended the session before the base handler gets here.</summary>
    public Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken) => Task.CompletedTask;

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket) => throw NeedsContext();

    Task<AuthenticationTicket?> ITicketStore.RetrieveAsync(string key) => throw NeedsContext();

    Task ITicketStore.RenewAsync(string key, AuthenticationTicket ticket) => throw NeedsContext();

    Task ITicketStore.RemoveAsync(string key) => throw NeedsContext();

    /// <summary>
    /// Judges the version of the secret. The one just before stays good until the next was seen, and for a grace after that: an answer may get
    /// lost, tabs work side by side. Past that somebody holds a copy, and the session ends.
    /// </summary>
    private async Task<bool> AcceptAsync(HttpContext httpContext, UserSession session, SessionKey presented, byte[] seed)
    {
        var now = clock.GetUtcMilliseconds();
        switch (session.UseOf(presented.Version, now, _policy.RotationGrace))
        {
            case SecretUse.Current:
                if (_policy.IsRotationDue(session, now) && IsNavigation(httpContext.Request))
                    RequestSession.Of(httpContext).NextKey = presented.Next(seed);
                return true;
            case SecretUse.InGrace:
                return true;
            case SecretUse.Next:
                _ = RotateAsync(session, presented.Version, now);
                return true;
            case SecretUse.Ahead:
                LogAhead(logger, session.UserId, session.Id);
                _ = RotateAsync(session, presented.Version, now);
                return true;
            default:
                await EndAsync(httpContext, session, RevocationReason.PossibleTheft);
                return false;
        }
    }

    // Browsers store the cookies of a page they show, but may drop those of an image or a script that came late.
    private static bool IsNavigation(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"].ToString() is ("" or "navigate");

    // Off the request's path: if the write fails, the old secret stays good and the next request tries again.
    private Task RotateAsync(UserSession session, SecretVersion next, DateTimeOffset seenAt) => Task.Run(async () =>
    {
        try
        {
            await sessions.RotateAsync(session.UserId, session.Id, session.Secret, next, seenAt);
        }
        catch (SessionStoreUnavailableException e)
        {
            LogRotationFailed(logger, e, session.UserId, session.Id);
        }
    });

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The new secret of session {SessionId} of user {UserId} was seen, but that was not written")]
    private static partial void LogRotationFailed(ILogger logger, Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {SessionId} of user {UserId} came with a later secret than the store knows of: the store went back in time")]
    private static partial void LogAhead(ILogger logger, Guid userId, SessionId sessionId);
}

/// <summary>While this sign-in was under way, all sessions of the user were revoked: the person has to sign in again.</summary>
public sealed class SignInSupersededException() : Exception("All sessions of this user were ended while the sign-in was under way.");
