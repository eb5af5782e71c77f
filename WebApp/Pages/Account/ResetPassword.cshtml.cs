using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Passwords;

namespace WebApp.Pages.Account;

/// <summary>Where the link in the mail to somebody who forgot the password leads. To open it changes nothing: scanners open links, too.</summary>
public sealed class ResetPasswordModel(PasswordReset reset, IOptions<PasswordSettings> settings) : PageModel
{
    [BindProperty(SupportsGet = true, Name = MailLinks.TokenName)]
    public string? Token { get; set; }

    [BindProperty]
    [Required(ErrorMessage = "Choose a new password.")]
    [PasswordText]
    public string NewPassword { get; set; } = "";

    /// <summary>Whose password it is.</summary>
    public string Email { get; private set; } = "";

    /// <summary>How long their new password has to be.</summary>
    public int MinLength { get; private set; }

    public async Task<IActionResult> OnGetAsync() => await IsGoodAsync() ? Page() : this.DeadLink();

    public async Task<IActionResult> OnPostAsync()
    {
        if (!await IsGoodAsync())
            return this.DeadLink();

        if (!ModelState.IsValid)
            return Page();

        var result = await reset.ResetAsync(HttpContext, Token, NewPassword);
        switch (result.Outcome)
        {
            case MailedLinkOutcome.SignedIn:
                return this.RedirectWithStatus("Your password is changed, and you are signed in here only. All other sessions were ended.", "/Account/Sessions");
            case MailedLinkOutcome.SecondFactor:
                return RedirectToPage("/Account/SecondFactor");
            case MailedLinkOutcome.DoneWithoutSession:
                return this.RedirectWithStatus("Your password is changed, and all sessions were ended. Please sign in.", "/Account/Login");
            case MailedLinkOutcome.DoneButNotConfirmed:
                return this.RedirectWithError("Your password is changed. We could not confirm that your sessions ended; sign in and check the list.", "/Account/Login");
            case MailedLinkOutcome.WrongPassword:
                ModelState.AddModelError(nameof(NewPassword), result.Problem!);
                return Page();
            default:
                return this.DeadLink();
        }
    }

    private async Task<bool> IsGoodAsync()
    {
        if (await reset.FindAsync(Token) is not { Email: { } email } user)
            return false;

        (Email, MinLength) = (email, settings.Value.MinLengthFor(user));
        return true;
    }
}
