using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account.Security;

public sealed class RemoveAuthenticatorModel(SecondFactors factors, UserManager<AppUser> users) : PageModel
{
    [BindProperty]
    public bool EndOthers { get; set; } = true;

    /// <summary>Needed when it is the last factor.</summary>
    [BindProperty]
    public bool TurnOff { get; set; }

    public FactorSummary Factors { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync() => await FindAsync() is null ? NothingToRemove() : Page();

    public async Task<IActionResult> OnPostAsync()
    {
        if (await FindAsync() is not { } user)
            return NothingToRemove();

        if (Factors.MayLoseOne(TurnOff))
            return this.Answer(await factors.RemoveAuthenticatorAsync(HttpContext, user, TurnOff, EndOthers), "Your authenticator app is removed.");

        ModelState.AddModelError(Factors.IsRequired ? "" : nameof(TurnOff), Factors.IsRequired
            ? "Your role needs a second factor. Set up another one first, then remove this one."
            : "Say that two-factor sign-in is to be turned off, or keep the app.");
        return Page();
    }

    private async Task<AppUser?> FindAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return null;

        Factors = await factors.DescribeAsync(user);
        return Factors.Authenticator is null ? null : user;
    }

    private RedirectToPageResult NothingToRemove() => this.RedirectWithError("There is no authenticator app to remove.", "/Account/Security");
}
