using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class DataModel(AppUserManager users, AccountFactsReader facts, SessionManager sessions, AuditLog audit, TimeProvider clock) : PageModel
{
    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        // Whatever can fail before the first byte fails here, and gets a page of its own.
        var (beside, all) = (await facts.ReadAsync(user), await sessions.ListAsync(user.Id));
        var entry = AuditEntries.By(HttpContext, user.Id, AuditAction.DataDownloaded);
        await audit.AppendAsync(entry with { SessionId = RequestSession.Of(HttpContext).Current?.Id.ToString() });
        return new PersonalData(user, beside, all, audit, clock.GetUtcNow());
    }
}
