using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;

namespace WebApp.Pages.Admin;

/// <summary>A page whose form asks staff for a reason (<c>_Why.cshtml</c>).</summary>
public abstract class ReasonedModel(StaffReasons reasons) : PageModel
{
    private const string ReasonField = "reason";
    private const string CaseReferenceField = "caseReference";
    private const string NoteField = "note";

    [BindProperty(Name = ReasonField)]
    public string? Reason { get; set; }

    [BindProperty(Name = CaseReferenceField)]
    public string? CaseReference { get; set; }

    [BindProperty(Name = NoteField)]
    public string? Note { get; set; }

    protected StaffMember Staff => StaffMember.Of(HttpContext);

    /// <summary>Why, as the form says; null when something is wrong with that, or with any other field. Then the words are beside the fields.</summary>
    protected StaffReason? ReadReason()
    {
        var (reason, problems) = reasons.Read(Reason, CaseReference, Note);
        foreach (var (field, problem) in problems)
            ModelState.AddModelError(NameOf(field), problem);
        return ModelState.IsValid && reason is not null ? reason with { InWords = Words.Of(reason.Reason) } : null;
    }

    private static string NameOf(StaffReasonField field) => field switch
    {
        StaffReasonField.Reason => ReasonField,
        StaffReasonField.CaseReference => CaseReferenceField,
        _ => NoteField,
    };
}
