using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace WebApp.Sessions;

/// <summary>Keeps sessions. The rules below are the contract; one test suite holds every implementation to them.</summary>
/// <remarks>
/// <list type="number">
/// <item>Atomic: each call is one script or one transaction. A reader that lists never sees a user's index and records disagree.</item>
/// <item>Only <see cref="AddAsync"/> creates. Every other write acts on a live session (neither revoked nor past a deadline) or not
/// at all, and says which. Nothing revives a session, however calls interleave.</item>
/// <item>Missing is an answer, failure is an exception. Unknown, expired and unreadable sessions, and those of another user, are
/// "not found"; a store that can't be reached or doesn't answer within <see cref="SessionPolicy.CommandTimeout"/> throws
/// <see cref="SessionStoreUnavailableException"/>. After such an exception a write may or may not have happened, but it does not happen
/// later: a write that could not run in time does nothing. (A revocation is the exception: it is tried again until it is confirmed.)</item>
/// <item>No call takes a cancellation token: a closed tab must not cancel a sign-out. The time-out bounds them all.</item>
/// <item>Deadlines are those of the record, judged with the <see cref="TimeProvider"/>. Expiry inside the store only cleans up, later.</item>
/// <item>A tombstone stays until the session's absolute deadline, with everything but the ticket, unless its user leaves more than <see cref="MaxTombstones"/>.</item>
/// <item>Memory running full must not stop a revocation: the tombstone may be lost then, the session never stays.</item>
/// </list>
/// Ownership is an argument: a call for another user's session id finds nothing.
/// Implementations are safe for concurrent use.
/// </remarks>
public interface IUserSessionStore
{
    /// <summary>How many tombstones a user with a limit keeps at most: signing in and out all day must not fill the store.</summary>
    const int MaxTombstones = 100;

    /// <summary>Refused requests that follow each other faster count once, so that a flood of them is not one of writes.</summary>
    static readonly TimeSpan RefusedAttemptDistance = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Proves that the store serves sign-ins and sign-outs at this moment: reads, and does all that a write does but for
    /// the change, in the way of the other calls. Cheap enough for a health probe every second.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">It does not.</exception>
    Task CheckAsync();

    /// <summary>The live session or the tombstone; null when there is neither. One round trip at most.</summary>
    /// <param name="userId">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="known">
    /// What an earlier call returned for the same session, or null. If nothing about it has changed the store may return
    /// that very object, which saves reading it anew.
    /// </param>
    Task<UserSession?> FindAsync(Guid userId, SessionId id, UserSession? known = null);

    /// <summary>
    /// The user's generation: it changes with every <see cref="RevokeAllAsync"/>. Read it before the first proof of identity and
    /// hand it to <see cref="AddAsync"/>; a sign-in may take at most <see cref="UserGeneration.Lifetime"/>.
    /// </summary>
    Task<UserGeneration> GetGenerationAsync(Guid userId);

    /// <summary>
    /// Stores a new session, and ends as many of the user's least recently seen ones as it takes to have at most <paramref name="limit"/>
    /// live ones with it (0: no limit). Of the user's tombstones the latest <see cref="MaxTombstones"/> stay then.
    /// </summary>
    /// <returns>
    /// The ids of the sessions it ended. Null, and nothing changed, when the user's generation is no longer <paramref name="generation"/>
    /// (all sessions were revoked while this sign-in was under way) or when the id is taken.
    /// </returns>
    Task<IReadOnlyList<SessionId>?> AddAsync(UserSession session, UserGeneration generation, int limit = 0);

    /// <summary>As <see cref="AddAsync"/>, but ends nothing: without room among <paramref name="limit"/> live sessions it stores nothing either.</summary>
    Task<AddOutcome> AddIfRoomAsync(UserSession session, UserGeneration generation, int limit);

    /// <summary>Records use, unless a later use is recorded already. The session with it; null when this call wrote nothing.</summary>
    Task<UserSession?> TouchAsync(Guid userId, SessionId id, SessionUse use);

