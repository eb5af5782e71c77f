using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Stands between a cookie that opens a session and the request: judges the age of its secret and whether its use fits, and locks or ends the
/// session before the request goes on.
/// </summary>
public sealed partial class SessionGuard(
    SessionManager manager, SessionRecorder recorder, SessionEvents events, IOptions<SessionPolicy> options, TimeProvider clock, ILogger<SessionGuard> logger)
{
    private readonly SessionPolicy _policy = options.Value;

    /// <summary>Whether the request may go on as the session's, perhaps locked: then it is <see cref="RequestSession.Current"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="cookie">With the session as the store has it.</param>
    internal async ValueTask<bool> AcceptAsync(HttpContext context, VerifiedCookie cookie)
    {
        var (session, now) = (cookie.Session, clock.GetUtcMilliseconds());
        var use = recorder.UseOf(context, session, now);
        var secretUse = session.UseOf(cookie.Key.Version, now, _policy.RotationGrace);
        var signals = session.Lock is null ? SessionSignals.Find(session, use, _policy) : [];
        if (secretUse is not SecretUse.Current && await JudgeAsync(context, session, secretUse, use) is var judged)
            session = judged;
        if (session is not null && signals.Count > 0)
            session = await StopAsync(context, session, signals, use);
        if (session is null)
            return false;

        Accept(context, cookie, session, secretUse, use, signals);
        return true;
    }

    private void Accept(HttpContext context, VerifiedCookie cookie, UserSession session, SecretUse secretUse, SessionUse use, IReadOnlyList<SignalSeen> signals)
    {
        var request = RequestSession.Of(context);
        (request.Current, request.Key, request.Seed) = (session, cookie.Key, cookie.Seed);
        request.PrincipalMadeAt = cookie.PrincipalMadeAt;
        request.HasNewestSecret = secretUse is SecretUse.Current or SecretUse.Next;
        if (secretUse is SecretUse.Next or SecretUse.Ahead)
            _ = recorder.RotateAsync(cookie.Session, cookie.Key.Version, use.SeenAt);
        else if (secretUse is SecretUse.Current && _policy.IsRotationDue(session, use.SeenAt) && IsNavigation(context.Request))
            request.NextKey = cookie.Key.Next(cookie.Seed);
        // An older secret may be a copy's: where it comes from is not where the session is used. Nor is what was stopped just now.
        if (request.HasNewestSecret && session.Lock is null && IsActivity(context) && recorder.IsWorthRecording(session, use) && cookie.TryBeginTouch())
            request.Recorded = recorder.TouchAsync(cookie, use, signals);
    }

    /// <summary>
    /// The one secret just before stays good until the next was seen, and for a grace after that: an answer may get lost, tabs work side by side.
    /// Past that somebody holds a copy, or a browser crashed before it had stored the new one; only a proof of identity can tell.
    /// </summary>
    /// <returns>The session, locked if it has to be; null when the request is refused.</returns>
    private async Task<UserSession?> JudgeAsync(HttpContext context, UserSession session, SecretUse secretUse, SessionUse use)
    {
        switch (secretUse)
        {
            case SecretUse.Current or SecretUse.Next or SecretUse.InGrace:
                return session;
            case SecretUse.Ahead:
                LogAhead(session.UserId, session.Id);
                return await LockAsync(session, LockReason.StoreWentBack, use);
            case SecretUse.Reused when session.Lock is not null || !IsElsewhere(session, use):
                return await LockAsync(session, LockReason.OldSecret, use);
            case SecretUse.Retired:
                RequestSession.Of(context).Retired = session;
                RequestSession.Of(context).Ended = new(SessionEndCause.CookieReplaced, session.AuthenticatedAt);
                return null;
            default:
                await manager.EndPresentedAsync(context, session, RevocationReason.PossibleTheft);
                return null;
        }
    }

    /// <summary>Locks or ends the session if a rule says so.</summary>
    /// <returns>The session, locked if it has to be; null when the request is refused.</returns>
    private async Task<UserSession?> StopAsync(HttpContext context, UserSession session, IReadOnlyList<SignalSeen> signals, SessionUse use)
    {
        var stopping = signals.Where(signal => signal.Rule.Stops).ToList();
        if (stopping.Count == 0)
            return session;

        var ends = stopping.Exists(signal => signal.Rule.Action == SignalAction.End);
        var stopped = ends
            ? await manager.EndPresentedAsync(context, session, RevocationReason.Signal)
            : await manager.LockAsync(session.UserId, session.Id, LockFor(stopping[0].Signal), use.Address);
        // Of the requests that meet the rule side by side, only the one that was first tells of it.
        foreach (var signal in stopped ? stopping : [])
            await events.RaiseAsync(new SignalRaised(session.UserId, session.Id, signal, use.Address));
        return ends ? null : session with { Lock = session.Lock ?? new(use.SeenAt, LockFor(stopping[0].Signal)) };
    }

    private static LockReason LockFor(Signal signal) => signal switch
    {
        Signal.BrowserChanged => LockReason.BrowserChanged,
        Signal.CountryChanged => LockReason.CountryChanged,
        Signal.Travel => LockReason.Travel,
        _ => LockReason.TwoNetworks,
    };

    /// <summary>Whether the present secret is in use from another network or kind of browser: then both can't be one browser that crashed.</summary>
    private static bool IsElsewhere(UserSession session, SessionUse use) =>
        session.IsSecretSeen && (Network.Differ(session.LastAddress, use.Address) || use.IsOtherBrowserThan(session));

    private async Task<UserSession> LockAsync(UserSession session, LockReason reason, SessionUse use)
    {
        if (session.Lock is not null)
            return session;

        await manager.LockAsync(session.UserId, session.Id, reason, use.Address);
        return session with { Lock = new(use.SeenAt, reason) };
    }

    private static bool IsActivity(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NotActivityAttribute>() is null;

    // Browsers store the cookies of a page they show, but may drop those of an image or a script that came late.
    private static bool IsNavigation(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"].ToString() is ("" or "navigate");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {SessionId} of user {UserId} came with a later secret than the store knows of: the store went back in time")]
    private partial void LogAhead(Guid userId, SessionId sessionId);
}
