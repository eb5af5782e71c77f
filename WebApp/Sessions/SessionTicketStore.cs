using System.Globalization;
using System.Runtime.CompilerServices;
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
    IUserSessionStore sessions, TicketProtector tickets, SessionCookieFormat format, OpenedCookies opened, SessionGuard guard, SessionRecorder recorder,
    SessionManager manager, RepeatedSignIns repeated, IOptions<SessionPolicy> options, SessionEvents events, TimeProvider clock, ILogger<SessionTicketStore> logger) : ITicketStore
{
    private readonly SessionPolicy _policy = options.Value;

    /// <summary>Begins a session for the signed-in principal and returns its encoded key.</summary>
    /// <exception cref="SignInSupersededException">All of the user's sessions were revoked while this sign-in was under way.</exception>
    /// <exception cref="TooManySessionsException">The person is to be asked which session shall end first.</exception>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var request = RequestSession.Of(httpContext);
        var userId = UserIdOf(ticket.Principal);
        request.SignInGeneration ??= await sessions.GetGenerationAsync(userId);
        var terms = _policy.TermsFor(ticket.Principal, ticket.Properties.IsPersistent);
        var seed = SessionKey.NewSeed();
        var key = SessionKey.Create(userId, request.SignInId ?? SessionId.New(), seed);
        if (request.SignInForm is { } form)
            (key, seed) = await repeated.FirstAsync(form, key, seed);
        var now = clock.GetUtcMilliseconds();
        var (address, userAgent) = (httpContext.GetPeerAddress(), Device.Clean(httpContext.Request.Headers.UserAgent));
        var session = new UserSession
        {
            UserId = userId,
            Id = key.SessionId,
            FamilyHash = key.HashFamily(),
            Secret = key.Version,
            PreviousSecret = key.Version,
            SecretSince = now,
            CreatedAt = now,
            AuthenticatedAt = now,
            LastSeenAt = now,
            IdleTimeout = _policy.IdleWindow(terms.IdleTimeout),
            AbsoluteDeadline = Earlier(now + terms.AbsoluteTimeout, request.Leash),
            Remembered = ticket.Properties.IsPersistent,
            SignInMethod = MethodsOf(ticket.Principal),
            SignInAddress = address,
            LastAddress = address,
            UserAgent = userAgent,
            Family = SessionRecorder.FamilyOf(httpContext.Request, default),
            Country = recorder.CountryOf(httpContext.Request),
            RightsVersion = request.RightsVersion,
            Ticket = tickets.Protect(userId, key.SessionId, new(seed, WithoutDeadlines(ticket))),
        };

        var ended = await AddAsync(request, session, terms, ticket.Principal);
        if (ended is null)
            return await TakeUpAsync(ticket, httpContext, key, seed, cancellationToken);

        (request.Current, request.Seed, request.HasNewestSecret, request.EndedForRoom) = (session, seed, true, ended.Count);
        await events.RaiseAsync(new SessionStarted(session));
        foreach (var id in ended)
            await events.RaiseAsync(new SessionRevoked(userId, id, new(now, RevocationReason.TooMany)));
        return key.Encode();
    }

    /// <summary>
    /// Hands the browser the key of the session that <see cref="RequestSession.SignInForm"/> has begun a moment ago; false when there is none. It is for a
    /// form whose proof can't be shown twice.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    internal async Task<bool> TryTakeUpAsync(HttpContext httpContext)
    {
        var request = RequestSession.Of(httpContext);
        if (request.SignInForm is not { } form || await repeated.FindAsync(form) is not var (key, seed)
            || await sessions.FindAsync(key.UserId, key.SessionId) is not { Lock: null } session || !session.IsLive(clock.GetUtcNow()) || !key.IsOf(session))
            return false;

        (request.Current, request.Seed, request.NextKey) = (session, seed, key.At(session.Secret, seed));
        return true;
    }

    /// <summary>
    /// The same form has signed in a moment ago: its session goes on, with the secret that it has now. If that has ended since, it was sent again on
    /// purpose, and begins another.
    /// </summary>
    private async Task<string> TakeUpAsync(AuthenticationTicket ticket, HttpContext httpContext, SessionKey key, byte[] seed, CancellationToken cancellationToken)
    {
        var request = RequestSession.Of(httpContext);
        if (request.SignInForm is null || await sessions.FindAsync(key.UserId, key.SessionId) is not { } session)
            throw new SignInSupersededException();

        request.SignInForm = null;
        if (!session.IsLive(clock.GetUtcNow()) || !key.IsOf(session))
            return await StoreAsync(ticket, httpContext, cancellationToken);

        (request.Current, request.Seed, request.HasNewestSecret) = (session, seed, true);
        return key.At(session.Secret, seed).Encode();
    }

    /// <summary>
    /// The session that a request came with ends when somebody signs in over it. If there will be no room even then, the person is asked first,
    /// and keeps it until they have answered.
    /// </summary>
    /// <exception cref="TooManySessionsException">Nothing has changed.</exception>
    internal async Task AskForRoomAsync(HttpContext httpContext, ClaimsPrincipal user, bool remembered)
    {
        var (request, userId, terms) = (RequestSession.Of(httpContext), UserIdOf(user), _policy.TermsFor(user, remembered));
        if (!MayAsk(request, terms) || request.Current is not { } current)
            return;

        if ((await manager.ListAsync(userId)).Live.Count(s => s.Id != current.Id) >= terms.MaxPerUser)
        {
            request.SignInGeneration ??= await sessions.GetGenerationAsync(userId);
            throw Ask(request, user, terms, remembered);
        }
    }

    /// <summary>The ticket of a live session that the key opens; null otherwise, with what may be told in <see cref="RequestSession.Ended"/>.</summary>
    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        if (!SessionKey.TryDecode(key, out var presented))
            return null;

        var session = await sessions.FindAsync(presented.UserId, presented.SessionId);
        return await VerifyAsync(httpContext, default, presented, session, CookieAuthenticationDefaults.AuthenticationScheme) is { } verified
            && await guard.AcceptAsync(httpContext, verified)
                ? verified.Ticket
                : null;
    }

    /// <summary>What the cookie was found to hold when it was opened some minutes ago; null if it was not, or must be opened anew.</summary>
    internal VerifiedCookie? FindOpened(ReadOnlySpan<char> cookie) =>
        CookieHash.Of(cookie) is { } hash ? opened.Find(hash) : null;

    /// <summary>As <see cref="RetrieveAsync"/>, for a whole cookie.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">What <see cref="FindOpened"/> found.</param>
    /// <param name="cookie">The cookie's value, whatever it may be; not needed if it is known.</param>
    /// <param name="scheme">The authentication scheme that asks.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<VerifiedCookie?> OpenAsync(
        HttpContext context, VerifiedCookie? known, string? cookie, string scheme)
    {
        if ((known?.Hash ?? CookieHash.Of(cookie)) is not { } hash || (known?.Key ?? format.Read(cookie!)) is not { } key)
            return null;

        var session = await sessions.FindAsync(key.UserId, key.SessionId, known?.Session);
        var verified = known?.With(session) ?? await VerifyAsync(context, hash, key, session, scheme);
        if (verified is null)
            return null;

        if (verified != known)
            opened.Keep(verified);
        return await guard.AcceptAsync(context, verified) ? verified : null;
    }

    /// <summary>Saves a rebuilt principal in the session that this request came with; false when that session has ended meanwhile.</summary>
    /// <param name="httpContext">The request.</param>
    /// <param name="ticket">With the principal.</param>
    /// <param name="rightsVersion">The version of the account's rights that it was made from.</param>
    /// <exception cref="InvalidOperationException">The request came with no live session.</exception>
    public Task<bool> UpdateAsync(HttpContext httpContext, AuthenticationTicket ticket, int rightsVersion) =>
        RequestSession.Of(httpContext) is { Current: { } session, Seed: { } seed }
            ? sessions.UpdateTicketAsync(session.UserId, session.Id, tickets.Protect(session.UserId, session.Id, new(seed, ticket)), rightsVersion)
            : throw new InvalidOperationException("The request came with no live session.");

    /// <summary>Never reached: the handler renews on sliding expiration and on request only, and <see cref="SessionCookieHandler"/> has neither.</summary>
    public Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A session is not renewed through its cookie; see UpdateAsync.");

    /// <summary>Nothing is left to do: <see cref="SessionCookieHandler"/> has ended the session before the base handler gets here.</summary>
    public Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken) => Task.CompletedTask;

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket) => throw NeedsContext();

    Task<AuthenticationTicket?> ITicketStore.RetrieveAsync(string key) => throw NeedsContext();

    Task ITicketStore.RenewAsync(string key, AuthenticationTicket ticket) => throw NeedsContext();

    Task ITicketStore.RemoveAsync(string key) => throw NeedsContext();

    /// <summary>Null unless the key opens the session that the store found, which is live.</summary>
    private async Task<VerifiedCookie?> VerifyAsync(
        HttpContext context, CookieHash hash, SessionKey key, UserSession? session, string scheme)
    {
        var request = RequestSession.Of(context);
        if (session is null)
        {
            // Only this app can have made the cookie, so the session did exist: time has taken it.
            request.Ended = new(SessionEndCause.Expired, null);
            return null;
        }

        if (!key.IsOf(session))
            return null;

        if (session.Revocation is { } revocation)
        {
            request.Ended = new(revocation.Reason.Cause(), revocation.At);
            recorder.Refuse(context, session);
            return null;
        }

        if (tickets.Unprotect(session, scheme) is not var (seed, ticket))
        {
            // Of the requests that meet such a ticket at once, only the one that ended the session says so.
            if (await manager.EndPresentedAsync(context, session, RevocationReason.Unreadable))
                LogUnreadable(logger, session.UserId, session.Id);
            return null;
        }

        return key.WasIssued(seed)
            ? new(hash, key, session, seed, VerifiedCookie.Share(ticket, session), clock.GetTimestamp())
            : null;
    }

    /// <summary>Adds the session, and returns those that ended for it; null when it was not added, for the sign-in was overtaken, or the id is taken.</summary>
    private async Task<IReadOnlyList<SessionId>?> AddAsync(RequestSession request, UserSession session, SessionTerms terms, ClaimsPrincipal user)
    {
        var generation = request.SignInGeneration!.Value;
        if (!MayAsk(request, terms))
            return await sessions.AddAsync(session, generation, terms.MaxPerUser);

        return await sessions.AddIfRoomAsync(session, generation, terms.MaxPerUser) switch
        {
            AddOutcome.Added => [],
            AddOutcome.Full => throw Ask(request, user, terms, session.Remembered),
            _ => null,
        };
    }

    private bool MayAsk(RequestSession request, SessionTerms terms) =>
        _policy.WhenTooMany == WhenTooMany.Ask && request.CanAsk && terms.MaxPerUser > 0;

    private TooManySessionsException Ask(RequestSession request, ClaimsPrincipal user, SessionTerms terms, bool remembered)
    {
        var shortest = new[] { PendingSignIn.Lifetime, terms.IdleTimeout, terms.AbsoluteTimeout }.Min();
        return new(new(UserIdOf(user), SessionId.New(), request.SignInGeneration!.Value, remembered, request.Leash,
            MethodsOf(user), Earlier(clock.GetUtcMilliseconds() + shortest, request.Leash)));
    }

    private static string MethodsOf(ClaimsPrincipal user) => string.Join(' ', user.FindAll("amr").Select(method => method.Value));

    private static Guid UserIdOf(ClaimsPrincipal user) => Guid.Parse(user.FindFirstValue(ClaimTypes.NameIdentifier)!, CultureInfo.InvariantCulture);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other < one ? other.Value : one;

    /// <summary>The handler would judge by whole seconds, and the record says whether a session is remembered: neither need lie in the ticket.</summary>
    private static AuthenticationTicket WithoutDeadlines(AuthenticationTicket ticket)
    {
        var properties = ticket.Properties.Clone();
        (properties.ExpiresUtc, properties.IsPersistent) = (null, false);
        return new(ticket.Principal, properties, ticket.AuthenticationScheme);
    }

    private static NotSupportedException NeedsContext() => new("The cookie handler calls the overloads that take an HttpContext.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ticket of session {SessionId} of user {UserId} can't be read; the session was ended")]
    private static partial void LogUnreadable(ILogger logger, Guid userId, SessionId sessionId);
}

/// <summary>While this sign-in was under way, all sessions of the user were revoked: the person has to sign in again.</summary>
public sealed class SignInSupersededException() : Exception("All sessions of this user were ended while the sign-in was under way.");
