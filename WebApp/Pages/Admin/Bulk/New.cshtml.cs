using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin.Bulk;

public sealed class NewModel(BulkDrafts drafts, IOptions<AdminOptions> options) : PageModel
{
    public const string ByFilter = "filter";
    public const string ByList = "list";

    /// <summary>What the form may carry: a hundred thousand addresses of usual length are three. It is in memory while it is read, and nowhere else.</summary>
    public const int MaxMegabytes = 8;

    public const int MaxSize = MaxMegabytes * 1024 * 1024;

    /// <summary>Characters. A longer list is not shown again when something else in the form is wrong.</summary>
    private const int MaxListShownAgain = 100_000;

    private const string ListField = "list";
    private const string FileField = "file";
    private const string ReasonField = "reason";
    private const string NoteField = "note";
    private const string CaseReferenceField = "caseReference";

    /// <summary><see cref="ByFilter"/> or <see cref="ByList"/>.</summary>
    [BindProperty(Name = "pick")]
    public string? Pick { get; set; } = ByFilter;

    [BindProperty(Name = "text")]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "Search for at most {1} characters.")]
    [PlainText(ErrorMessage = "The search has characters that can't be used here.")]
    public string? Text { get; set; }

    [BindProperty(Name = "role")]
    public string? Role { get; set; }

    [BindProperty(Name = "noSecondFactor")]
    public bool NoSecondFactor { get; set; }

    [BindProperty(Name = ListField)]
    public string? List { get; set; }

    [BindProperty(Name = FileField)]
    public IFormFile? Upload { get; set; }

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

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!HasReason() | !HasPeople())
            return ShowAgain();

        var draft = Pick == ByList ? await DraftOfListAsync() : await DraftOfFilterAsync();
        if (draft.Problem == BulkDraftProblem.None)
            return RedirectToPage("/Admin/Bulk/Details", new { id = draft.Id });

        ModelState.AddModelError(Pick == ByList ? Upload is null ? ListField : FileField : "", draft.Problem switch
        {
            BulkDraftProblem.TooMany => $"That is more than {PeopleList.MaxRows:N0} people. Choose fewer at a time.",
            BulkDraftProblem.Empty => "The list is empty.",
            _ => "That fits nobody.",
        });
        return ShowAgain();
    }

    private Task<BulkDraft> DraftOfFilterAsync()
    {
        var filter = new UserFilter(Text?.Trim(), string.IsNullOrEmpty(Role) ? null : Role, NoSecondFactor: NoSecondFactor);
        return drafts.OfFilterAsync(StaffMember.Of(HttpContext), filter, BulkWords.Of(filter), Why());
    }

    private async Task<BulkDraft> DraftOfListAsync()
    {
        // Detects the marks of UTF-8 and UTF-16; what is no text in its encoding becomes a character that no address has.
        using var reader = Upload is { } file ? new StreamReader(file.OpenReadStream(), Encoding.UTF8) : (TextReader)new StringReader(List!);
        return await drafts.OfListAsync(StaffMember.Of(HttpContext), reader, Upload is null ? "A list that was pasted" : "A file that was uploaded", Why());
    }

    private bool HasPeople()
    {
        if (Pick == ByFilter)
        {
            if (!string.IsNullOrEmpty(Role) && !Roles.All.Contains(Role))
                ModelState.AddModelError("role", "Choose one of the roles.");
            else if (string.IsNullOrWhiteSpace(Text) && string.IsNullOrEmpty(Role) && !NoSecondFactor)
                ModelState.AddModelError("text", "Say whom it concerns. Without any of these it would be everyone.");
        }
        else if (Pick != ByList)
        {
            ModelState.AddModelError("pick", "Choose how the people are found.");
        }
        else if (Upload is null && string.IsNullOrWhiteSpace(List))
        {
            ModelState.AddModelError(ListField, "Paste a list, or choose a file.");
        }
        else if (Upload is not null && !string.IsNullOrWhiteSpace(List))
        {
            ModelState.AddModelError(FileField, "There are two lists: a pasted one and a file. Choose one.");
        }

        return ModelState.IsValid;
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

        if (CaseReference is { Length: > 0 and <= Revocation.MaxCaseReferenceLength } reference && !options.Value.IsCaseReference(reference.Trim()))
            ModelState.AddModelError(CaseReferenceField, "That is not what case references look like here.");
        return ModelState.IsValid;
    }

    private StaffReason Why() => new(Reason!.Value, CaseReference!.Trim(), Note?.Trim());

    private PageResult ShowAgain()
    {
        if (List?.Length > MaxListShownAgain)
        {
            ModelState.SetModelValue(ListField, "", "");
            List = null;
            ModelState.TryAddModelError(ListField, "The list is too long to be kept here. Please paste it again.");
        }

        // A browser never sends a file by itself.
        if (Upload is not null && ModelState.GetFieldValidationState(FileField) != Microsoft.AspNetCore.Mvc.ModelBinding.ModelValidationState.Invalid)
            ModelState.AddModelError(FileField, "Please choose the file again.");
        return Page();
    }
}
