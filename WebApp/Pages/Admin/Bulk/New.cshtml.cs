using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Sessions;

namespace WebApp.Pages.Admin.Bulk;

public sealed class NewModel(BulkDrafts drafts, StaffReasons reasons, IOptions<SessionPolicy> policy) : ReasonedModel(reasons)
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

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        CheckPeople();
        if (ReadReason() is not { } reason)
            return ShowAgain();

        var draft = Pick == ByList ? await DraftOfListAsync(reason) : await DraftOfFilterAsync(reason);
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

    private Task<BulkDraft> DraftOfFilterAsync(StaffReason reason)
    {
        var filter = new UserFilter(Text?.Trim(), string.IsNullOrEmpty(Role) ? null : Role, NoSecondFactor: NoSecondFactor);
        return drafts.OfFilterAsync(Staff, filter, BulkWords.Of(filter), reason);
    }

    private async Task<BulkDraft> DraftOfListAsync(StaffReason reason)
    {
        // Detects the marks of UTF-8 and UTF-16; what is no text in its encoding becomes a character that no address has.
        using var reader = Upload is { } file ? new StreamReader(file.OpenReadStream(), Encoding.UTF8) : (TextReader)new StringReader(List!);
        return await drafts.OfListAsync(Staff, reader, Upload is null ? "A list that was pasted" : "A file that was uploaded", reason);
    }

    private void CheckPeople()
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
    }

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
