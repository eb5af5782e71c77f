using System.Net;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>What things are called on screen. One place, so that each has one name.</summary>
public static class Words
{
    /// <summary>The start of a sentence that the time may follow.</summary>
    public static string Of(SessionEndCause cause) => cause switch
    {
        SessionEndCause.Expired => "This session expired",
        SessionEndCause.SignedOut => "You signed out",
        SessionEndCause.SignedOutElsewhere => "You were signed out from another device",
        SessionEndCause.SignedInAgain => "You signed in again in another tab",
        SessionEndCause.Support => "Support ended this session",
        SessionEndCause.CookieReplaced => "It was confirmed that it's you in this session, and its new cookie did not reach this page",
        SessionEndCause.AccountDeleted => "The account of this session was deleted",
        SessionEndCause.SecurityRule => "A security rule ended this session",
        _ => "This session has ended",
    };

    /// <summary>Lower case: it follows a colon.</summary>
    public static string Of(RevocationReason reason) => reason switch
    {
        RevocationReason.SignedOut => "signed out",
        RevocationReason.SignedOutElsewhere => "signed out from another device",
        RevocationReason.SignedInAgain => "replaced by a newer session in the same browser",
        RevocationReason.PasswordChanged => "the password was changed",
        RevocationReason.MadeRoom => "chosen to make room for another sign-in",
        RevocationReason.NotMe => "a session was reported as somebody else's",
        RevocationReason.AccountDeleted => "the account was deleted",
        RevocationReason.FactorsChanged => "a second factor was set up, removed or reset",
        RevocationReason.ReportedTheft => "reported theft",
        RevocationReason.SuspiciousActivity => "suspicious activity",
        RevocationReason.LeftOrganisation => "left the organisation",
        RevocationReason.UserRequest => "on request",
        RevocationReason.Maintenance => "maintenance",
        RevocationReason.Other => "another reason",
        RevocationReason.Unreadable => "its record could not be read",
        RevocationReason.TooMany => "more sessions than allowed, and this one was used least recently",
        RevocationReason.PossibleTheft => "possible theft: its cookie was used in two places",
        RevocationReason.ProofsFailed => "identity was to be confirmed, and the proof was wrong too often",
        RevocationReason.Signal => "its cookie was used from somewhere it did not belong",
        RevocationReason.AccountChanged => "the account's security details changed",
        _ => "no longer known",
    };

    /// <summary>How the owner is called depends on who reads: "you" or "the user".</summary>
    public static string EndedBy(RevokedBy by, string owner) => by switch
    {
        RevokedBy.User => $"Ended by {owner}",
        RevokedBy.Support => "Ended by support",
        _ => "Ended by a security rule",
    };

    /// <summary>The start of a sentence that the time follows.</summary>
    public static string LockedBy(RevokedBy by) => by switch
    {
        RevokedBy.User => "You locked this session",
        RevokedBy.Support => "Support locked this session",
        _ => "A security rule locked this session",
    };

    /// <summary>Lower case: it follows a colon.</summary>
    public static string Of(LockReason reason) => reason switch
    {
        LockReason.User => "locked by its owner",
        LockReason.Support => "locked by support",
        LockReason.OldSecret => "an old copy of its cookie was used",
        LockReason.StoreWentBack => "the server had lost what happened last",
        LockReason.BrowserChanged => "another kind of browser used its cookie",
        LockReason.CountryChanged => "it was used in another country",
        LockReason.Travel => "it was used in two countries within a short time",
        LockReason.TwoNetworks => "it was used from two networks at once",
        _ => "no longer known",
    };

    public static string Of(SessionState state) => state switch
    {
        SessionState.Locked => "Locked",
        SessionState.Flagged => "Taken for theft",
        _ => "Any",
    };

    /// <summary>Lower case: it follows a colon.</summary>
    public static string Of(Signal signal) => signal switch
    {
        Signal.BrowserChanged => "another kind of browser used its cookie",
        Signal.CountryChanged => "it was used in another country",
        Signal.Travel => "it was used in two countries within a short time",
        Signal.TwoNetworks => "it was used from two networks at once",
        _ => "no longer known",
    };

    /// <summary>The methods of RFC 8176 that a session began with, and "rec", which that has not.</summary>
    public static string OfSignInMethod(string method) => method switch
    {
        "pwd" => "Password",
        "pwd otp" => "Password and authenticator app",
        "pwd hwk" => "Password and passkey",
        "pwd rec" => "Password and recovery code",
        "hwk" => "Passkey",
        "" => "Not recorded",
        _ => method,
    };