    /// <summary>
    /// Makes <paramref name="next"/> the secret's version, and <paramref name="current"/> the previous one, if it still is the current one;
    /// true when this call did.
    /// </summary>
    Task<bool> RotateAsync(Guid userId, SessionId id, SecretVersion current, SecretVersion next, DateTimeOffset seenAt);

    /// <summary>
    /// Counts a proof of identity that is about to be judged, if <paramref name="taken"/> still is how many were counted; true when this call
    /// did. Of proofs that are sent side by side one is let through.
    /// </summary>
    Task<bool> TakeProofAttemptAsync(Guid userId, SessionId id, byte taken);

    /// <summary>
    /// Records that identity was proved, if secret and lock still are as in <paramref name="seen"/>: the lock and the attempts are gone, and
    /// <see cref="SessionProof.Next"/> is the secret's version. True when this call did.
    /// </summary>
    Task<bool> ConfirmAsync(UserSession seen, SessionProof proof);

    /// <summary>
    /// Locks a live session; true when this call did, false when there was nothing to lock, it was locked already, or identity was proved
    /// after <see cref="SessionLock.At"/>.
    /// </summary>
    Task<bool> LockAsync(Guid userId, SessionId id, SessionLock sessionLock);

    /// <summary>Brings the absolute deadline nearer; true when this call did. It can only shorten.</summary>
    Task<bool> ShortenAsync(Guid userId, SessionId id, DateTimeOffset absoluteDeadline);

    /// <summary>Sets <see cref="UserSession.NameShownUntil"/>; true when this call did.</summary>
    Task<bool> ShowNameAsync(Guid userId, SessionId id, DateTimeOffset until);

    /// <summary>Replaces the protected ticket, which was made from <paramref name="rightsVersion"/>; true when this call wrote it.</summary>
    Task<bool> UpdateTicketAsync(Guid userId, SessionId id, ReadOnlyMemory<byte> ticket, int rightsVersion);

    /// <summary>
    /// Raises the version of rights that the user's sessions need, present ones and those of sign-ins under way. It never falls:
    /// a lower version changes nothing.
    /// </summary>
    Task RequireRightsAsync(Guid userId, int version);

    /// <summary>Counts a request that a tombstone refused; true when this call did, false when one was counted less than a second before.</summary>
    Task<bool> CountRefusedAsync(Guid userId, SessionId id, DateTimeOffset at, IPAddress? address);

    /// <summary>Turns a live session into a tombstone; true when this call ended it, false when there was nothing to end.</summary>
    Task<bool> RevokeAsync(Guid userId, SessionId id, Revocation revocation);

    /// <summary>
    /// Revokes every live session of the user but <paramref name="except"/> (null: without exception), refuses every sign-in that is
    /// under way, and returns the ids of the sessions it ended.
    /// </summary>
    Task<IReadOnlyList<SessionId>> RevokeAllAsync(Guid userId, SessionId? except, Revocation revocation);

    /// <summary>
    /// As <see cref="RevokeAllAsync"/>, for one that may have been done already: ends only sessions created at <see cref="Revocation.At"/> or before,
    /// so that a sign-in made since survives. Safe to repeat.
    /// </summary>
    Task<IReadOnlyList<SessionId>> RepeatRevokeAllAsync(Guid userId, Revocation revocation);

    /// <summary>
    /// Ends every session of every user but <paramref name="spared"/> (null: without exception), and refuses every sign-in that is under way. It takes
    /// the same time however many there are: what ended is found as a tombstone from then on, and put away later. Done again before that, the later
    /// time and reason stand for both.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">It may have happened for all, for some or for none. What has begun is seen through.</exception>
    Task EndEveryoneAsync(Revocation revocation, SparedSession? spared);

    /// <summary>The user's live sessions and tombstones, in no particular order. One round trip; empty for an unknown user.</summary>
    Task<IReadOnlyList<UserSession>> ListAsync(Guid userId);

