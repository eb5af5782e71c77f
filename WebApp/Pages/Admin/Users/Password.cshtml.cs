using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class PasswordModel(UserDirectory people, StaffReasons reasons, AccountActs acts) : StaffActModel(people, reasons)
{
    public Task<IActionResult> OnGetAsync() => ShowAsync(AuditAction.SendPasswordReset);

    public Task<IActionResult> OnPostSendAsync() => ActAsync(AuditAction.SendPasswordReset, reason => acts.SendResetAsync(Staff, UserId, reason));

    public Task<IActionResult> OnPostRequireAsync() => ActAsync(AuditAction.SendPasswordReset, reason => acts.RequireResetAsync(Staff, UserId, reason));
}
