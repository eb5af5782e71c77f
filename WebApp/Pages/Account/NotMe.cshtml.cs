using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>Where the link of every notice leads. It needs no sign-in, and to open it changes nothing: scanners open links, too.</summary>
public sealed class NotMeModel(Disowning disowning) : PageModel
{
    [BindProperty(SupportsGet = true, Name = MailLinks.TokenName)]
    public string? Token { get; set; }

    /// <summary>The address that the account goes back to.</summary>
    public string Email { get; private set; } = "";

    public bool IsDone { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        IsDone = TempData[nameof(IsDone)] is true;
        if (IsDone)
            return Page();

        if (await disowning.FindAsync(Token) is not { } account)
            return this.DeadLink();

        Email = account.Snapshot.Email;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await disowning.FindAsync(Token) is not { } account)
            return this.DeadLink();

        try
        {
            await disowning.DisownAsync(HttpContext, account);
        }
        catch (SessionStoreUnavailableException)
        {
            // The account is closed, and each session is refused as soon as the store can be asked for it.
        }

        TempData[nameof(IsDone)] = true;
        return RedirectToPage();
    }
}