    /// <summary>
    /// Up to <paramref name="count"/> sessions of all users that fit <paramref name="filter"/>, last seen first, that stand behind
    /// <paramref name="after"/> (null: from the beginning). They are live; with <see cref="SessionState.Flagged"/> there are also tombstones of possible
    /// theft. Who goes from page to page meets no session twice; one that is used meanwhile moves to the front, and is missed there. For staff only.
    /// </summary>
    /// <remarks>What is listed may be a moment older than what <see cref="FindAsync"/> says, but is never a session that had ended before the call.</remarks>
    Task<SessionPage> ListAllAsync(SessionFilter filter, SessionCursor? after, int count);

    /// <summary>
    /// How many sessions there are, over all users. What its store must not let cost more as sessions grow in number may lag behind: a session that
    /// ended by itself may be counted on for a sixty-fourth of its idle timeout, and at least for a minute.
    /// </summary>
    Task<SessionCounts> CountAsync();

    /// <summary>
    /// Up to <paramref name="count"/> live sessions whose id begins with <paramref name="hexPrefix"/>, last seen first; none for a text that is not
    /// <see cref="SessionFilter.MinIdPrefixLength"/> to 32 hexadecimal digits.
    /// </summary>
    Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count);
}

/// <summary>What became of a session that was to be stored if there is room.</summary>
public enum AddOutcome
{
    Added,

    /// <summary>All sessions were revoked while this sign-in was under way, or the id is taken.</summary>
    Superseded,

    /// <summary>The user has as many sessions as allowed.</summary>
    Full,
}

/// <summary>What changes when a person proves their identity.</summary>
/// <param name="Next">The secret's version from now on; see <see cref="SecretVersion.AfterProof"/>.</param>
/// <param name="Presented">The version that came with the proof.</param>
/// <param name="At">UTC.</param>
/// <param name="Family">The kind of browser that it came from.</param>
public sealed record SessionProof(SecretVersion Next, SecretVersion Presented, DateTimeOffset At, BrowserFamily Family);

/// <summary>A mark that changes whenever all sessions of a user are revoked.</summary>
/// <param name="Value">The user's own. Zero: not changed within <see cref="Lifetime"/>.</param>
/// <param name="Epoch">The number of the <see cref="SessionEpoch"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct UserGeneration(long Value, long Epoch)
{
    /// <summary>How long a store keeps a mark, and so the longest that one sign-in may take.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>By this much it rises with each millisecond since 1970; the rest is random.</summary>
    private const long TimeUnit = 1 << 21;

    /// <summary>A value that no earlier generation had. It tells when all sessions were revoked.</summary>
    public static long NewValue(DateTimeOffset revokedAt) =>
        (revokedAt.ToUnixTimeMilliseconds() * TimeUnit) + Random.Shared.NextInt64(TimeUnit);

    /// <summary>
    /// The session as it is to be stored. It begins after all others were revoked, which may be repeated and spares what
    /// was created later. But an instance whose clock is ahead may have revoked them: what came first counts, not what
    /// the clocks say.
    /// </summary>
    public UserSession Begin(UserSession session)
    {
        var revokedAt = Value / TimeUnit;
        var behind = TimeSpan.FromMilliseconds(revokedAt - session.CreatedAt.ToUnixTimeMilliseconds());
        return behind > TimeSpan.Zero && behind < Lifetime
            ? session with { CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(revokedAt + 1) }
            : session;
    }

    /// <summary>What <see cref="ToString"/> wrote; null if it is something else.</summary>
    public static UserGeneration? TryParse(string text) => text.Split('.') is [var value, var epoch]
        && long.TryParse(value, CultureInfo.InvariantCulture, out var ofUser) && long.TryParse(epoch, CultureInfo.InvariantCulture, out var number)
            ? new(ofUser, number)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}.{Epoch}");
}

/// <summary>The store could not be reached, or did not answer in time. Nobody may be let in, and nobody signed out, because of it.</summary>
public sealed class SessionStoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
