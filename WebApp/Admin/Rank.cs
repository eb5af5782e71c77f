using WebApp.Audit;

namespace WebApp.Admin;

/// <summary>
/// Who of the staff may do what to whom: the one place that decides it, but for whose ban it is. Nobody acts on those above them, nor on themselves where it would lock them
/// out. That an Admin is left is looked after by <see cref="Accounts.LastAdmin"/>, together with the change itself.
/// </summary>
public static class Rank
{
    private static readonly HashSet<AuditAction> ForAdmins = [AuditAction.ChangeRoles, AuditAction.DeleteAccount];

    /// <summary>To excuse oneself is to undo what a colleague asked for.</summary>
    private static readonly HashSet<AuditAction> NotToOneself =
    [
        AuditAction.Ban, AuditAction.Unban, AuditAction.RequirePasswordReset, AuditAction.ExcuseSecondFactor, AuditAction.RemoveFactors, AuditAction.ChangeRoles, AuditAction.DeleteAccount,
    ];

    /// <summary>Null when it is allowed.</summary>
    public static StaffRefusal? Judge(StaffMember staff, Person person, AuditAction act) =>
        person.IsAdmin && !staff.IsAdmin ? StaffRefusal.AboveYou
        : ForAdmins.Contains(act) && !staff.IsAdmin ? StaffRefusal.AdminsOnly
        : NotToOneself.Contains(act) && staff.UserId == person.Id ? StaffRefusal.Yourself
        : null;
}

/// <summary>Why an act was refused. The names stand in the audit log.</summary>
public enum StaffRefusal
{
    /// <summary>Only an Admin acts on an Admin.</summary>
    AboveYou,

    /// <summary>Support may not do it to anyone.</summary>
    AdminsOnly,

    /// <summary>It would lock out whoever asks for it.</summary>
    Yourself,

    /// <summary>An Admin set the ban: see <see cref="StaffActs"/>, for it takes the audit log to know.</summary>
    AdminsBan,
}
