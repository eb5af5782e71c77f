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
        RevocationReason.ReportedTheft => "reported theft",
        RevocationReason.SuspiciousActivity => "suspicious activity",
        RevocationReason.LeftOrganisation => "left the organisation",
        RevocationReason.UserRequest => "on request",
        RevocationReason.Maintenance => "maintenance",
        RevocationReason.Other => "another reason",
        RevocationReason.Unreadable => "its record could not be read",
        RevocationReason.TooMany => "more sessions than allowed, and this one was used least recently",
        RevocationReason.PossibleTheft => "possible theft: its cookie was used in two places",
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

    /// <summary>The method of RFC 8176 that a session began with.</summary>
    public static string OfSignInMethod(string method) => method switch
    {
        "pwd" => "Password",
        "" => "Not recorded",
        _ => method,
    };

    public static string Of(AuditAction action) => action switch
    {
        AuditAction.Registered => "Account created",
        AuditAction.SignedIn => "Signed in",
        AuditAction.SignInFailed => "Sign-in failed",
        AuditAction.SessionEnded => "Session ended",
        AuditAction.PasswordChanged => "Password changed",
        AuditAction.RoleGranted => "Role granted",
        AuditAction.ForceSignOut => "Forced sign-out of one session",
        AuditAction.ForceSignOutAll => "Forced sign-out of all sessions",
        AuditAction.ForceSignOutUnconfirmed => "Forced sign-out not confirmed",
        AuditAction.Refused => "Forced sign-out refused",
        _ => "Unknown action",
    };

    /// <summary>An audit entry keeps the reason's name; a role's name stays as it is.</summary>
    public static string OfAuditReason(string reason) =>
        Enum.TryParse<RevocationReason>(reason, out var known) && Enum.IsDefined(known) ? Of(known) : reason;

    /// <summary>"1 session", "3 sessions".</summary>
    public static string Count(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>For the start of a label.</summary>
    public static string Capitalised(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