    public static string Of(AuditAction action) => action switch
    {
        AuditAction.Registered => "Account created",
        AuditAction.SignedIn => "Signed in",
        AuditAction.SignInFailed => "Sign-in failed",
        AuditAction.SessionEnded => "Session ended",
        AuditAction.SessionMoved => "Moved to another network",
        AuditAction.SignalRaised => "Warning",
        AuditAction.SignalNotified => "Warning that the person is shown",
        AuditAction.SessionDisowned => "Session reported as somebody else's",
        AuditAction.RevokedSessionTried => "Ended session tried again",
        AuditAction.SessionLocked => "Session locked",
        AuditAction.SessionShortened => "Session set to end earlier",
        AuditAction.IdentityConfirmed => "Identity confirmed",
        AuditAction.PasswordChanged => "Password changed",
        AuditAction.RoleGranted => "Role granted",
        AuditAction.NameChanged => "Name changed",
        AuditAction.AccountDeleted => "Account deleted by its owner",
        AuditAction.AccountNotDeleted => "Deletion of the account failed",
        AuditAction.DataDownloaded => "Data downloaded",
        AuditAction.ForceSignOut => "Forced sign-out of one session",
        AuditAction.ForceSignOutAll => "Forced sign-out of all sessions",
        AuditAction.ForceSignOutEveryone => "Forced sign-out of everyone",
        AuditAction.ForceSignOutUnconfirmed => "Forced sign-out not confirmed",
        AuditAction.ForceLock => "Lock of one session",
        AuditAction.ForceLockUnconfirmed => "Lock not confirmed",
        AuditAction.Refused => "Act of staff refused",
        AuditAction.EmailConfirmed => "E-mail address confirmed",
        AuditAction.PasswordResetRequested => "Password reset asked for",
        AuditAction.PasswordReset => "Password reset",
        AuditAction.EmailChangeRequested => "Change of e-mail address asked for",
        AuditAction.EmailChanged => "E-mail address changed",
        AuditAction.AccountLocked => "Sign-in locked after wrong tries",
        AuditAction.AuthenticatorAdded => "Authenticator app set up",
        AuditAction.AuthenticatorRemoved => "Authenticator app removed",
        AuditAction.PasskeyAdded => "Passkey added",
        AuditAction.PasskeyRenamed => "Passkey renamed",
        AuditAction.PasskeyRemoved => "Passkey removed",
        AuditAction.RecoveryCodesMade => "Recovery codes made",
        AuditAction.RecoveryCodeUsed => "Recovery code used",
        AuditAction.BrowserRemembered => "Browser remembered",
        AuditAction.BrowserForgotten => "Browser forgotten",
        AuditAction.AccountDisowned => "Reported by mail as somebody else's doing",
        AuditAction.PasskeyRefused => "Passkey refused",
        AuditAction.BulkRequested => "Bulk sign-out asked for",
        AuditAction.BulkApproved => "Bulk sign-out approved",
        AuditAction.BulkRefused => "Bulk sign-out refused",
        AuditAction.BulkStarted => "Bulk sign-out begun",
        AuditAction.BulkPaused => "Bulk sign-out paused",
        AuditAction.BulkResumed => "Bulk sign-out resumed",
        AuditAction.BulkStopped => "Bulk sign-out stopped",
        AuditAction.BulkFinished => "Bulk sign-out finished",
        AuditAction.BulkReportDownloaded => "Report of a bulk sign-out downloaded",
        AuditAction.PersonalDataForgotten => "Personal data removed",
        AuditAction.AuditExported => "Audit log exported",
        AuditAction.BundleMade => "Signed bundle made",
        AuditAction.ChainRestarted => "Audit log chained anew",
        AuditAction.ForceSignOutSome => "Forced sign-out of some sessions",
        AuditAction.Ban => "Ban",
        AuditAction.Unban => "End of a ban",
        AuditAction.RequirePasswordReset => "Password reset required",
        AuditAction.SendPasswordReset => "Link to reset the password sent",
        AuditAction.RequireSecondFactor => "Second factor required",
        AuditAction.ExcuseSecondFactor => "Second factor no longer required",
        AuditAction.RemoveFactors => "Lost second factors removed",
        AuditAction.ResendConfirmation => "Link to confirm the address sent again",
        AuditAction.ChangeRoles => "Change of roles",
        AuditAction.DeleteAccount => "Account deleted by an Admin",
        AuditAction.RevealAddress => "Address looked at",
        AuditAction.StaffActFailed => "Act of staff not done",
        AuditAction.StaffActDone => "Act of staff done",
        _ => "Unknown action",
    };

    /// <summary>An audit entry keeps the reason's name; a role's name stays as it is.</summary>
    public static string OfAuditReason(AuditAction action, string reason) =>
        action == AuditAction.RoleGranted ? reason :
        Enum.TryParse<RevocationReason>(reason, out var known) && Enum.IsDefined(known) ? Of(known)
        : Enum.TryParse<Signal>(reason, out var signal) && Enum.IsDefined(signal) ? Of(signal)
        : Enum.TryParse<LockReason>(reason, out var locked) && Enum.IsDefined(locked) ? Of(locked)
        : reason;

