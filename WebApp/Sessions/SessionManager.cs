using System.Net;

namespace WebApp.Sessions;

/// <summary>The verbs that pages use on sessions.</summary>
/// <remarks>Each throws <see cref="SessionStoreUnavailableException"/> when the store can't be reached; a revocation that threw is neither
/// done nor not done, and says so to nobody as done.</remarks>
public sealed class SessionManager(IUserSessionStore sessions, SessionEvents events, TimeProvider clock)
{
    /// <summary>Call before the first proof of identity: a sign-in that all sessions' end overtakes is then refused.</summary>
    public async Task BeginSignInAsync(HttpContext context, Guid userId) =>
        RequestSession.Of(context).SignInGeneration = await sessions.GetGenerationAsync(userId);

    /// <summary>Whether a sign-in that waited is still good: in time, and not done already.</summary>
    public async Task<bool> CanResumeAsync(PendingSignIn pending) =>
        clock.GetUtcNow() < pending.GoodUntil && await sessions.FindAsync(pending.UserId, pending.SessionId) is null;

    /// <summary>Goes on with a sign-in that waited: what begins in this request is its session, and no other.</summary>
    public static void ResumeSignIn(HttpContext context, PendingSignIn pending)
    {
        var request = RequestSession.Of(context);
        (request.SignInGeneration, request.SignInId, request.Leash, request.CanAsk) = (pending.Generation, pending.SessionId, pending.Leash, true);
    }

    /// <summary>The user's generation as it was when the sign-in in this request began, for a sign-in that goes on in another request.</summary>
    /// <exception cref="InvalidOperationException">No sign-in has begun in it.</exception>
    public static UserGeneration GenerationOfSignIn(HttpContext context) =>
        RequestSession.Of(context).SignInGeneration ?? throw new InvalidOperationException("No sign-in has begun in this request.");

    /// <summary>Goes on with a sign-in that began in another request, and whose session is yet to be chosen an id.</summary>
    /// <param name="context">The request.</param>
    /// <param name="generation">As it was before the first proof of identity.</param>
    /// <param name="leash">See <see cref="RequestSession.Leash"/>.</param>
    public static void ResumeSignIn(HttpContext context, UserGeneration generation, DateTimeOffset? leash)
    {
        var request = RequestSession.Of(context);
        (request.SignInGeneration, request.Leash, request.CanAsk) = (generation, leash, true);
    }

    /// <summary>The user's sessions, last seen first, and those revoked, last revoked first. Empty lists for an unknown user.</summary>
    public async Task<UserSessions> ListAsync(Guid userId)
    {
        var now = clock.GetUtcNow();
        var all = await sessions.ListAsync(userId);
        return new(
            [.. all.Where(s => s.IsLive(now)).OrderByDescending(s => s.LastSeenAt).ThenBy(s => s.Id.Value)],
            [.. all.Where(s => s.Revocation is not null).OrderByDescending(s => s.Revocation!.At).ThenBy(s => s.Id.Value)]);
    }

    /// <summary>The user's session, live or revoked; null when it has expired, or never was the user's.</summary>
    public Task<UserSession?> FindAsync(Guid userId, SessionId id) => sessions.FindAsync(userId, id);

    /// <summary>Sessions of all users, a page at a time; see <see cref="IUserSessionStore.ListAllAsync"/>. For staff only.</summary>
    public Task<SessionPage> ListAllAsync(SessionFilter filter, SessionCursor? after, int count) => sessions.ListAllAsync(filter, after, count);

    /// <summary>How many sessions there are, over all users; see <see cref="IUserSessionStore.CountAsync"/>.</summary>
    public Task<SessionCounts> CountAsync() => sessions.CountAsync();

