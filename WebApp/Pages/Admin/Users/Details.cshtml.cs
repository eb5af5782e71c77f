using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin.Users;

public sealed class DetailsModel(UserDirectory people, StaffReasons reasons, SessionManager sessions, ForcedSignOut forcedSignOut, TimeProvider clock) : StaffActModel(people, reasons)
{
    private const int MaxEndedShown = 10;

    /// <summary>The sessions that are ticked, by their ids. What is none is left out.</summary>
    [BindProperty(Name = "ids")]
    public IReadOnlyList<string> Ticked { get; set; } = [];

    public IReadOnlyList<UserSession> Live { get; private set; } = [];

    public IReadOnlyList<UserSession> RecentlyEnded { get; private set; } = [];

    /// <summary>Null when whoever looks may act on this person at all.</summary>
    public StaffRefusal? Refusal => RefusalOf(AuditAction.ForceSignOutAll);

    public bool IsBanned => Person.BannedUntil > clock.GetUtcNow();

    public async Task<IActionResult> OnGetAsync() => await FillAsync(await ShowAsync(null));

    public async Task<IActionResult> OnPostForceSignOutAsync(SessionId id)
    {
        // A malformed id is the id of no session, not a mistake in the form.
        ModelState.Remove(nameof(id));
        return await FillAsync(await ActAsync(null, reason => forcedSignOut.EndOneAsync(Staff, UserId, id, reason)));
    }

    public async Task<IActionResult> OnPostLockAsync(SessionId id)
    {
        ModelState.Remove(nameof(id));
        return await FillAsync(await ActAsync(null, reason => forcedSignOut.LockOneAsync(Staff, UserId, id, reason)));
    }

    public async Task<IActionResult> OnPostForceSignOutSomeAsync()
    {
        var ids = Ticked.Select(text => SessionId.TryParse(text, null, out var id) ? id : (SessionId?)null).OfType<SessionId>().Distinct().ToList();
        if (ids.Count == 0)
            ModelState.AddModelError("", "Tick the sessions to end, below.");
        return await FillAsync(await ActAsync(null, reason => forcedSignOut.EndSomeAsync(Staff, UserId, ids, reason)));
    }

    public async Task<IActionResult> OnPostForceSignOutAllAsync() => await FillAsync(await ActAsync(null, reason => forcedSignOut.EndAllAsync(Staff, UserId, reason)));

    private async Task<IActionResult> FillAsync(IActionResult answer)
    {
        if (answer is not Microsoft.AspNetCore.Mvc.RazorPages.PageResult)
            return answer;

        var all = await sessions.ListAsync(UserId);
        Live = all.Live;
        RecentlyEnded = [.. all.Revoked.Take(MaxEndedShown)];
        return answer;
    }
}
