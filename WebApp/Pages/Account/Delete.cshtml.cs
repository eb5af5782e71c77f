using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class DeleteModel(AccountDeletion deletion, AppUserManager users, AppSignInManager signIn, IOptions<AuditOptions> options) : PageModel
{
    /// <summary>The person's own address, typed: nobody presses this button by mistake.</summary>
    [BindProperty]
    public string? Email { get; set; }

    public bool IsLastAdmin { get; private set; }

    public TimeSpan HistoryKeptFor => options.Value.KeepFor;

    public async Task OnGetAsync() => IsLastAdmin = await deletion.IsLastAdminAsync(User.GetUserId());

    public async Task<IActionResult> OnPostAsync()
    {
        // Gone already: the form was sent twice.
        if (await users.GetUserAsync(User) is not { } user)
            return await SayGoodbyeAsync();

        if (!deletion.IsAddressOf(user, Email))
        {
            ModelState.AddModelError(nameof(Email), "That isn't the e-mail address of this account. Nothing was deleted.");
            return Page();
        }

        switch (await deletion.DeleteAsync(user.Id))
        {
            case AccountDeletionOutcome.Deleted:
                return await SayGoodbyeAsync();
            case AccountDeletionOutcome.LastAdmin:
                IsLastAdmin = true;
                return Page();
            case AccountDeletionOutcome.StoreDown:
                return this.RedirectWithError(
                    "Your account was not deleted. We could not confirm whether your sessions have ended. Sign in if you are asked to, and try again.", "/Account/Delete");
            default:
                return this.RedirectWithError("Your account was not deleted, but you are signed out everywhere. Please sign in and try again.", "/Account/Login");
        }
    }

    private async Task<IActionResult> SayGoodbyeAsync()
    {
        try
        {
            await signIn.SignOutAsync();
        }
        catch (SessionStoreUnavailableException)
        {
            // The account is gone: that is what to tell, and not that a dead cookie stays.
        }

        TempData[GoodbyeModel.Deleted] = true;
        return RedirectToPage("/Account/Goodbye");
    }
}
