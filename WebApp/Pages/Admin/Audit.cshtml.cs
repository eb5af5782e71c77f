using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Texts;

namespace WebApp.Pages.Admin;

/// <summary>The audit log: filtered, verified, and taken out as a file. The filter is the address's, so a page of it can be kept and sent on.</summary>
public sealed class AuditModel(AuditDesk desk, AuditVerifier verifier, UserDirectory people, TimeProvider clock) : PageModel
{
    private const int PageSize = 50;
    private static readonly string[] Times = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"];

    /// <summary>Who acted: an e-mail address or a user id.</summary>
    [BindProperty(SupportsGet = true, Name = "actor")]
    public string? Actor { get; set; }

    /// <summary>Whom it was about, likewise.</summary>
    [BindProperty(SupportsGet = true, Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The name of an <see cref="AuditAction"/>.</summary>
    [BindProperty(SupportsGet = true, Name = "act")]
    public string? Act { get; set; }

    [BindProperty(SupportsGet = true, Name = "reason")]
    public string? Reason { get; set; }

    [BindProperty(SupportsGet = true, Name = "case")]
    public string? Case { get; set; }

    [BindProperty(SupportsGet = true, Name = "session")]
    public string? Session { get; set; }

    /// <summary>UTC; written then or later.</summary>
    [BindProperty(SupportsGet = true, Name = "from")]
    public string? From { get; set; }

    /// <summary>UTC; written before.</summary>
    [BindProperty(SupportsGet = true, Name = "to")]
    public string? To { get; set; }

    /// <summary>Entries older than this one; the newest ones when it is missing or no number.</summary>
    [BindProperty(SupportsGet = true, Name = "before")]
    public string? BeforeText { get; set; }

    public long? Before => long.TryParse(BeforeText, NumberStyles.None, CultureInfo.InvariantCulture, out var before) ? before : null;

    public IReadOnlyList<AuditEntry> Entries { get; private set; } = [];

    /// <summary>Where the next page begins; null on the last one.</summary>
    public long? Older { get; private set; }

    public IReadOnlyDictionary<Guid, string> Emails { get; private set; } = new Dictionary<Guid, string>();

    /// <summary>The filter as the address has it, for links and forms.</summary>
    public IDictionary<string, string> Query =>
        new (string Name, string? Value)[] { ("actor", Actor), ("subject", Subject), ("act", Act), ("reason", Reason), ("case", Case), ("session", Session), ("from", From), ("to", To) }
            .Where(part => !string.IsNullOrWhiteSpace(part.Value)).ToDictionary(part => part.Name, part => part.Value!.Trim());

    public async Task OnGetAsync()
    {
        if (await FilterAsync() is { } filter)
            await ShowAsync(filter);
    }

    public async Task<IActionResult> OnPostVerifyAsync()
    {
        var verdict = await verifier.VerifyAsync(cancellationToken: HttpContext.RequestAborted);
        return verdict.Misfit is null
            ? this.RedirectWithStatus(verdict.ToString(), routeValues: Query)
            : this.RedirectWithError($"{verdict} Tell whoever runs this site, and leave the database as it is.", routeValues: Query);
    }

    public async Task<IActionResult> OnPostExportAsync(AuditFormat format)
    {
        // A format that there is not is a form that no page has shown.
        if (!ModelState.IsValid || !Enum.IsDefined(format))
            return BadRequest();
        if (await FilterAsync() is not { } filter)
            return Page();

        return new AuditExport(await desk.ExportAsync(StaffMember.Of(HttpContext), filter, format), format, clock.GetUtcNow());
    }

    private async Task ShowAsync(AuditFilter filter)
    {
        var entries = await desk.SearchAsync(StaffMember.Of(HttpContext), filter, Before, PageSize + 1);
        Entries = [.. entries.Take(PageSize)];
        Older = entries.Count > PageSize ? Entries[^1].Id : null;
        Emails = await people.FindEmailsAsync(Entries.SelectMany(e => new[] { e.ActorId, e.SubjectId }).OfType<Guid>());
    }

    /// <summary>Null when a field can't be understood; then its message says so.</summary>
    private async Task<AuditFilter?> FilterAsync()
    {
        var filter = new AuditFilter
        {
            ActorId = await PersonAsync("actor", Actor),
            SubjectId = await PersonAsync("subject", Subject),
            Action = ActionOf(Act),
            Reason = TextOf(Reason),
            CaseReference = TextOf(Case),
            SessionId = TextOf(Session)?.ToLowerInvariant(),
            From = TimeOf("from", From),
            To = TimeOf("to", To),
        };
        if (filter.FindMistake() is { } mistake)
            ModelState.AddModelError(mistake == nameof(AuditFilter.CaseReference) ? "case" : mistake == nameof(AuditFilter.SessionId) ? "session" : "reason", mistake switch
            {
                nameof(AuditFilter.CaseReference) => $"A case reference has at most {AuditEntry.MaxCaseReferenceLength} characters, and no special ones.",
                nameof(AuditFilter.SessionId) => "Enter a whole session id: 32 characters, each 0 to 9 or a to f.",
                _ => "Choose one of the list.",
            });
        return ModelState.IsValid ? filter : null;
    }

    private async Task<Guid?> PersonAsync(string field, string? text)
    {
        if (TextOf(text) is not { } wanted)
            return null;

        var found = wanted.Length <= AppUser.MaxEmailLength ? await desk.FindPersonAsync(wanted) : null;
        if (found is null)
            ModelState.AddModelError(field, "No account has this address. One that was deleted is found by its id. "
                + $"Failed sign-ins with this name have the mark {desk.MarkOf(wanted)}.");
        return found;
    }

    private AuditAction? ActionOf(string? text)
    {
        if (TextOf(text) is not { } wanted)
            return null;

        if (Enum.TryParse<AuditAction>(wanted, out var action) && Enum.IsDefined(action))
            return action;

        ModelState.AddModelError("act", "Choose one of the list.");
        return null;
    }

    private DateTimeOffset? TimeOf(string field, string? text)
    {
        if (TextOf(text) is not { } wanted)
            return null;

        if (DateTimeOffset.TryParseExact(wanted, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;

        ModelState.AddModelError(field, "Enter a date, or a date and a time, such as 2026-11-21 14:30.");
        return null;
    }

    private static string? TextOf(string? text) => ShownText.Of(text) is { Length: > 0 } shown ? shown : null;
}
