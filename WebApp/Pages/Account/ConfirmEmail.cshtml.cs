using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Mail;

namespace WebApp.Pages.Account;

/// <summary>Where the link in the mail to a new account leads. To open it changes nothing: scanners open links, too.</summary>
public sealed class ConfirmEmailModel(EmailConfirmation confirmation) : PageModel
{
    [BindProperty(SupportsGet = true, Name = MailLinks.TokenName)]
    public string? Token { get; set; }

    [BindProperty]
    [Required(ErrorMessage = "Enter the password.")]
    [PasswordText]
    public string Password { get; set; } = "";

    /// <summary>The address that is to be confirmed.</summary>
    public string Email { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync() => await IsGoodAsync() ? Page() : this.DeadLink();

    public async Task<IActionResult> OnPostAsync()
    {
        if (!await IsGoodAsync())
            return this.DeadLink();

        if (!ModelState.IsValid)
            return Page();

        switch (await confirmation.ConfirmAsync(HttpContext, Token, Password))
        {
            case MailedLinkOutcome.SignedIn:
                return this.RedirectWithStatus("Thank you. Your e-mail address is confirmed, and you are signed in.", "/Account/Sessions");
            case MailedLinkOutcome.SecondFactor:
                return RedirectToPage("/Account/SecondFactor");
            case MailedLinkOutcome.WrongPassword:
                ModelState.AddModelError(nameof(Password), "That isn't the password that was chosen, or the account is locked for a while. Check it, or try again in a few minutes.");
                return Page();
            case MailedLinkOutcome.Dead:
                return this.DeadLink();
            default:
                return this.RedirectWithStatus("Thank you. Your e-mail address is confirmed. Please sign in.", "/Account/Login");
        }
    }

    private async Task<bool> IsGoodAsync()
    {
        if (await confirmation.FindAsync(Token) is not { Email: { } email })
            return false;

        Email = email;
        return true;
    }
}
