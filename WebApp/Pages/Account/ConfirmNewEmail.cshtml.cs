using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages.Account;

/// <summary>Where the link to a new e-mail address leads. Looking at it changes nothing: programs that check mail for danger follow links, too.</summary>
public sealed class ConfirmNewEmailModel(EmailChange change) : PageModel
{
    [BindProperty(Name = "t", SupportsGet = true)]
    public string? Token { get; set; }

    /// <summary>Null for a link that is not good, or not any more.</summary>
    public string? NewEmail { get; private set; }

    public async Task OnGetAsync() => NewEmail = await change.FindAsync(Token);

    public async Task<IActionResult> OnPostAsync() => await change.ConfirmAsync(HttpContext, Token)
        ? this.RedirectWithStatus("Your e-mail address is changed. We have told the address before, too.", User.Identity?.IsAuthenticated is true ? "/Account/Index" : "/Account/Login")
        : Page();
}
