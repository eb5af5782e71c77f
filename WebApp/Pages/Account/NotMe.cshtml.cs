using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts.Notices;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>Where the link of every notice leads. It needs no sign-in, and looking at it changes nothing: programs that check mail for danger follow links, too.</summary>
public sealed class NotMeModel(Disowning disowning) : PageModel
{
    [BindProperty(Name = "t", SupportsGet = true)]
    public string? Token { get; set; }

    /// <summary>The address that the account goes back to; null for a link that is not good, or not any more.</summary>
    public string? Email { get; private set; }

    public bool IsDone { get; private set; }

    public async Task OnGetAsync()
    {
        IsDone = TempData[nameof(IsDone)] is true;
        Email = IsDone ? null : (await disowning.FindAsync(Token))?.Snapshot.Email;
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await disowning.FindAsync(Token) is not { } account)
            return Page();

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
