using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>What happened to one session, oldest first: from the audit log and, should that lack it, from the record.</summary>
public sealed record SessionStory(IReadOnlyList<SessionStory.Line> Lines)
{
    /// <summary>One thing that happened. It holds nothing of what is for staff only: neither who of them it was nor their notes.</summary>
    /// <param name="At">UTC.</param>
    /// <param name="What">In words, without a full stop.</param>
    /// <param name="Details">The values that were seen; null when there are none.</param>
    /// <param name="Address">Where it came from; null when unknown.</param>
    /// <param name="CaseReference">Support's; null outside support.</param>
    /// <param name="MayBeAnother">Whether it can be the doing of somebody else who has the cookie or the password.</param>
    public sealed record Line(DateTimeOffset At, string What, string? Details, string? Address, string? CaseReference, bool MayBeAnother);

    /// <param name="session">Live or revoked.</param>
    /// <param name="log">What the audit log has of it, in any order.</param>
    public static SessionStory Of(UserSession session, IReadOnlyList<AuditEntry> log)
    {
        var entries = log.Concat(FromRecord(session).Where(known => !log.Any(entry => entry.Action == known.Action)));
        return new([.. entries.OrderBy(e => e.At).ThenBy(Rank).ThenBy(e => e.Id).Select(e => LineOf(session, e)).OfType<Line>()]);
    }

    private static IEnumerable<AuditEntry> FromRecord(UserSession session)
    {
        yield return new() { Action = AuditAction.SignedIn, At = session.CreatedAt, Address = session.SignInAddress?.ToString() };
        if (session.Lock is { } locked)
            yield return new() { Action = AuditAction.SessionLocked, At = locked.At, Reason = locked.Reason.ToString() };
        if (session.Revocation is { } ended)
            yield return new() { Action = AuditAction.SessionEnded, At = ended.At, Reason = ended.Reason.ToString(), CaseReference = ended.CaseReference };
    }

    // What has no number of its own yet stands where it belongs among what happened at the same moment.
    private static int Rank(AuditEntry entry) => entry.Action switch
    {
        AuditAction.SignedIn => 0,
        AuditAction.SessionEnded => 2,
        AuditAction.RevokedSessionTried => 3,
        _ => 1,
    };

    private static Line? LineOf(UserSession session, AuditEntry entry) => Words.Told(entry) is not { } what
        ? null
        : new(
            entry.At,
            what,
            entry.Action == AuditAction.SignedIn ? $"{session.Device}, {Words.OfSignInMethod(session.SignInMethod)}" : entry.Details,
            entry.Address,
            entry.CaseReference,
            MayBeAnother(entry));

    private static bool MayBeAnother(AuditEntry entry) => entry.Action switch
    {
        AuditAction.SessionDisowned => false,
        // Otherwise it was support, or a rule that needed no request to act.
        AuditAction.SessionLocked or AuditAction.SessionEnded => (entry.ActorId is { } actor && actor == entry.SubjectId) || entry.Address is not null,
        _ => true,
    };
}
