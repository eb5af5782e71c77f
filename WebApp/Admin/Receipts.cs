using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>
/// What became of an act of staff, for whoever asks and whenever: read from the audit log, which says what was asked and what followed, and from the tombstones,
/// which say what is known of each session, also when its end was confirmed only later. That an act was done is never inferred from silence.
/// </summary>
public sealed class Receipts(AuditLog audit, AdminDatabase bulk, UserDirectory people, SessionManager sessions, IOptions<SessionPolicy> policy)
{
    /// <summary>A user has at most so many live sessions unless there is no limit; what one act did beyond it is not listed.</summary>
    private const int MostFollowing = 1000;

    private static AuditAction[] Following =>
    [
        AuditAction.SessionEnded, AuditAction.SessionLocked, AuditAction.ForceSignOutUnconfirmed, AuditAction.ForceLockUnconfirmed, AuditAction.StaffActFailed, AuditAction.StaffActDone,
        .. StaffActs.Actions,
    ];

    /// <summary>Null for an id that is no act of staff on a person.</summary>
    public async Task<Receipt?> FindAsync(long id)
    {
        if (id is <= 0 or long.MaxValue || await audit.ListAsync(before: id + 1, count: 1) is not [{ SubjectId: { } subject } act]
            || act.Id != id || !StaffActs.Actions.Contains(act.Action))
            return null;

        var emails = await people.FindEmailsAsync(new[] { act.ActorId, act.SubjectId }.OfType<Guid>());
        var (followed, until) = await FollowedAsync(act, subject);
        var isDone = followed.Any(e => e.Action == AuditAction.StaffActDone) || await IsDoneInBulkAsync(act, subject);
        var receipt = new Receipt(act, emails.GetValueOrDefault(subject), act.ActorId is { } actor ? emails.GetValueOrDefault(actor) : null)
        {
            IsDone = isDone,
            Failure = isDone ? null : FailureOf(followed.FirstOrDefault(e => e.Action == AuditAction.StaffActFailed)),
        };
        try
        {
            var known = await sessions.ListAsync(subject);
            return await FillAsync(receipt, followed, until, [.. known.Live, .. known.Revoked]);
        }
        catch (SessionStoreUnavailableException)
        {
            return await FillAsync(receipt with { IsStoreDown = true }, followed, until, []);
        }
    }

    /// <summary>What followed from the act, and when the same person's next one about the same user began; null if there is none.</summary>
    private async Task<(IReadOnlyList<AuditEntry> Entries, DateTimeOffset? Until)> FollowedAsync(AuditEntry act, Guid subject)
    {
        var later = (await audit.ListNewerOfSubjectAsync(subject, Following, act.Id, MostFollowing)).Reverse().ToList();
        var next = later.Find(e => e.ActorId == act.ActorId && StaffActs.Actions.Contains(e.Action));
        return ([.. later.Where(e => IsNamedBy(e, act) ?? ((next is null || e.Id < next.Id) && Belongs(act, e)))], next?.At);
    }

    /// <summary>Null when the entry names no receipt: the details go with the account.</summary>
    private static bool? IsNamedBy(AuditEntry entry, AuditEntry act) =>
        entry is { Action: AuditAction.StaffActDone, Details: { } details } ? details == StaffActs.NameOf(act.Id) : null;

    /// <summary>Of each person of a bulk request the request itself keeps what became of them.</summary>
    private async Task<bool> IsDoneInBulkAsync(AuditEntry act, Guid subject) => BulkRequestOf(act) is { } request
        && await bulk.ReadAsync(db => db.Targets.AnyAsync(t => t.RequestId == request && t.UserId == subject && t.Fate == BulkFate.Done));

    /// <summary>The bulk request that the act was a part of; its name ends the details.</summary>
    private static Guid? BulkRequestOf(AuditEntry act) =>
        act is { Action: AuditAction.ForceSignOutAll, Details: { } details } && Guid.TryParse(details.Split(' ')[^1], out var request) ? request : null;

    /// <summary>Two who act on one user at once may even give the same reason: each has what is theirs.</summary>
    private static bool Belongs(AuditEntry act, AuditEntry entry) => entry.Action switch
    {
        // Whoever locked it is not part of what a lock keeps.
        AuditAction.SessionLocked => act.Action == AuditAction.ForceLock && entry.SessionId == act.SessionId && entry.Reason == nameof(LockReason.Support),
        _ => !StaffActs.Actions.Contains(entry.Action) && entry.ActorId == act.ActorId && entry.Reason == act.Reason && entry.CaseReference == act.CaseReference
            && (act.SessionId is null || entry.SessionId == act.SessionId),
    };

