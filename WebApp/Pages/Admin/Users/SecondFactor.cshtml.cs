using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class SecondFactorModel(UserDirectory people, StaffReasons reasons, AccountActs acts) : StaffActModel(people, reasons)
{
    public Task<IActionResult> OnGetAsync() => ShowAsync(AuditAction.RequireSecondFactor);

    public Task<IActionResult> OnPostRequireAsync() => ActAsync(AuditAction.RequireSecondFactor, reason => acts.RequireSecondFactorAsync(Staff, UserId, reason));

    public Task<IActionResult> OnPostExcuseAsync() => ActAsync(AuditAction.RequireSecondFactor, reason => acts.ExcuseSecondFactorAsync(Staff, UserId, reason));

    public Task<IActionResult> OnPostRemoveAsync() => ActAsync(AuditAction.RequireSecondFactor, reason => acts.RemoveFactorsAsync(Staff, UserId, reason));
}
