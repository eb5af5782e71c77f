using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin.Users;

public sealed class DetailsModel(UserDirectory people, SessionManager sessions, ForcedSignOut forcedSignOut) : PageModel
{
    private const int MaxEndedShown = 10;
    private const string ReasonField = "reason";
    private const string CaseReferenceField = "caseReference";
    private const string NoteField = "note";

    [FromRoute]
    public Guid UserId { get; set; }

    [BindProperty(Name = ReasonField)]
    public RevocationReason? Reason { get; set; }

    [BindProperty(Name = CaseReferenceField)]
    [Required(ErrorMessage = "Enter the case reference.")]
    [StringLength(Revocation.MaxCaseReferenceLength, ErrorMessage = "The case reference can have at most {1} characters.")]
    [PlainText(ErrorMessage = "The case reference has characters that can't be used here.")]
    public string? CaseReference { get; set; }

    [BindProperty(Name = NoteField)]
    [StringLength(AuditEntry.MaxNoteLength, ErrorMessage = "The note can have at most {1} characters.")]
    [PlainText(ErrorMessage = "The note has characters that can't be used here.")]
    public string? Note { get; set; }

    public Person Person { get; private set; } = null!;

    public IReadOnlyList<UserSession> Live { get; private set; } = [];

    public IReadOnlyList<UserSession> RecentlyEnded { get; private set; } = [];

    public bool MayForceSignOut => !Person.IsAdmin || User.IsInRole(Roles.Admin);

    public Task<IActionResult> OnGetAsync() => ShowAsync();

    public async Task<IActionResult> OnPostForceSignOutAsync(SessionId id)
    {
        // A malformed id is the id of no session, not a mistake in the form.
        ModelState.Remove(nameof(id));
        if (!HasReason())
            return await ShowAsync();

        var result = await forcedSignOut.EndOneAsync(StaffMember.Of(HttpContext), UserId, id, Why());
        return Answer(result, result.Ended == 0 ? "That session had already ended." : "The session was ended.");
    }

    public async Task<IActionResult> OnPostLockAsync(SessionId id)
    {
        ModelState.Remove(nameof(id));
        if (!HasReason())
            return await ShowAsync();

        var result = await forcedSignOut.LockOneAsync(StaffMember.Of(HttpContext), UserId, id, Why());
        return Answer(result, result.Ended == 0 ? "That session was locked already, or has ended." : "The session is locked until its person confirms who they are.");
    }

    public async Task<IActionResult> OnPostForceSignOutAllAsync()
    {
        if (!HasReason())
            return await ShowAsync();

        var result = await forcedSignOut.EndAllAsync(StaffMember.Of(HttpContext), UserId, Why());
        return Answer(result, result.Ended switch
        {
            0 => "There was no session left to end.",
            1 => "One session was ended.",
            _ => $"All {result.Ended} sessions were ended.",
        });
    }

    private bool HasReason()
    {
        if (Reason is not { } reason || !StaffReason.Allowed.Contains(reason))
        {
            ModelState.Remove(ReasonField);
            ModelState.AddModelError(ReasonField, "Choose a reason.");
        }
        else if (reason == RevocationReason.Other && string.IsNullOrWhiteSpace(Note))
        {
            ModelState.AddModelError(NoteField, "Say in the note what the other reason is.");
        }

        return ModelState.IsValid;
    }

    private StaffReason Why() => new(Reason!.Value, CaseReference!.Trim(), Note?.Trim());

    private IActionResult Answer(ForcedSignOutResult result, string done) => result.Outcome switch
    {
        ForcedSignOutOutcome.Done => this.RedirectWithStatus(done),
        ForcedSignOutOutcome.Unconfirmed => this.RedirectWithError("We could not confirm it; check the list below."),
        ForcedSignOutOutcome.NotAllowed => Forbid(),
        _ => NotFound(),
    };

    private async Task<IActionResult> ShowAsync()
    {
        if (await people.FindAsync(UserId) is not { } person)
            return NotFound();

        Person = person;
        var all = await sessions.ListAsync(UserId);
        Live = all.Live;
        RecentlyEnded = [.. all.Revoked.Take(MaxEndedShown)];
        return Page();
    }
}
