using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin;

/// <summary>A page with forms that act on one person. All of them ask for a reason and end in a receipt.</summary>
public abstract class StaffActModel(UserDirectory people, StaffReasons reasons) : ReasonedModel(reasons)
{
    [FromRoute]
    public Guid UserId { get; set; }

    public Person Person { get; private set; } = null!;

    /// <summary>Null when whoever looks at the page may do it.</summary>
    public StaffRefusal? RefusalOf(AuditAction act) => Rank.Judge(Staff, Person, act);

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
            case { Refusal: StaffRefusal.Yourself or StaffRefusal.AdminsBan }:
                ModelState.AddModelError("", Words.Of(result.Refusal.Value));
                return await ShowAsync(act);
            case { Outcome: StaffActOutcome.NotAllowed }:
                return Forbid();
            default:
                return NotFound();
        }
    }
}