    /// <summary>Live sessions by the beginning of their id; see <see cref="IUserSessionStore.FindByIdPrefixAsync"/>. For staff only.</summary>
    public Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count) => sessions.FindByIdPrefixAsync(hexPrefix, count);

    /// <summary>Ends one session of the user; false when it was gone already or never was the user's.</summary>
    /// <param name="userId">Whose it is.</param>
    /// <param name="id">Which one.</param>
    /// <param name="reason">Why.</param>
    /// <param name="caseReference">Support's; null otherwise.</param>
    /// <param name="by">See <see cref="SessionRevoked.By"/>.</param>
    public async Task<bool> RevokeAsync(Guid userId, SessionId id, RevocationReason reason, string? caseReference = null, Guid? by = null)
    {
        var revocation = new Revocation(clock.GetUtcMilliseconds(), reason, caseReference);
        if (!await sessions.RevokeAsync(userId, id, revocation))
            return false;

        await events.RaiseAsync(new SessionRevoked(userId, id, revocation) { By = by });
        return true;
    }

    /// <summary>Ends every session of the user but <paramref name="currentId"/> and refuses sign-ins under way; returns how many it ended.</summary>
    public Task<int> RevokeOthersAsync(Guid userId, SessionId currentId, RevocationReason reason) =>
        RevokeAllButAsync(userId, currentId, new(clock.GetUtcMilliseconds(), reason), by: null);

    /// <summary>Ends every session of the user and refuses sign-ins under way; returns how many it ended.</summary>
    /// <param name="userId">Whose they are.</param>
    /// <param name="reason">Why.</param>
    /// <param name="caseReference">Support's; null otherwise.</param>
    /// <param name="by">See <see cref="SessionRevoked.By"/>.</param>
    public Task<int> RevokeAllAsync(Guid userId, RevocationReason reason, string? caseReference = null, Guid? by = null) =>
        RevokeAllButAsync(userId, null, new(clock.GetUtcMilliseconds(), reason, caseReference), by);

    /// <summary>Ends every session of every user, but <paramref name="spared"/>; see <see cref="IUserSessionStore.EndEveryoneAsync"/>. No event tells of the single ones.</summary>
    public Task EndEveryoneAsync(RevocationReason reason, string? caseReference, SparedSession? spared) =>
        sessions.EndEveryoneAsync(new(clock.GetUtcMilliseconds(), reason, caseReference), spared);

    /// <summary>
    /// As <see cref="RevokeAllAsync(Guid, RevocationReason, string?, Guid?)"/>, as of a moment that the caller keeps, so that it can come late and be repeated: a
    /// session created after it stays. Returns how many have ended by it in all, this time and before. Nobody is mailed for it: that is left to the caller,
    /// who ends the sessions of many people.
    /// </summary>
    public async Task<int> RevokeAllAsync(Guid userId, Revocation revocation, Guid? by)
    {
        var ended = await sessions.RepeatRevokeAllAsync(userId, revocation);
        foreach (var id in ended)
            await events.RaiseAsync(new SessionRevoked(userId, id, revocation) { IsToldByCaller = true, By = by });
        var all = await sessions.ListAsync(userId);
        // Tombstones may be lost when memory is full.
        return Math.Max(ended.Count, all.Count(s => s.Revocation == revocation));
    }

    /// <summary>
    /// The user says that <paramref name="id"/> was somebody else's doing. That is noted first; then every session but <paramref name="currentId"/>
    /// ends, for a thief may have more than one; returns how many it ended.
    /// </summary>
    public async Task<int> DisownAsync(Guid userId, SessionId id, SessionId currentId, IPAddress? address)
    {
        await events.RaiseAsync(new SessionDisowned(userId, id, address));
        return await RevokeOthersAsync(userId, currentId, RevocationReason.NotMe);
    }

    /// <summary>
    /// Has the pages of that session's browser show its <see cref="SessionName"/> for <see cref="SessionName.ShownFor"/>; false when it is
    /// gone, or never was the user's.
    /// </summary>
    public Task<bool> ShowNameAsync(Guid userId, SessionId id) =>
        sessions.ShowNameAsync(userId, id, clock.GetUtcMilliseconds() + SessionName.ShownFor);

    /// <summary>Whether the session has ended for that reason.</summary>
    public async Task<bool> IsEndedAsync(Guid userId, SessionId id, RevocationReason reason) =>
        (await sessions.FindAsync(userId, id))?.Revocation?.Reason == reason;

    /// <summary>Locks a session of the user until identity is proved there; false when it was locked or gone already, or never was the user's.</summary>
    public async Task<bool> LockAsync(Guid userId, SessionId id, LockReason reason, IPAddress? address = null)
    {
        var sessionLock = new SessionLock(clock.GetUtcMilliseconds(), reason);
        if (!await sessions.LockAsync(userId, id, sessionLock))
            return false;

        await events.RaiseAsync(new SessionLocked(userId, id, sessionLock, address));
        return true;
    }

    /// <summary>Has a session of the user end at <paramref name="deadline"/> at the latest; false when it was gone, or ends earlier anyway.</summary>
    public async Task<bool> ShortenAsync(Guid userId, SessionId id, DateTimeOffset deadline)
    {
        if (!await sessions.ShortenAsync(userId, id, deadline))
            return false;

        await events.RaiseAsync(new SessionShortened(userId, id, deadline));
        return true;
    }

    /// <summary>Ends the session that this request came with, so that the request counts as signed out; true when this call ended it.</summary>
    public async Task<bool> EndPresentedAsync(HttpContext context, UserSession session, RevocationReason reason)
    {
        var request = RequestSession.Of(context);
        var revocation = new Revocation(clock.GetUtcMilliseconds(), reason);
        (request.Current, request.Retired) = (null, null);
        request.Ended = new(reason.Cause(), revocation.At);
        if (!await sessions.RevokeAsync(session.UserId, session.Id, revocation))
            return false;

        await events.RaiseAsync(new SessionRevoked(session.UserId, session.Id, revocation, context.GetPeerAddress()));
        return true;
    }

    private async Task<int> RevokeAllButAsync(Guid userId, SessionId? except, Revocation revocation, Guid? by)
    {
        var ended = await sessions.RevokeAllAsync(userId, except, revocation);
        foreach (var id in ended)
            await events.RaiseAsync(new SessionRevoked(userId, id, revocation) { By = by });
        return ended.Count;
    }
}

/// <summary>A user's live sessions and the tombstones of revoked ones.</summary>
public sealed record UserSessions(IReadOnlyList<UserSession> Live, IReadOnlyList<UserSession> Revoked);
