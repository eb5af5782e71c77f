using Microsoft.AspNetCore.Mvc;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class DeleteModel(UserDirectory people, StaffReasons reasons, AccountActs acts, AccountDeletion deletion, AppUserManager users) : StaffActModel(people, reasons)
{
    /// <summary>The person's address, typed: nobody presses this button by mistake.</summary>
    [BindProperty]
    public string? Email { get; set; }

    public Task<IActionResult> OnGetAsync() => ShowAsync(AuditAction.DeleteAccount);

    public async Task<IActionResult> OnPostAsync()
    {
        if (await users.FindByIdAsync(UserId.ToString()) is { } user && !deletion.IsAddressOf(user, Email))
            ModelState.AddModelError(nameof(Email), "That isn't the e-mail address of this account. Nothing was deleted.");
        return await ActAsync(AuditAction.DeleteAccount, reason => acts.DeleteAsync(Staff, UserId, reason));
    }
}
