using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account.Security;

public sealed class RecoveryCodesModel(SecondFactors factors, RecoveryCodes codes, UserManager<AppUser> users) : PageModel
{
    private const string NoFactor = "Recovery codes come with a second factor. Set one up first.";

    [BindProperty]
    public bool EndOthers { get; set; } = true;

    public FactorSummary Factors { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        Factors = await factors.DescribeAsync(user);
        return Factors.Factors > 0 ? Page() : this.RedirectWithError(NoFactor, "/Account/Security");
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();
        if (!user.TwoFactorEnabled)
            return this.RedirectWithError(NoFactor, "/Account/Security");

        return this.Answer(await factors.ReplaceRecoveryCodesAsync(HttpContext, user, EndOthers), "You have new recovery codes.");
    }

    /// <summary>The codes as a file, from the page that shows them.</summary>
    public async Task<IActionResult> OnPostDownloadAsync(string? token)
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();
        if (await codes.OpenSheetAsync(user, token) is not { } sheet)
            return this.RedirectWithError("Codes can be downloaded only shortly after they were made. If you don't have them, make new ones.", "/Account/Security");

        var text = $"Recovery codes of {user.Email} for WebApp Sessions. Each is good once.\r\n\r\n{sheet.ReplaceLineEndings("\r\n")}\r\n";
        return File(Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8", "recovery-codes.txt");
    }
}
