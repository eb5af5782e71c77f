using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Admin.Bulk;

public sealed class NewModel(BulkDrafts drafts, StaffReasons reasons, IOptions<SessionPolicy> policy) : ReasonedModel(reasons)
{
    public const string ByFilter = "filter";
    public const string ByList = "list";

    /// <summary>
    /// What the form may carry: a hundred thousand rows of a wide export. It is in memory while it is read, and nowhere
    /// else.
    /// </summary>
    public const int MaxMegabytes = 128;

    public const int MaxSize = MaxMegabytes * 1024 * 1024;

    /// <summary>Characters. A longer list is not shown again when something else in the form is wrong.</summary>
    private const int MaxListShownAgain = 100_000;

    private const string ListField = "list";
    private const string FileField = "file";
    private const string ColumnField = "column";

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

    /// <summary>From when on the form has to wait for a proof of identity, which a file can't (<see cref="KeptForms"/>).</summary>
    public DateTimeOffset? AsksFrom => RequestSession.Of(HttpContext).Current?.AuthenticatedAt + policy.Value.RecentSignIn;

    /// <summary>Which column names the people: see <see cref="ListShape.Choose"/>.</summary>
    [BindProperty(Name = ColumnField)]
    public string? Column { get; set; }

    /// <summary>Those to choose from; empty unless it has to be asked.</summary>
    public IReadOnlyList<ListColumn> Columns { get; private set; } = [];

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        CheckPeople();
        if (ReadReason() is not { } reason)
            return ShowAgain();

        try
        {
            var draft = Pick == ByList ? await DraftOfListAsync(reason) : await DraftOfFilterAsync(reason);
            if (draft.Problem == BulkDraftProblem.None)
                return RedirectToPage("/Admin/Bulk/Details", new { id = draft.Id });

            Refuse(draft);
        }
        catch (UnreadableListException e)
        {
            ModelState.AddModelError(
                SourceField, $"The list can't be read, so nothing of it was taken. {BulkWords.Of(e.Fault, e.Row)}");
        }
        catch (InvalidDataException)
        {
            ModelState.AddModelError(
                FileField, "The file is too large, and was not kept. A list as text or CSV is smaller.");
        }

        return ShowAgain();
    }

    private Task<BulkDraft> DraftOfFilterAsync(StaffReason reason)
    {
        var filter = new UserFilter(
            ShownText.Of(Text), string.IsNullOrEmpty(Role) ? null : Role, NoSecondFactor: NoSecondFactor);
        return drafts.OfFilterAsync(Staff, filter, BulkWords.Of(filter), reason);
    }

    private Task<BulkDraft> DraftOfListAsync(StaffReason reason)
    {
        var list = new PeopleList(
            Upload is { } file ? () => ListFile.Open(file.OpenReadStream) : () => new StringReader(List!));
        return drafts.OfListAsync(
            Staff, list, Upload is null ? "A list that was pasted" : "A file that was uploaded", Column, reason);
    }

    private void Refuse(BulkDraft draft)
    {
        Columns = draft.Columns;
        ModelState.AddModelError(Pick == ByList ? SourceField : "", draft.Problem switch
        {
            BulkDraftProblem.TooMany => $"That is more than {PeopleList.MaxRows:N0} people. Choose fewer at a time.",
            BulkDraftProblem.Empty => "The list names nobody: no cell is an e-mail address or a user id.",
            BulkDraftProblem.WhichColumn => "Several columns name people. Say below which of them is meant"
                + (Upload is null ? "" : ", and choose the file again") + "; nothing was taken yet.",
            _ => "That fits nobody.",
        });
    }

    private void CheckPeople()
    {
        if (Pick == ByFilter)
        {
            if (!string.IsNullOrEmpty(Role) && !Roles.All.Contains(Role))
                ModelState.AddModelError("role", "Choose one of the roles.");
            else if (ShownText.Of(Text).Length == 0 && string.IsNullOrEmpty(Role) && !NoSecondFactor)
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
    }

    private string SourceField => Upload is null ? ListField : FileField;

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
