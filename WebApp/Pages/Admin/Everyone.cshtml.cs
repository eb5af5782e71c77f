using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Admin;

public sealed class EveryoneModel(BulkRequests requests, StaffReasons reasons, IOptions<AdminOptions> options) : ReasonedModel(reasons)
{
    /// <summary>What is typed, so that nobody does it by a slip.</summary>
    public const string ToType = "everyone";

    private const string TypedField = "typed";

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
        if (!string.Equals(ShownText.Of(Typed), ToType, StringComparison.OrdinalIgnoreCase))
            ModelState.AddModelError(TypedField, $"Type the word “{ToType}”.");
        if (ReadReason() is not { } reason)
            return Page();

        var spared = SpareMe ? RequestSession.Of(HttpContext).Current?.Id : null;
        var id = await requests.AskForEveryoneAsync(Staff, spared, reason);
        return id is { } known ? RedirectToPage("/Admin/Bulk/Details", new { id = known }) : Forbid();
    }
}
