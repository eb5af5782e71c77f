using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages.Account;

public sealed class LogoutModel(AppSignInManager signIn) : PageModel
{
    /// <summary>Asks first: a link or an image must not be able to sign anybody out.</summary>
    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        await signIn.SignOutAsync();
        return this.RedirectWithStatus("You are signed out.", "/Index");
    }
}
