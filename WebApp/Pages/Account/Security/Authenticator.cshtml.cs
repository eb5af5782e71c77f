using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account.Security;

/// <summary>Sets an authenticator app up, or another in its place. The key is kept only once the app has shown that it has it.</summary>
public sealed class AuthenticatorModel(SecondFactors factors, Authenticators authenticators, UserManager<AppUser> users) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter the code that the app shows.")]
    [StringLength(100, ErrorMessage = "The code has six digits.")]
    [PlainText(ErrorMessage = "The code has six digits.")]
    public string Code { get; set; } = "";

    [BindProperty]
    public bool EndOthers { get; set; } = true;

    /// <summary>The sealed key: see <see cref="Authenticators.Propose"/>.</summary>
    [BindProperty]
    public string? Token { get; set; }

    public NewAuthenticator App { get; private set; } = null!;

    public FactorSummary Factors { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync()
    {
        // The account may have gone since the session began.
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        return await ShowAsync(authenticators.Propose(user));
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();
        if (await authenticators.OpenAsync(user, Token) is not { } app)
            return this.RedirectWithError("That took too long, or was done already. Nothing was changed. Scan the new code below if the app is still to be set up.");
        if (!ModelState.IsValid)
            return await ShowAsync(app);

        if (authenticators.FindStep(app, Code) is not { } step)
        {
            ModelState.AddModelError(nameof(Code), "That isn't the code that the app shows now. Wait for the next one; and check that the phone's clock is right.");
            return await ShowAsync(app);
        }

        return this.Answer(await factors.AddAuthenticatorAsync(HttpContext, app, step, EndOthers), "Your authenticator app is set up.");
    }

    private async Task<IActionResult> ShowAsync(NewAuthenticator app)
    {
        (App, Factors) = (app, await factors.DescribeAsync(app.User));
        return Page();
    }
}
