using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account.Security;

public sealed class RemovePasskeyModel(Passkeys passkeys, SecondFactors factors, AppUserManager users) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Id { get; set; }

    [BindProperty]
    public bool EndOthers { get; set; } = true;

    /// <summary>Needed when it is the last factor.</summary>
    [BindProperty]
    public bool TurnOff { get; set; }

    /// <summary>Of the passkey.</summary>
    public string Name { get; private set; } = "";

    public FactorSummary Factors { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync() => await FindAsync() is null ? NothingToRemove() : Page();

    public async Task<IActionResult> OnPostAsync()
    {
        if (await FindAsync() is not { } user)
            return NothingToRemove();

        if (Factors.MayLoseOne(TurnOff))
        {
            return this.Answer(
                await passkeys.RemoveAsync(HttpContext, user, Id, TurnOff, EndOthers), $"The passkey “{Name}” is removed. Delete it on your device, too.");
        }

        ModelState.AddModelError(Factors.IsRequired ? "" : nameof(TurnOff), Factors.IsRequired
            ? "Your role needs a second factor. Set up another one first, then remove this one."
            : "Say that two-factor sign-in is to be turned off, or keep the passkey.");
        return Page();
    }

    private async Task<AppUser?> FindAsync()
    {
        if (await users.GetUserAsync(User) is not { } user || await passkeys.FindNameAsync(user.Id, Id) is not { } name)
            return null;

        (Name, Factors) = (name, await factors.DescribeAsync(user));
        return user;
    }

    private RedirectToPageResult NothingToRemove() => this.RedirectWithError(PasskeysModel.Gone, "/Account/Security/Passkeys");
}
