using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin;

/// <summary>A page with forms that act on one person. All of them ask for a reason (<c>_Why.cshtml</c>) and end in a receipt.</summary>
public abstract class StaffActModel(UserDirectory people, StaffReasons reasons) : PageModel
{
    private const string ReasonField = "reason";
    private const string CaseReferenceField = "caseReference";
    private const string NoteField = "note";

    [FromRoute]
    public Guid UserId { get; set; }

    [BindProperty(Name = ReasonField)]
    public string? Reason { get; set; }

    [BindProperty(Name = CaseReferenceField)]
    public string? CaseReference { get; set; }

    [BindProperty(Name = NoteField)]
    public string? Note { get; set; }

    public Person Person { get; private set; } = null!;

    protected StaffMember Staff => StaffMember.Of(HttpContext);

    /// <summary>Null when whoever looks at the page may do it.</summary>
    public StaffRefusal? RefusalOf(AuditAction act) => Rank.Judge(Staff, Person, act);

    /// <summary>Why, as the form says; null when something is wrong with that, or with any other field. Then the words are beside the fields.</summary>
    protected StaffReason? ReadReason()
    {
        var (reason, problems) = reasons.Read(Reason, CaseReference, Note);
        foreach (var (field, problem) in problems)
            ModelState.AddModelError(NameOf(field), problem);
        return ModelState.IsValid && reason is not null ? reason with { InWords = Words.Of(reason.Reason) } : null;
    }

    /// <summary>The page; for an unknown person there is none, and what one's rank does not allow at all is refused.</summary>
    /// <param name="act">What the page is for; null when it is there to look at, too.</param>
    protected async Task<IActionResult> ShowAsync(AuditAction? act)
    {
        if (await people.FindAsync(UserId) is not { } person)
            return NotFound();

        Person = person;
        return act is { } asked && RefusalOf(asked) is StaffRefusal.AboveYou or StaffRefusal.AdminsOnly ? Forbid() : Page();
    }

    /// <summary>Does what the form asks for, if it says why, and leads to the receipt. Nothing is said to be done here: the receipt says what was.</summary>
    /// <param name="act">What the page is for; see <see cref="ShowAsync"/>.</param>
    /// <param name="run">Given the reason.</param>
    protected async Task<IActionResult> ActAsync(AuditAction? act, Func<StaffReason, Task<StaffActResult>> run) =>
        ReadReason() is { } reason ? await AnswerAsync(act, await run(reason)) : await ShowAsync(act);

    protected async Task<IActionResult> AnswerAsync(AuditAction? act, StaffActResult result)
    {
        switch (result)
        {
            case { ReceiptId: { } id }:
                return RedirectToPage("/Admin/Receipt", new { id });
            case { Refusal: StaffRefusal.Yourself }:
                ModelState.AddModelError("", Words.Of(StaffRefusal.Yourself));
                return await ShowAsync(act);
            case { Outcome: StaffActOutcome.NotAllowed }:
                return Forbid();
            default:
                return NotFound();
        }
    }

    private static string NameOf(StaffReasonField field) => field switch
    {
        StaffReasonField.Reason => ReasonField,
        StaffReasonField.CaseReference => CaseReferenceField,
        _ => NoteField,
    };
}
