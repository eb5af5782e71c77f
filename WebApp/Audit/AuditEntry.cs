namespace WebApp.Audit;

/// <summary>One line of who did what to whom, when, from where and why. Written once, never changed.</summary>
public sealed record AuditEntry
{
    public const int MaxNoteLength = 500;

    /// <summary>Rises with every entry; given by the database.</summary>
    public long Id { get; init; }

    /// <summary>UTC, millisecond precision; set by <see cref="AuditLog.AppendAsync"/>.</summary>
    public DateTimeOffset At { get; init; }

    public required AuditAction Action { get; init; }

    /// <summary>Who acted; null when nobody was signed in, or the app acted by itself.</summary>
    public Guid? ActorId { get; init; }

    /// <summary>Whose account or session it was about; null when the account is unknown.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>The public session id, if the act was about one session.</summary>
    public string? SessionId { get; init; }

    /// <summary>The peer's address, if the act came with a request.</summary>
    public string? Address { get; init; }

    /// <summary>Why, by the name of a reason.</summary>
    public string? Reason { get; init; }

    public string? CaseReference { get; init; }

    /// <summary>Free text for staff only. At most <see cref="MaxNoteLength"/> characters.</summary>
    public string? Note { get; init; }
}

/// <summary>What was done. The names are stored: never rename one.</summary>
public enum AuditAction
{
    Registered,
    SignedIn,
    SignInFailed,

    /// <summary>A session ended before its time; the reason says how.</summary>
    SessionEnded,
    PasswordChanged,
    RoleGranted,

    /// <summary>Support asked for one session to be ended. Written before the attempt.</summary>
    ForceSignOut,

    /// <summary>Support asked for all sessions of a user to be ended. Written before the attempt.</summary>
    ForceSignOutAll,

    /// <summary>The store did not confirm what the entry before asked for.</summary>
    ForceSignOutUnconfirmed,

    /// <summary>A member of staff tried what the role does not allow.</summary>
    Refused,
}