    /// <summary>Why an act was refused, to whoever tried.</summary>
    public static string Of(StaffRefusal refusal) => refusal switch
    {
        StaffRefusal.AboveYou => "This person is an Admin. Only an Admin may act on an Admin.",
        StaffRefusal.AdminsOnly => "Only an Admin may do that.",
        StaffRefusal.AdminsBan => "An Admin set this ban. Only an Admin may change or lift it.",
        _ => "You can't do that to yourself: it could lock you out. Ask a colleague.",
    };

    /// <summary>Why an act was not done.</summary>
    public static string Of(ActFailure failure) => failure switch
    {
        ActFailure.LastAdmin => "This person is the only Admin who can sign in. Without one nobody could give roles. Make somebody else Admin first.",
        ActFailure.Nothing => "There was nothing to do: it was that way already, or what it was about is gone.",
        ActFailure.MailedJustNow => "A link was mailed to this person within the last minute. That one is good; try again in a minute if it does not arrive.",
        ActFailure.NoSite => "The app's own address is not set, so no link could be made. An operator has to set App:PublicUrl.",
        ActFailure.Overtaken => "The account changed at the same moment, or its address is reserved for somebody else. Look at it again, and try again.",
        ActFailure.StoreDown => "The session store did not answer. If the account was to be deleted, it is still there, and whether its sessions ended is not known. Try again.",
        _ => "The database did not do it. If the account was to be deleted, its sessions have ended, and the account is still there. Try again.",
    };

    /// <summary>
    /// What an audit entry says of a session to its owner, without what the line shows beside it; null for what is not theirs to read, such as
    /// an attempt of staff, whose outcome has a line of its own.
    /// </summary>
    public static string? Told(AuditEntry entry) => entry switch
    {
        { Action: AuditAction.SignedIn } => "Signed in",
        { Action: AuditAction.IdentityConfirmed, Reason: null } => "It was confirmed that it's you",
        { Action: AuditAction.IdentityConfirmed } => "Unlocked: it was confirmed that it's you",
        { Action: AuditAction.SessionShortened } => "Set to end earlier",
        { Action: AuditAction.SessionMoved } => "Moved to another network",
        { Action: AuditAction.SignalRaised or AuditAction.SignalNotified, Reason: { } reason } => $"Warning: {OfAuditReason(entry.Action, reason)}",
        { Action: AuditAction.SessionLocked, Reason: { } reason } when Enum.TryParse<LockReason>(reason, out var locked) => locked switch
        {
            LockReason.User or LockReason.Support => LockedBy(locked.LockedBy()),
            _ => $"{LockedBy(locked.LockedBy())}: {Of(locked)}",
        },
        { Action: AuditAction.SessionEnded, Reason: { } reason } when Enum.TryParse<RevocationReason>(reason, out var ended) =>
            $"{EndedBy(ended.RevokedBy(), "you")}: {Of(ended)}",
        { Action: AuditAction.RevokedSessionTried } => "Tried again after its end, from a new network, and refused",
        { Action: AuditAction.SessionDisowned } => "You said that this wasn't you",
        _ => null,
    };

    /// <summary>An address, or the network when that is all that was stored.</summary>
    public static string OfAddress(IPAddress? address) => address is null ? "Not recorded" : Network.Describe(address);

    /// <summary>What staff see of an address: its network. See <see cref="AddressReveal"/> for the rest.</summary>
    public static string OfNetwork(IPAddress? address) => address is null ? "Not recorded" : Network.DescribeNetwork(address);

    /// <summary>The same for an audit entry's.</summary>
    public static string OfAddress(string address) => IPAddress.TryParse(address, out var known) ? OfAddress(known) : address;

