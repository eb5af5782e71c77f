namespace WebApp.Audit;

/// <summary>
/// One line of who did what to whom, when, from where and why, as it is written and read; <see cref="AuditRow"/> is how it is stored. Never changed;
/// what is personal in it may be gone (<see cref="AuditLog.ForgetAsync"/>).
/// </summary>
public sealed record AuditEntry
{
    public const int MaxNoteLength = 500;

    public const int MaxDetailsLength = 200;

    public const int MaxDeviceLength = 64;

    public const int MaxMethodLength = 32;

    public const int MaxReasonLength = 32;

    public const int MaxCaseReferenceLength = 64;

    public const int MaxSessionIdLength = 32;

    public const int MaxAddressLength = 64;

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

    /// <summary>
    /// The browser that the act came with, such as "Firefox on Windows"; null when none did. In the app's own words and never in the browser's,
    /// which are the client's to choose. At most <see cref="MaxDeviceLength"/> characters.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>How identity was proved, or was to be, as a method of RFC 8176 such as <c>pwd</c>. At most <see cref="MaxMethodLength"/> characters.</summary>
    public string? Method { get; init; }

    /// <summary>Why, by the name of a reason.</summary>
    public string? Reason { get; init; }

    public string? CaseReference { get; init; }

    /// <summary>What changed or was seen, in words that its subject may read. At most <see cref="MaxDetailsLength"/> characters.</summary>
    public string? Details { get; init; }

    /// <summary>Free text for staff only. At most <see cref="MaxNoteLength"/> characters.</summary>
    public string? Note { get; init; }

    /// <summary>Whether a field of that length takes the text as it is. Control characters have no place in one, but for tabs and line breaks.</summary>
    public static bool Takes(string? text, int maxLength) =>
        text is null || (text.Length <= maxLength && !text.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')));

    /// <summary>
    /// SQLite's driver ends a long text at the first NUL. An entry with one would be kept other than its link says, and no entry behind it could be proved any
    /// more; nor can anything be taken out of the log again.
    /// </summary>
    /// <exception cref="ArgumentException">A text of the entry is too long, or has characters that it must not have.</exception>
    internal static void ThrowUnlessItCanBeKept(AuditEntry entry)
    {
        foreach (var (field, text, maxLength) in new[]
        {
            (nameof(SessionId), entry.SessionId, MaxSessionIdLength), (nameof(Address), entry.Address, MaxAddressLength), (nameof(Device), entry.Device, MaxDeviceLength),
            (nameof(Method), entry.Method, MaxMethodLength), (nameof(Reason), entry.Reason, MaxReasonLength), (nameof(CaseReference), entry.CaseReference, MaxCaseReferenceLength),
            (nameof(Details), entry.Details, MaxDetailsLength), (nameof(Note), entry.Note, MaxNoteLength),
        })
        {
            if (!Takes(text, maxLength))
                throw new ArgumentException($"{field} of an audit entry is longer than {maxLength} characters, or has control characters.", nameof(entry));
        }
    }
}

/// <summary>What was done. The names are stored: never rename one.</summary>
public enum AuditAction
{
    Registered,
    SignedIn,
    SignInFailed,

    /// <summary>A session ended before its time; the reason says how.</summary>
    SessionEnded,

    /// <summary>A session was locked until identity is proved; the reason says why.</summary>
    SessionLocked,

    /// <summary>A session came from another network or country than before.</summary>
    SessionMoved,

    /// <summary>The use of a session did not fit; the reason names the rule.</summary>
    SignalRaised,

    /// <summary>As <see cref="SignalRaised"/>, by a rule whose warnings are shown to the person on the sessions page.</summary>
    SignalNotified,

    /// <summary>A person said that a session was somebody else's. Written before anything is ended for it.</summary>
    SessionDisowned,

    /// <summary>A session that had been ended was tried again from a new network, and refused.</summary>
    RevokedSessionTried,

    /// <summary>A person proved their identity again; the reason is that of the lock it undid.</summary>
    IdentityConfirmed,
    PasswordChanged,
    RoleGranted,

    /// <summary>Support asked for one session to be ended. Written before the attempt.</summary>
    ForceSignOut,

    /// <summary>Support asked for all sessions of a user to be ended. Written before the attempt.</summary>
    ForceSignOutAll,

    /// <summary>The store did not confirm what the entry before asked for.</summary>
    ForceSignOutUnconfirmed,

    /// <summary>Support asked for one session to be locked. Written before the attempt.</summary>
    ForceLock,

    /// <summary>The store did not confirm the lock that the entry before asked for.</summary>
    ForceLockUnconfirmed,

