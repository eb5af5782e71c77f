using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages.Account;

public sealed class IndexModel(UserManager<AppUser> users) : PageModel
{
    public AppUser Person { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync()
    {
        // The account may have gone since the session began.
        if (await users.GetUserAsync(User) is not { } person)
            return NotFound();

        Person = person;
        return Page();
    }
}
