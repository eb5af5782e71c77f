using System.Net;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>
/// Stands between a cookie that opens a session and the request: judges the age of its secret and whether its use fits, and keeps the record
/// of that. What it writes, it writes off the request's path, but for what the request depends on: a lock or an end.
/// </summary>
public sealed partial class SessionGuard(
    IUserSessionStore sessions, SessionManager manager, SessionEvents events, IOptions<SessionPolicy> options, TimeProvider clock, ILogger<SessionGuard> logger)
{
    /// <summary>How often a change of network, country or browser is recorded at most, whatever a client does.</summary>
    private static readonly TimeSpan ChangeDistance = TimeSpan.FromSeconds(10);

    /// <summary>How soon a return is not told of: phones move to and fro.</summary>
    private static readonly TimeSpan MoveDistance = TimeSpan.FromMinutes(10);

    /// <summary>Of a session refused more often than this no new network is told: who changes networks every second must not fill the log.</summary>
    private const int MaxRefusedTold = 100;

    private readonly SessionPolicy _policy = options.Value;

    /// <summary>Whether the request may go on as <paramref name="session"/>'s, perhaps locked: then it is <see cref="RequestSession.Current"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">Live, as the store has it.</param>
    /// <param name="presented">A key of the session that was issued.</param>
    /// <param name="seed">The session's.</param>
    internal async Task<bool> AcceptAsync(HttpContext context, UserSession session, SessionKey presented, byte[] seed)
    {
        var now = clock.GetUtcMilliseconds();
        var use = UseOf(context, session, now);
        var secretUse = session.UseOf(presented.Version, now, _policy.RotationGrace);
        var signals = session.Lock is null ? SessionSignals.Find(session, use, _policy) : [];
        if (await JudgeAsync(context, session, secretUse, use) is not { } accepted
            || await StopAsync(context, accepted, signals, use) is not { } judged)
            return false;

        var request = RequestSession.Of(context);
        (request.Current, request.Key, request.Seed) = (judged, presented, seed);
        request.HasNewestSecret = secretUse is SecretUse.Current or SecretUse.Next;
        if (secretUse is SecretUse.Next or SecretUse.Ahead)
            _ = RotateAsync(session, presented.Version, now);
        else if (secretUse is SecretUse.Current && _policy.IsRotationDue(session, now) && IsNavigation(context.Request))
            request.NextKey = presented.Next(seed);
        // An older secret may be a copy's: where it comes from is not where the session is used. Nor is what was stopped just now.
        if (request.HasNewestSecret && judged.Lock is null && IsActivity(context) && IsWorthRecording(session, use))
            request.Recorded = TouchAsync(session, use, [.. signals.Where(signal => !signal.Rule.Stops)]);
        return true;
    }

    /// <summary>Counts a request that came with the key of a revoked session.</summary>
    internal void Refuse(HttpContext context, UserSession tombstone)
    {
        // A sign-in looks at the presented cookie once more, when it has just ended that session itself.
        if (RequestSession.Of(context).Key?.SessionId == tombstone.Id)
            return;

        var (now, address) = (clock.GetUtcMilliseconds(), context.GetPeerAddress());
        if (tombstone.Refused is null || now - tombstone.Refused.LastAt >= IUserSessionStore.RefusedAttemptDistance)
            _ = CountRefusedAsync(tombstone, now, address);
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
        session.IsSecretSeen && (Network.Differ(session.LastAddress, use.Address) || session.Family.DiffersFrom(use.Family));

    private async Task<UserSession> LockAsync(UserSession session, LockReason reason, SessionUse use)
    {
        if (session.Lock is not null)
            return session;

        await manager.LockAsync(session.UserId, session.Id, reason, use.Address);
        return session with { Lock = new(use.SeenAt, reason) };
    }

    private SessionUse UseOf(HttpContext context, UserSession session, DateTimeOffset now)
    {
        var address = context.GetPeerAddress();
        var moved = Network.Differ(session.LastAddress, address);
        return new(now, address)
        {
            Country = CountryOf(context.Request) ?? session.Country,
            PreviousAddress = moved ? session.LastAddress : session.PreviousAddress,
            MovedAt = moved ? now : session.MovedAt,
            Family = FamilyOf(context.Request, session.Family),
        };
    }

    /// <summary>What the header leaves out stays as it was known: else a half-empty one would make way for any other browser.</summary>
    internal static BrowserFamily FamilyOf(HttpRequest request, BrowserFamily known)
    {
        var seen = Device.Parse(request.Headers.UserAgent.ToString()).Family;
        return seen.DiffersFrom(known)
            ? seen
            : new(seen.Browser == 0 ? known.Browser : seen.Browser, seen.System == 0 ? known.System : seen.System);
    }

    /// <summary>As two capital letters; null when the proxy tells none. (XX and T1 stand for "unknown" and for Tor.)</summary>
    internal string? CountryOf(HttpRequest request) =>
        _policy.CountryHeader is { } header && request.Headers[header].ToString().ToUpperInvariant() is { Length: 2 } country
            && country.All(char.IsAsciiLetterUpper) && country != "XX"
                ? country
                : null;

    private static bool IsActivity(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NotActivityAttribute>() is null;

    /// <summary>From time to time, after a proof of identity, and when it is used from somewhere else than before.</summary>
    private bool IsWorthRecording(UserSession session, SessionUse use)
    {
        var since = use.SeenAt - session.LastSeenAt;
        return since >= _policy.TouchInterval(session) || session.AuthenticatedAt > session.LastSeenAt || (since >= ChangeDistance && (HasMoved(session, use) || session.Family != use.Family));
    }

    private static bool HasMoved(UserSession session, SessionUse use) => use.MovedAt != session.MovedAt || use.Country != session.Country;

    /// <summary>A new network always; back to the one before, or another country, only when that was not so moments ago.</summary>
    private static bool IsMoveTold(UserSession session, SessionUse use) => use.MovedAt != session.MovedAt
        ? session.PreviousAddress is null || Network.Differ(session.PreviousAddress, use.Address) || use.SeenAt - session.MovedAt >= MoveDistance
        : use.Country != session.Country && !(use.SeenAt - session.MovedAt < MoveDistance);

    // Browsers store the cookies of a page they show, but may drop those of an image or a script that came late.
    private static bool IsNavigation(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"].ToString() is ("" or "navigate");

    // If the write fails, the old secret stays good and the next request tries again.
    private Task RotateAsync(UserSession session, SecretVersion next, DateTimeOffset seenAt) => Task.Run(async () =>
    {
        try
        {
            await sessions.RotateAsync(session.UserId, session.Id, session.Secret, next, seenAt);
        }
        catch (SessionStoreUnavailableException e)
        {
            LogRotationFailed(e, session.UserId, session.Id);
        }
    });

    // The page does not wait for a write, and a failed one is tried by the next request.
    private Task TouchAsync(UserSession session, SessionUse use, IReadOnlyList<SignalSeen> signals) => Task.Run(async () =>
    {
        try
        {
            if (!await sessions.TouchAsync(session.UserId, session.Id, use))
                return;

            if (IsMoveTold(session, use))
                await events.RaiseAsync(new SessionMoved(session.UserId, session.Id, session.LastAddress, use));
            foreach (var signal in signals)
                await events.RaiseAsync(new SignalRaised(session.UserId, session.Id, signal, use.Address));
        }
        catch (SessionStoreUnavailableException e)
        {
            LogTouchFailed(e, session.UserId, session.Id);
        }
    });

    private Task CountRefusedAsync(UserSession tombstone, DateTimeOffset at, IPAddress? address) => Task.Run(async () =>
    {
        try
        {
            var isNew = Network.Differ(tombstone.LastAddress, address)
                && (tombstone.Refused is not { } refused || (refused.Count < MaxRefusedTold && Network.Differ(refused.LastAddress, address)));
            if (await sessions.CountRefusedAsync(tombstone.UserId, tombstone.Id, at, address) && isNew)
                await events.RaiseAsync(new RevokedSessionTried(tombstone.UserId, tombstone.Id, address));
        }
        catch (SessionStoreUnavailableException e)
        {
            LogRefusalFailed(e, tombstone.UserId, tombstone.Id);
        }
    });

    [LoggerMessage(Level = LogLevel.Warning, Message = "Last seen of session {SessionId} of user {UserId} was not written")]
    private partial void LogTouchFailed(Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A refused request of session {SessionId} of user {UserId} was not counted")]
    private partial void LogRefusalFailed(Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The new secret of session {SessionId} of user {UserId} was seen, but that was not written")]
    private partial void LogRotationFailed(Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {SessionId} of user {UserId} came with a later secret than the store knows of: the store went back in time")]
    private partial void LogAhead(Guid userId, SessionId sessionId);
}
