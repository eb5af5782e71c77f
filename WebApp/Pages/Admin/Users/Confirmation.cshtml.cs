using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class ConfirmationModel(UserDirectory people, StaffReasons reasons, AccountActs acts) : StaffActModel(people, reasons)
{
    public Task<IActionResult> OnGetAsync() => ShowAsync(AuditAction.ResendConfirmation);

    public Task<IActionResult> OnPostAsync() => ActAsync(AuditAction.ResendConfirmation, reason => acts.ResendConfirmationAsync(Staff, UserId, reason));
}