    /// <summary>
    /// What an audit entry says to its subject, in the history of the account: every action has its words. What the line shows beside it is left out,
    /// and so is whoever of the staff it was.
    /// </summary>
    public static string OfHistory(AuditEntry entry) => entry switch
    {
        { Action: AuditAction.Registered } => "Account created",
        { Action: AuditAction.SignInFailed } => "A sign-in failed",
        { Action: AuditAction.SessionMoved } => "A session moved to another network",
        { Action: AuditAction.SessionShortened } => "A session was set to end earlier",
        { Action: AuditAction.SessionDisowned } => "You said that a session wasn't yours",
        { Action: AuditAction.RevokedSessionTried } => "A session that had ended was tried again, from a new network, and refused",
        { Action: AuditAction.SessionEnded, Reason: nameof(RevocationReason.SignedOut) } => "Signed out",
        { Action: AuditAction.SessionEnded } when Told(entry) is { } told => $"Session {char.ToLowerInvariant(told[0])}{told[1..]}",
        { Action: AuditAction.SessionLocked, Reason: { } reason } when Enum.TryParse<LockReason>(reason, out var locked) =>
            locked is LockReason.User or LockReason.Support ? $"Session {Of(locked)}" : $"Session locked by a security rule: {Of(locked)}",
        { Action: AuditAction.RoleGranted } => $"You were given the role {entry.Reason}",
        { Action: AuditAction.NameChanged } => "You changed your name",
        { Action: AuditAction.DataDownloaded } => "You downloaded your data",
        { Action: AuditAction.AccountDeleted } => "You asked for this account to be deleted",
        { Action: AuditAction.AccountNotDeleted } => "The account was not deleted: something failed",
        { Action: AuditAction.ForceSignOut } => WithReason("Support asked for a session to be ended", entry),
        { Action: AuditAction.ForceSignOutAll } => WithReason("Support asked for all your sessions to be ended", entry),
        { Action: AuditAction.ForceSignOutEveryone } => WithReason("Support asked for everyone's sessions to be ended", entry),
        { Action: AuditAction.ForceSignOutUnconfirmed } => "Whether what support asked for was ended could not be confirmed",
        { Action: AuditAction.ForceLock } => WithReason("Support asked for a session to be locked", entry),
        { Action: AuditAction.ForceLockUnconfirmed } => "Whether the session that support asked for was locked could not be confirmed",
        { Action: AuditAction.ForceSignOutSome } => WithReason("Support asked for some of your sessions to be ended", entry),
        { Action: AuditAction.Ban } => WithReason("Support closed your account", entry),
        { Action: AuditAction.Unban } => WithReason("Support opened your account again", entry),
        { Action: AuditAction.RequirePasswordReset } => WithReason("Support asked for a new password before the next sign-in", entry),
        { Action: AuditAction.SendPasswordReset } => WithReason("Support sent you a link to choose a new password", entry),
        { Action: AuditAction.RequireSecondFactor } => WithReason("Support asked for a second factor", entry),
        { Action: AuditAction.ExcuseSecondFactor } => WithReason("Support no longer asks for a second factor", entry),
        { Action: AuditAction.RemoveFactors } => WithReason("Support removed your second factors", entry),
        { Action: AuditAction.ResendConfirmation } => WithReason("Support sent you the link to confirm your address again", entry),
        { Action: AuditAction.ChangeRoles } => WithReason("An Admin changed your roles", entry),
        { Action: AuditAction.DeleteAccount } => WithReason("An Admin asked for this account to be deleted", entry),
        { Action: AuditAction.RevealAddress } => WithReason("Support looked at an address of a session of yours", entry),
        { Action: AuditAction.StaffActFailed } => "What support asked for was not done",
        { Action: AuditAction.Refused } => "A member of staff tried what they may not do to your account, and was refused",
        { Action: AuditAction.PersonalDataForgotten } => "What was personal was removed from this history",
        { Action: AuditAction.BundleMade } => "Support put what is kept about a session of yours, or a case, into a signed file",
        _ => Told(entry) ?? Of(entry.Action),
    };

    /// <summary>"at least once": for counts that are lower bounds.</summary>
    public static string AtLeast(int count) => count switch
    {
        1 => "at least once",
        2 => "at least twice",
        _ => $"at least {count} times",
    };

    /// <summary>"1 session", "3 sessions".</summary>
    public static string Count(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>A length of time in its largest whole unit: "20 minutes", "1 hour".</summary>
    public static string Of(TimeSpan time) =>
        time.Ticks % TimeSpan.TicksPerDay == 0 ? Count((int)time.TotalDays, "day")
        : time.Ticks % TimeSpan.TicksPerHour == 0 ? Count((int)time.TotalHours, "hour")
        : time.Ticks % TimeSpan.TicksPerMinute == 0 ? Count((int)time.TotalMinutes, "minute")
        : Count((int)Math.Ceiling(time.TotalSeconds), "second");

    /// <summary>How long to wait, never too short: "40 seconds", "2 minutes".</summary>
    public static string OfWait(TimeSpan wait) =>
        wait < TimeSpan.FromMinutes(1) ? Count((int)Math.Ceiling(wait.TotalSeconds), "second")
        : wait < TimeSpan.FromHours(1) ? Count((int)Math.Ceiling(wait.TotalMinutes), "minute")
        : Count((int)Math.Ceiling(wait.TotalHours), "hour");

    private static string WithReason(string words, AuditEntry entry) => entry.Reason is { } reason ? $"{words}: {OfAuditReason(entry.Action, reason)}" : words;

    /// <summary>For the start of a label.</summary>
    public static string Capitalised(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
