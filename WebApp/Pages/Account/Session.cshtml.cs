using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>One session of the person's own, live or ended, and its story.</summary>
public sealed class SessionModel(SessionManager sessions, AuditLog audit, TimeProvider clock) : PageModel
{
    private const int MostLines = 200;

    [FromRoute]
    public SessionId Id { get; set; }

    public UserSession Session { get; private set; } = null!;

    public SessionStory Story { get; private set; } = new([]);

    /// <summary>Whether the story had more lines than are shown.</summary>
    public bool IsCut { get; private set; }

    public bool IsCurrent => Session.Id == CurrentId;

    public bool IsNameShown => Session.NameShownUntil > clock.GetUtcNow();

    private SessionId CurrentId => RequestSession.Of(HttpContext).Current!.Id;

    public async Task<IActionResult> OnGetAsync()
    {
        if (!await FindAsync())
            return NotFound();

        var log = await audit.ListOfSessionAsync(Session.UserId, Session.Id.ToString(), MostLines);
        (Story, IsCut) = (SessionStory.Of(Session, log), log.Count == MostLines);
        return Page();
    }

    public async Task<IActionResult> OnPostShowNameAsync()
    {
        if (!await FindAsync())
            return NotFound();

        return await sessions.ShowNameAsync(Session.UserId, Id)
            ? this.RedirectWithStatus($"The next pages of that browser say {SessionName.Of(Id)}.")
            : this.RedirectWithError("That session has ended.");
    }

    public async Task<IActionResult> OnPostNotMeAsync()
    {
        if (!await FindAsync())
            return NotFound();

        try
        {
            await sessions.DisownAsync(Session.UserId, Id, CurrentId, HttpContext.Connection.RemoteIpAddress);
            return this.RedirectWithStatus("Your other sessions have ended. Now choose a new password: somebody may know the present one.", "/Account/ChangePassword");
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError(
                "We could not confirm that your other sessions ended. Choose a new password: that ends them, too.", "/Account/ChangePassword");
        }
    }

    /// <summary>Unknown, expired, someone else's and malformed (that is zero, the id of none): none is there, and nothing tells which.</summary>
    private async Task<bool> FindAsync()
    {
        if (await sessions.FindAsync(User.GetUserId(), Id) is not { } session)
        {
            ForeignSession.Mark(HttpContext);
            return false;
        }

        Session = session;
        return true;
    }
}
