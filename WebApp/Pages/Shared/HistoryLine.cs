using System.Globalization;
using System.Text.Json;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>What a line of a person's history is about.</summary>
public enum HistoryKind
{
    All,
    SignIns,
    Sessions,

    /// <summary>The account itself and how to get into it: whatever is none of the others.</summary>
    Account,
    Staff,
}

/// <summary>Who did it, as generally as its subject may know.</summary>
public enum HistoryActor
{
    You,
    Support,

    /// <summary>A rule of the app, or its operator.</summary>
    App,

    /// <summary>Whoever it was did not prove who they are.</summary>
    Unknown,
}

/// <summary>
/// One audit entry as its subject may read it, on screen and in the file of their data: the one place that decides it. Never who of the staff acted,
/// nor from where, nor their note.
/// </summary>
public sealed record HistoryLine
{
    /// <summary>Acts of staff that are not told without what exactly was done.</summary>
    private static readonly HashSet<AuditAction> Detailed = [AuditAction.ForceSignOutSome, AuditAction.Ban, AuditAction.ChangeRoles, AuditAction.RevealAddress];

    private HistoryLine()
    {
    }

    public required long Id { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset At { get; init; }

    public required AuditAction Action { get; init; }

    public required HistoryActor By { get; init; }

    /// <summary>In words, without a full stop.</summary>
    public required string What { get; init; }

    /// <summary>The name of a reason, or of a role that was granted; null without one.</summary>
    public string? Reason { get; init; }

    public string? Details { get; init; }

    public string? CaseReference { get; init; }

    public string? SessionId { get; init; }

    /// <summary>As a method of RFC 8176; null when none was used.</summary>
    public string? Method { get; init; }

    public string? Device { get; init; }

    public string? Address { get; init; }

    public HistoryKind Kind => KindOf(Action);

    /// <summary>The actions of which lines of that kind tell.</summary>
    public static IReadOnlyCollection<AuditAction> ActionsOf(HistoryKind kind) =>
    [
        .. Enum.GetValues<AuditAction>()
            .Where(action => IsTold(action) && (kind == HistoryKind.All || KindOf(action) == kind)),
    ];

    /// <summary>Whether it says more to its subject than the line of the act itself.</summary>
    public static bool IsTold(AuditAction action) => action != AuditAction.StaffActDone;

    /// <param name="entry">Of which the reader is the subject, alone or among everyone.</param>
    public static HistoryLine Of(AuditEntry entry)
    {
        var by = ActorOf(entry);
        // What an entry by support has of these is the staff's own; an operator at the command line is support without a name.
        var isStaffs = KindOf(entry.Action) == HistoryKind.Staff || (entry.ActorId is { } actor && actor != entry.SubjectId);
        return new()
        {
            Id = entry.Id,
            At = entry.At,
            Action = entry.Action,
            By = by,
            What = Words.OfHistory(entry),
            Reason = entry.Reason,
            Details = isStaffs && !Detailed.Contains(entry.Action) ? null : entry.Details,
            CaseReference = entry.CaseReference,
            SessionId = entry.SessionId,
            Method = isStaffs || string.IsNullOrEmpty(entry.Method) ? null : entry.Method,
            Device = isStaffs ? null : entry.Device,
            Address = isStaffs ? null : entry.Address,
        };
    }

    /// <summary>As the fields of an object, for files: names that stay, and those of actions and reasons rather than the words on screen.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("at", At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("action", Action.ToString());
        json.WriteString("by", By.ToString());
        json.WriteString("reason", Reason);
        json.WriteString("details", Details);
        json.WriteString("caseReference", CaseReference);
        json.WriteString("sessionId", SessionId);
        json.WriteString("method", Method);
        json.WriteString("device", Device);
        json.WriteString("address", Address is { } address ? Words.OfAddress(address) : null);
    }

    private static HistoryActor ActorOf(AuditEntry entry) => entry switch
    {
        { ActorId: { } actor } when actor == entry.SubjectId => HistoryActor.You,
        { ActorId: not null } => HistoryActor.Support,
        { Device: not null } when KindOf(entry.Action) == HistoryKind.Staff => HistoryActor.Support,
        { Action: AuditAction.SessionEnded } when Enum.TryParse<RevocationReason>(entry.Reason, out var reason) && reason.RevokedBy() == RevokedBy.Support => HistoryActor.Support,
        { Action: AuditAction.SessionLocked } when Enum.TryParse<LockReason>(entry.Reason, out var reason) && reason.LockedBy() == RevokedBy.Support => HistoryActor.Support,
        { Action: AuditAction.SignInFailed or AuditAction.PasskeyRefused or AuditAction.SessionMoved or AuditAction.SignalRaised or AuditAction.SignalNotified or AuditAction.RevokedSessionTried } => HistoryActor.Unknown,
        _ => HistoryActor.App,
    };

    private static HistoryKind KindOf(AuditAction action) => action switch
    {
        AuditAction.SignedIn or AuditAction.SignInFailed or AuditAction.PasskeyRefused or AuditAction.IdentityConfirmed => HistoryKind.SignIns,
        AuditAction.SessionEnded or AuditAction.SessionLocked or AuditAction.SessionMoved or AuditAction.SessionShortened or AuditAction.SessionDisowned
            or AuditAction.SignalRaised or AuditAction.SignalNotified or AuditAction.RevokedSessionTried => HistoryKind.Sessions,
        AuditAction.ForceSignOutUnconfirmed or AuditAction.ForceLockUnconfirmed or AuditAction.Refused or AuditAction.StaffActFailed or AuditAction.StaffActDone
            or AuditAction.BulkRequested or AuditAction.BulkApproved or AuditAction.BulkRefused or AuditAction.BulkStarted or AuditAction.BulkPaused
            or AuditAction.BulkResumed or AuditAction.BulkStopped or AuditAction.BulkFinished or AuditAction.BulkReportDownloaded or AuditAction.ForceSignOutEveryone
            or AuditAction.AuditExported or AuditAction.BundleMade => HistoryKind.Staff,
        _ when StaffActs.Actions.Contains(action) => HistoryKind.Staff,
        _ => HistoryKind.Account,
    };
}
