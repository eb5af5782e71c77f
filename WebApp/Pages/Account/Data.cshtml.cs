using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class DataModel(AppUserManager users, SessionManager sessions, AuditLog audit, TimeProvider clock) : PageModel
{
    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        // Whatever can fail before the first byte fails here, and gets a page of its own.
        var (roles, all) = (await users.GetRolesAsync(user), await sessions.ListAsync(user.Id));
        await audit.AppendAsync(new()
        {
            Action = AuditAction.DataDownloaded,
            ActorId = user.Id,
            SubjectId = user.Id,
            SessionId = RequestSession.Of(HttpContext).Current?.Id.ToString(),
            Address = HttpContext.Connection.RemoteIpAddress?.ToString(),
            Device = Device.Of(Request).ToString(),
        });
        return new PersonalData(user, [.. roles], all, audit, clock.GetUtcNow());
    }
}
