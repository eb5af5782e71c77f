using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Mail;

namespace WebApp.Pages.Account;

/// <summary>Where the link to a new e-mail address leads. To open it changes nothing: scanners open links, too.</summary>
public sealed class ConfirmNewEmailModel(EmailChange change) : PageModel
{
    [BindProperty(SupportsGet = true, Name = MailLinks.TokenName)]
    public string? Token { get; set; }

    public string NewEmail { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync()
    {
        if (await change.FindAsync(HttpContext, Token) is not { } email)
            return this.DeadLink();

        NewEmail = email;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync() => await change.ConfirmAsync(HttpContext, Token)
        ? this.RedirectWithStatus("Your e-mail address is changed. We have told the address before, too.", User.Identity?.IsAuthenticated is true ? "/Account/Index" : "/Account/Login")
        : this.DeadLink();
}
