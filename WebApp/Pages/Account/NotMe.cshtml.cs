using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;

namespace WebApp.Pages.Account;

/// <summary>Where the link of every notice leads. It needs no sign-in, and to open it changes nothing: scanners open links, too.</summary>
public sealed class NotMeModel(Disowning disowning) : PageModel
{
    [BindProperty(SupportsGet = true, Name = MailLinks.TokenName)]
    public string? Token { get; set; }

    /// <summary>The address that the account goes back to.</summary>
    public string Email { get; private set; } = "";

    /// <summary>Null before it is done.</summary>
    public DisownOutcome? Outcome { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        if (Enum.TryParse(TempData[nameof(Outcome)] as string, out DisownOutcome outcome))
        {
            Outcome = outcome;
            return Page();
        }

        if (await disowning.FindAsync(Token) is not { } account)
            return this.DeadLink();

        Email = account.Snapshot.Email;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await disowning.FindAsync(Token) is not { } account)
            return this.DeadLink();

        TempData[nameof(Outcome)] = (await disowning.DisownAsync(HttpContext, account)).ToString();
        return RedirectToPage();
    }
}