    /// <summary>A member of staff tried what the role does not allow.</summary>
    Refused,

    /// <summary>A person had a session of theirs end earlier than it would have; the details say when.</summary>
    SessionShortened,

    EmailConfirmed,

    /// <summary>Somebody asked for a link to reset the password.</summary>
    PasswordResetRequested,

    /// <summary>The password was set by a mailed link.</summary>
    PasswordReset,
    EmailChangeRequested,
    EmailChanged,

    /// <summary>So many proofs were wrong in a row that none is judged for a while.</summary>
    AccountLocked,

    /// <summary>An authenticator app was set up.</summary>
    AuthenticatorAdded,
    AuthenticatorRemoved,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,

    /// <summary>New recovery codes were made; earlier ones are no good any more.</summary>
    RecoveryCodesMade,
    RecoveryCodeUsed,

    /// <summary>The person asked that this browser be asked for no second factor.</summary>
    BrowserRemembered,

    /// <summary>A browser is asked for the second factor again.</summary>
    BrowserForgotten,

    /// <summary>The person said by a mailed link that it was somebody else who did what a notice told. Written before anything is undone.</summary>
    AccountDisowned,

    /// <summary>A passkey's answer did not fit its challenge, this site or its owner; the details say which.</summary>
    PasskeyRefused,

    /// <summary>A person changed the name they are called by. Neither name is kept.</summary>
    NameChanged,

    /// <summary>A person asked for their account to be deleted. Written before the attempt.</summary>
    AccountDeleted,

    /// <summary>The deletion that the entry before asked for did not happen.</summary>
    AccountNotDeleted,

    /// <summary>A person downloaded what is kept of them. Written before the first byte is sent.</summary>
    DataDownloaded,

    /// <summary>Support asked for some sessions of a user to be ended; the details say how many. Written before the attempt, as are those that follow, up to <see cref="StaffActFailed"/>.</summary>
    ForceSignOutSome,

    /// <summary>Support asked that nobody signs in to the account; the details say until when.</summary>
    Ban,
    Unban,

    /// <summary>Support asked that nobody signs in before the password is reset by mail.</summary>
    RequirePasswordReset,

    /// <summary>Support asked for a link to reset the password to be mailed.</summary>
    SendPasswordReset,
    RequireSecondFactor,

    /// <summary>Support no longer asks for a second factor.</summary>
    ExcuseSecondFactor,

    /// <summary>Support asked for every second factor to be taken away, because they are lost.</summary>
    RemoveFactors,
    ResendConfirmation,

    /// <summary>An Admin asked for other roles; the details name those that the person is to have.</summary>
    ChangeRoles,

    /// <summary>An Admin asked for somebody's account to be deleted.</summary>
    DeleteAccount,

    /// <summary>Support looked at an address of a session; the details say which one, and never the address.</summary>
    RevealAddress,

    /// <summary>What the entry before asked for was not done; the details name the reason.</summary>
    StaffActFailed,

    /// <summary>A member of staff asked for the sessions of many people to be ended; the details say of how many. What ends is written for each of them.</summary>
    BulkRequested,

    /// <summary>An Admin approved what another member of staff asked for. Written before it takes effect.</summary>
    BulkApproved,
    BulkRefused,

    /// <summary>The hold of a bulk request was over: what follows ends sessions.</summary>
    BulkStarted,
    BulkPaused,
    BulkResumed,

    /// <summary>A bulk request was stopped for good, or withdrawn.</summary>
    BulkStopped,

    /// <summary>A bulk request has come to its end; the details say what was done.</summary>
    BulkFinished,

    /// <summary>What is personal leaves the entries about an account that is gone. Written first, so that its absence is explained in the log itself.</summary>
    PersonalDataForgotten,

    /// <summary>Entries were written to a file; the details say which. Written before the first byte is sent.</summary>
    AuditExported,

    /// <summary>The entries of one session or case were put into a signed file. Written before it is made.</summary>
    BundleMade,

    /// <summary>An operator had all entries chained anew under another key; the details say where the chain before ended.</summary>
    ChainRestarted,

    /// <summary>Everyone's sessions are to be ended, the hold being over; it is about everyone who has an account. Written before the attempt.</summary>
    ForceSignOutEveryone,

    /// <summary>A member of staff downloaded the report of a bulk request. Written before the first byte is sent.</summary>
    BulkReportDownloaded,

    /// <summary>What staff asked for was done; the details name the entry that asked for it. Its absence tells that nobody knows.</summary>
    StaffActDone,
}