    private async Task<Receipt> FillAsync(Receipt receipt, IReadOnlyList<AuditEntry> followed, DateTimeOffset? until, IReadOnlyList<UserSession> known)
    {
        var ended = new List<ReceiptSession>();
        foreach (var entry in followed.Where(e => e.Action is AuditAction.SessionEnded or AuditAction.SessionLocked))
            ended.Add(await DescribeAsync(receipt.Act, entry, known.FirstOrDefault(session => session.Id.ToString() == entry.SessionId)));

        var doubts = followed.Where(e => e.Action is AuditAction.ForceSignOutUnconfirmed or AuditAction.ForceLockUnconfirmed).ToList();
        // The end of sessions is the last thing that an act does, and of all of them it is one; only those that were ticked end one by one.
        var isDone = receipt.IsDone || (receipt.Failure is null && doubts.Count == 0 && ended.Count > 0 && receipt.Act.Action != AuditAction.ForceSignOutSome);
        if (doubts.Count == 0 && (isDone || receipt.Failure is not null))
            return receipt with { Ended = ended, IsDone = isDone };

        // What was not confirmed then is repeated until it is: by now the tombstones may tell. They may, too, where nothing tells how the act ended.
        var later = known.Where(session => ended.TrueForAll(one => one.Id != session.Id.ToString()) && IsDoubted(session) && WasEndedBy(session)).Select(Describe);
        ended.AddRange(later);
        return receipt with
        {
            Ended = ended,
            IsUnconfirmed = doubts.Count > 0,
            Unconfirmed = [.. known.Where(session => session.Revocation is null && session.CreatedAt <= receipt.Act.At && IsDoubted(session)).Select(Describe)],
        };

        bool IsDoubted(UserSession session) => doubts.Count > 0
            ? doubts.Exists(doubt => IsAbout(doubt, session))
            : (receipt.Act.Action == AuditAction.ForceLock || StaffActs.Ending.Contains(receipt.Act.Action)) && IsAbout(receipt.Act, session);

        static bool IsAbout(AuditEntry entry, UserSession session) => entry.SessionId is null || entry.SessionId == session.Id.ToString();

        bool WasEndedBy(UserSession session) => session.Revocation is { } end && end.At >= receipt.Act.At && !(end.At > until)
            && end.Reason.ToString() == receipt.Act.Reason && end.CaseReference == receipt.Act.CaseReference;
    }

    private async Task<ReceiptSession> DescribeAsync(AuditEntry act, AuditEntry entry, UserSession? session)
    {
        if (session is not null)
            return Describe(session) with { At = session.Revocation?.At ?? entry.At };

        // The tombstone is gone by age; the log goes back further.
        var signedIn = (await audit.ListOfSessionAsync(act.SubjectId!.Value, entry.SessionId!, MostFollowing)).FirstOrDefault(e => e.Action == AuditAction.SignedIn);
        return new(entry.SessionId!, signedIn?.Device ?? "Unknown device") { At = entry.At, SignedInAt = signedIn?.At };
    }

    private ReceiptSession Describe(UserSession session)
    {
        var (end, recorded) = (session.Revocation?.At, session.LastSeenAt + policy.Value.LastSeenResolution);
        return new(session.Id.ToString(), session.Device.ToString())
        {
            At = end,
            SignedInAt = session.CreatedAt,
            LastRecordedAt = session.LastSeenAt,
            AcceptedUntil = end < recorded ? end : recorded,
            Refused = session.Refused,
            IsLive = session.Revocation is null,
        };
    }

    private static ActFailure? FailureOf(AuditEntry? entry) => entry is null ? null : Enum.TryParse<ActFailure>(entry.Details, out var failure) ? failure : ActFailure.Broken;
}

/// <param name="Act">What was asked, by whom, when and why.</param>
/// <param name="Email">Of the person it was about; null when the account is gone.</param>
/// <param name="By">The address of whoever asked; null for the command line, and when that account is gone.</param>
public sealed record Receipt(AuditEntry Act, string? Email, string? By)
{
    /// <summary>Why nothing was done; null when it was, or no more is known.</summary>
    public ActFailure? Failure { get; init; }

    /// <summary>Something tells that it was done. Without that, and without a failure or a doubt, nobody knows how it ended, or it is under way.</summary>
    public bool IsDone { get; init; }

    /// <summary>The sessions that it ended or locked, as far as was confirmed by now.</summary>
    public IReadOnlyList<ReceiptSession> Ended { get; init; } = [];

    /// <summary>Whether the store did not confirm, then, which sessions it ended or locked.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>Of those not confirmed the sessions that the store still shows as live.</summary>
    public IReadOnlyList<ReceiptSession> Unconfirmed { get; init; } = [];

    /// <summary>The store does not answer at the moment: of each session only what the log has is known.</summary>
    public bool IsStoreDown { get; init; }
}

/// <summary>What is known of a session that an act was about. Times are UTC.</summary>
/// <param name="Id">Its public id.</param>
/// <param name="Device">In the app's own words.</param>
public sealed record ReceiptSession(string Id, string Device)
{
    /// <summary>When it was ended or locked; null when that is not confirmed.</summary>
    public DateTimeOffset? At { get; init; }

    public DateTimeOffset? SignedInAt { get; init; }

    /// <summary>The last use that was recorded; null when its record is gone.</summary>
    public DateTimeOffset? LastRecordedAt { get; init; }

    /// <summary>Requests up to then may have been accepted without being recorded.</summary>
    public DateTimeOffset? AcceptedUntil { get; init; }

    public RefusedAttempts? Refused { get; init; }

    /// <summary>Locked, or still in use.</summary>
    public bool IsLive { get; init; }
}
