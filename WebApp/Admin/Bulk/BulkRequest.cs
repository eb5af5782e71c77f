using WebApp.Sessions;

namespace WebApp.Admin.Bulk;

/// <summary>One request to end the sessions of many people, from its preview to its report.</summary>
public sealed class BulkRequest
{
    public const int MaxPickedLength = 500;

    public const int MaxSiteLength = 300;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public BulkKind Kind { get; init; }

    public BulkState State { get; set; }

    /// <summary>How the people were chosen, in words; null for <see cref="BulkKind.Everyone"/>.</summary>
    public string? Picked { get; init; }

    public Guid AskedBy { get; init; }

    /// <summary>Whether who asks was an Admin when they did.</summary>
    public bool AskerIsAdmin { get; init; }

    /// <summary>UTC; when the people were chosen.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>One of <see cref="StaffReason.Allowed"/>.</summary>
    public RevocationReason Reason { get; init; }

    public required string CaseReference { get; init; }

    public string? Note { get; init; }

    /// <summary>Whether who asks keeps their own sessions.</summary>
    public bool SparesAsker { get; set; } = true;

    /// <summary>The one session that stays when everyone's end: that in which it was asked for; null: none.</summary>
    public SparedSession? SparedSession => SparedSessionId is { } id ? new(AskedBy, SessionId.Parse(id, null)) : null;

    /// <summary>Of <see cref="SparedSession"/>.</summary>
    public string? SparedSessionId { get; init; }

    /// <summary>How many rows the list had; 0 without a list.</summary>
    public int Rows { get; init; }

    /// <summary>How many people's sessions are to be ended: the number that is typed to confirm.</summary>
    public int People { get; set; }

    /// <summary>How many of <see cref="People"/> have a role.</summary>
    public int Staff { get; set; }

    /// <summary>How many of <see cref="People"/> are Admins.</summary>
    public int Admins { get; set; }

    /// <summary>The position up to which sessions were counted; counting is over when it is <see cref="int.MaxValue"/>.</summary>
    public int CountedTo { get; set; } = -1;

    public int CountedPeople { get; set; }

    /// <summary>Live sessions of the people counted so far.</summary>
    public int Sessions { get; set; }

    /// <summary>How many of the people counted so far used one within <see cref="BulkCounter.Recently"/>.</summary>
    public int Active { get; set; }

    /// <summary>UTC; null before.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>Who approved or refused it; null: nobody has, or had to.</summary>
    public Guid? DecidedBy { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>UTC; nothing ends before. Null unless it was confirmed and, where that is needed, approved.</summary>
    public DateTimeOffset? HoldUntil { get; set; }

    /// <summary>UTC; when the hold was over.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>UTC; when it was tried to end everyone's sessions, which is done once. Null before, and for <see cref="BulkKind.People"/>.</summary>
    public DateTimeOffset? TriedAt { get; set; }

    /// <summary>UTC; when it was done, stopped or refused.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    public BulkTrouble Trouble { get; set; }

    /// <summary>What links in mail to the people begin with; null before it was confirmed.</summary>
    public string? Site { get; set; }

    /// <summary>The position up to which people were mailed; <see cref="int.MaxValue"/> when all were.</summary>
    public int ToldTo { get; set; } = -1;

    /// <summary>Whether the worker still has, or may get, something to do for it.</summary>
    public bool IsOver => State is BulkState.Refused or BulkState.Stopped or BulkState.Done;
}

public enum BulkKind
{
    /// <summary>The people of its <see cref="BulkTarget"/>s.</summary>
    People,

    /// <summary>Everyone. It has no targets.</summary>
    Everyone,
}

/// <summary>The names are stored: never rename one.</summary>
public enum BulkState
{
    /// <summary>To be looked at. Nothing happens unless it is confirmed, and after <see cref="BulkRequests.DraftsKept"/> it is gone.</summary>
    Draft,

    /// <summary>Confirmed by who asks; another Admin has to approve it.</summary>
    Waiting,

    Refused,

    /// <summary>To begin in a moment, so that it can still be stopped.</summary>
    Holding,

    Running,
    Paused,
    Stopped,
    Done,
}

/// <summary>Why a request that runs gets no further just now. The names are stored: never rename one.</summary>
public enum BulkTrouble
{
    None,

    /// <summary>The session store does not answer. It goes on by itself.</summary>
    Store,

    /// <summary>The database failed. It goes on by itself.</summary>
    Database,

    /// <summary>Who asked for it may no longer: they are shut out, or lost the role that it takes. Only staff can let it go on.</summary>
    AskerIsNoStaff,

    /// <summary>It was tried to end everyone's sessions, and whether it happened is not known.</summary>
    NotConfirmed,

    /// <summary>Who approved it is shut out, or no longer an Admin. Only staff can let it go on.</summary>
    NotApproved,

    /// <summary>The audit log can't go on from where it is. Only staff can let it go on.</summary>
    AuditLog,

    /// <summary>An Admin paused it. Only an Admin can let it go on.</summary>
    PausedByAdmin,
}
