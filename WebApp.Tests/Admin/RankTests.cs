using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Tests.Admin;

/// <summary>Who of the staff may do what to whom.</summary>
[Trait("Lane", "Fast")]
public sealed class RankTests
{
    private static readonly StaffMember Support = new(Guid.NewGuid(), IsAdmin: false, null);
    private static readonly StaffMember Admin = new(Guid.NewGuid(), IsAdmin: true, null);

    public static TheoryData<AuditAction> Acts => [.. StaffActs.Actions];

    [Theory]
    [MemberData(nameof(Acts))]
    public void Support_does_nothing_to_an_Admin(AuditAction act) => Assert.Equal(StaffRefusal.AboveYou, Rank.Judge(Support, Someone(Roles.Admin, Roles.Support), act));

    [Theory]
    [MemberData(nameof(Acts))]
    public void An_Admin_and_an_operator_do_anything_to_others(AuditAction act)
    {
        Assert.Null(Rank.Judge(Admin, Someone(Roles.Admin), act));
        Assert.Null(Rank.Judge(StaffMember.CommandLine, Someone(Roles.Admin), act));
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public void Only_an_Admin_gives_roles_and_deletes(AuditAction act)
    {
        var refusal = act is AuditAction.ChangeRoles or AuditAction.DeleteAccount ? StaffRefusal.AdminsOnly : (StaffRefusal?)null;

        Assert.Equal(refusal, Rank.Judge(Support, Someone(), act));
        Assert.Equal(refusal, Rank.Judge(Support, Someone(Roles.Support), act));
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public void Nobody_locks_themselves_out(AuditAction act)
    {
        var locksOut = act is AuditAction.Ban or AuditAction.Unban or AuditAction.RequirePasswordReset or AuditAction.ExcuseSecondFactor or AuditAction.RemoveFactors
            or AuditAction.ChangeRoles or AuditAction.DeleteAccount;

        Assert.Equal(locksOut ? StaffRefusal.Yourself : null, Rank.Judge(Admin, Someone(Roles.Admin) with { Id = Admin.UserId!.Value }, act));
    }

    private static Person Someone(params string[] roles) => new(Guid.NewGuid(), "someone@example.com", "Someone", DateTimeOffset.UnixEpoch, roles);
}
