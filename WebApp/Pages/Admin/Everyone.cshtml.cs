using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin;

public sealed class EveryoneModel(BulkRequests requests, IOptions<AdminOptions> options) : PageModel
{
    /// <summary>What is typed, so that nobody does it by a slip.</summary>
    public const string ToType = "everyone";

    private const string ReasonField = "reason";
    private const string NoteField = "note";
    private const string CaseReferenceField = "caseReference";
    private const string TypedField = "typed";

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

    [BindProperty(Name = "spareMe")]
    public bool SpareMe { get; set; }

    [BindProperty(Name = TypedField)]
    public string? Typed { get; set; }

    public TimeSpan Hold => options.Value.BulkHold;

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!IsConfirmed())
            return Page();

        var spared = SpareMe ? RequestSession.Of(HttpContext).Current?.Id : null;
        var id = await requests.AskForEveryoneAsync(StaffMember.Of(HttpContext), spared, new(Reason!.Value, CaseReference!.Trim(), Note?.Trim()));
        return id is { } known ? RedirectToPage("/Admin/Bulk/Details", new { id = known }) : Forbid();
    }

    private bool IsConfirmed()
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

        if (CaseReference is { Length: > 0 and <= Revocation.MaxCaseReferenceLength } reference && !options.Value.IsCaseReference(reference.Trim()))
            ModelState.AddModelError(CaseReferenceField, "That is not what case references look like here.");
        if (!string.Equals(Typed?.Trim(), ToType, StringComparison.OrdinalIgnoreCase))
            ModelState.AddModelError(TypedField, $"Type the word “{ToType}”.");
        return ModelState.IsValid;
    }
}
