using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>Keeps the record of how sessions are used. No request waits for what it writes, and a write that fails is tried by the next one.</summary>
public sealed partial class SessionRecorder(
    IUserSessionStore sessions, OpenedCookies opened, SessionEvents events, IOptions<SessionPolicy> options, TimeProvider clock, ILogger<SessionRecorder> logger)
{
    /// <summary>How often a change of network, country or browser is recorded at most, whatever a client does.</summary>
    private static readonly TimeSpan ChangeDistance = TimeSpan.FromSeconds(10);

    /// <summary>How soon a return is not told of: phones move to and fro.</summary>
    private static readonly TimeSpan MoveDistance = TimeSpan.FromMinutes(10);

    /// <summary>Of a session refused more often than this no new network is told: who changes networks every second must not fill the log.</summary>
    private const int MaxRefusedTold = 100;

    private readonly SessionPolicy _policy = options.Value;

    private readonly ConcurrentDictionary<Task, bool> _writing = new();

    /// <summary>Completes when what the requests so far left to be written is written.</summary>
    internal Task IdleAsync() => Task.WhenAll(_writing.Keys);

    /// <summary>What the request tells, and the session knows of, where it is used.</summary>
    internal SessionUse UseOf(HttpContext context, UserSession session, DateTimeOffset now)
    {
        var address = context.GetPeerAddress();
        var moved = Network.Differ(session.LastAddress, address);
        return new(now, address)
        {
            Country = CountryOf(context.Request) ?? session.Country,
            PreviousAddress = moved ? session.LastAddress : session.PreviousAddress,
            MovedAt = moved ? now : session.MovedAt,
            Family = FamilyOf(context.Request, session.Family),
            HidesBrowser = session.Family != default && HidesBrowser(context.Request),
        };
    }

    /// <summary>Whether the header is missing, or says nothing that is known of browsers.</summary>
    internal static bool HidesBrowser(HttpRequest request) => Device.FamilyOf(request.Headers.UserAgent.ToString()) == default;

    /// <summary>What the header leaves out stays as it was known: else a half-empty one would make way for any other browser.</summary>
    internal static BrowserFamily FamilyOf(HttpRequest request, BrowserFamily known)
    {
        var seen = Device.FamilyOf(request.Headers.UserAgent.ToString());
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

    /// <summary>From time to time, after a proof of identity, and when it is used from somewhere else than before.</summary>
    internal bool IsWorthRecording(UserSession session, SessionUse use)
    {
        var since = use.SeenAt - session.LastSeenAt;
        return since >= _policy.TouchInterval(session) || session.AuthenticatedAt > session.LastSeenAt || (since >= ChangeDistance && (HasMoved(session, use) || session.Family != use.Family));
    }

    private static bool HasMoved(UserSession session, SessionUse use) => use.MovedAt != session.MovedAt || use.Country != session.Country;

    /// <summary>A new network always; back to the one before, or another country, only when that was not so moments ago.</summary>
    private static bool IsMoveTold(UserSession session, SessionUse use) => use.MovedAt != session.MovedAt
        ? session.PreviousAddress is null || Network.Differ(session.PreviousAddress, use.Address) || use.SeenAt - session.MovedAt >= MoveDistance
        : use.Country != session.Country && !(use.SeenAt - session.MovedAt < MoveDistance);

    internal Task RotateAsync(UserSession session, SecretVersion next, DateTimeOffset seenAt) => Write(async () =>
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

    internal Task TouchAsync(VerifiedCookie cookie, SessionUse use, IReadOnlyList<SignalSeen> signals) => Write(async () =>
    {
        var session = cookie.Session;
        try
        {
            if (await sessions.TouchAsync(session.UserId, session.Id, use) is not { } touched)
                return;

            if (cookie.With(touched) is { } renewed)
                opened.Keep(renewed);
            if (IsMoveTold(session, use))
                await events.RaiseAsync(new SessionMoved(session.UserId, session.Id, session.LastAddress, use));
            foreach (var signal in signals.Where(signal => !signal.Rule.Stops))
                await events.RaiseAsync(new SignalRaised(session.UserId, session.Id, signal, use.Address));
        }
        catch (SessionStoreUnavailableException e)
        {
            cookie.TouchFailed();
            LogTouchFailed(e, session.UserId, session.Id);
        }
    });

    /// <summary>Counts a request that came with the key of a revoked session.</summary>
    internal void Refuse(HttpContext context, UserSession tombstone)
    {
        // A sign-in looks at the presented cookie once more, when it has just ended that session itself.
        if (RequestSession.Of(context).Key?.SessionId == tombstone.Id)
            return;

        // Nobody is left to tell; and of whoever deleted the account nothing more is collected.
        if (tombstone.Revocation?.Reason == RevocationReason.AccountDeleted)
            return;

        var (now, address) = (clock.GetUtcMilliseconds(), context.GetPeerAddress());
        if (tombstone.Refused is null || now - tombstone.Refused.LastAt >= IUserSessionStore.RefusedAttemptDistance)
            _ = CountRefusedAsync(tombstone, now, address);
    }

    private Task CountRefusedAsync(UserSession tombstone, DateTimeOffset at, IPAddress? address) => Write(async () =>
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

    private Task Write(Func<Task> write)
    {
        var writing = Task.Run(write);
        _writing.TryAdd(writing, true);
        _ = writing.ContinueWith(written => _writing.TryRemove(written, out _), TaskScheduler.Default);
        return writing;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Last seen of session {SessionId} of user {UserId} was not written")]
    private partial void LogTouchFailed(Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A refused request of session {SessionId} of user {UserId} was not counted")]
    private partial void LogRefusalFailed(Exception exception, Guid userId, SessionId sessionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The new secret of session {SessionId} of user {UserId} was seen, but that was not written")]
    private partial void LogRotationFailed(Exception exception, Guid userId, SessionId sessionId);
}
