using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account;

/// <summary>What a person signs in with, at a glance.</summary>
public sealed class SecurityModel(SecondFactors factors, KnownBrowsers browsers, UserManager<AppUser> users) : PageModel
{
    public FactorSummary Factors { get; private set; } = null!;

    /// <summary>How many browsers are asked for no second factor.</summary>
    public int Remembered { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        // The account may have gone since the session began.
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        (Factors, Remembered) = (await factors.DescribeAsync(user), (await browsers.ListRememberedAsync(user.Id)).Count);
        return Page();
    }
}
