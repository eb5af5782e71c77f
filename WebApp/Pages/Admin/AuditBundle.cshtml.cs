using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Texts;

namespace WebApp.Pages.Admin;

/// <summary>One session or one case as a signed file.</summary>
public sealed class AuditBundleModel(AuditDesk desk, TimeProvider clock) : PageModel
{
    private const string PurposeField = "purpose";

    [BindProperty(SupportsGet = true, Name = "case")]
    public string? Case { get; set; }

    /// <summary>Goes before <see cref="Case"/>: a session belongs to one person.</summary>
    [BindProperty(SupportsGet = true, Name = "session")]
    public string? Session { get; set; }

    [BindProperty(Name = PurposeField)]
    public BundlePurpose? Purpose { get; set; }

    public string What => string.IsNullOrWhiteSpace(Session) ? "case" : "session";

    public bool MayClaim => User.IsInRole(Roles.Admin);

    private AuditFilter Filter => new()
    {
        SessionId = What == "session" ? ShownText.Of(Session).ToLowerInvariant() : null,
        CaseReference = What == "case" ? Case : null,
    };

    public IActionResult OnGet() => FindRefusal() ?? Page();

    public async Task<IActionResult> OnPostAsync()
    {
        if (FindRefusal() is { } refusal)
            return refusal;
        if (Purpose is not { } purpose || !Enum.IsDefined(purpose))
        {
            ModelState.Remove(PurposeField);
            ModelState.AddModelError(PurposeField, "Choose what it is for.");
            return Page();
        }

        var result = await desk.MakeBundleAsync(StaffMember.Of(HttpContext), Filter, purpose, WriteAsSubject);
        return result switch
        {
            { File: { } file } => File(file, MediaTypeNames.Application.Zip, $"audit-{What}-{clock.GetUtcNow().UtcDateTime:yyyy-MM-dd}.zip"),
            { Outcome: BundleOutcome.NotAllowed } => Forbid(),
            _ => Refuse(result.Outcome),
        };
    }

    /// <summary>What it is about comes from a link of the audit log, which leads to no session or case that there can't be.</summary>
    private IActionResult? FindRefusal() =>
        string.IsNullOrWhiteSpace(Session ?? Case) ? RedirectToPage("/Admin/Audit")
        : Filter.FindMistake() is not null ? NotFound()
        : null;

    private PageResult Refuse(BundleOutcome outcome)
    {
        ModelState.AddModelError("", outcome switch
        {
            BundleOutcome.Nothing => $"The log has nothing of this {What} that could go into it.",
            BundleOutcome.TooMany => $"This {What} has more than {AuditBundle.MaxEntries} entries. Export it from the audit log instead.",
            _ => "This case is about several people, and a data request is one person's. Make a bundle of each session instead.",
        });
        return Page();
    }

    private static void WriteAsSubject(Utf8JsonWriter json, AuditEntry entry) => HistoryLine.Of(entry).WriteTo(json);
}
