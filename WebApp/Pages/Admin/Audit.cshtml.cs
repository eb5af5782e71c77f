using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin;

public sealed class AuditModel(AuditLog audit, UserDirectory people) : PageModel
{
    private const int PageSize = 50;

    /// <summary>Entries older than this one; the newest ones when it is missing or no number.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Before { get; set; }

    public IReadOnlyList<AuditEntry> Entries { get; private set; } = [];

    /// <summary>Where the next page begins; null on the last one.</summary>
    public long? Older { get; private set; }

    public IReadOnlyDictionary<Guid, string> Emails { get; private set; } = new Dictionary<Guid, string>();

    public async Task OnGetAsync()
    {
        var entries = await audit.ListAsync(Before, PageSize + 1);
        Entries = [.. entries.Take(PageSize)];
        Older = entries.Count > PageSize ? Entries[^1].Id : null;
        Emails = await people.FindEmailsAsync(Entries.SelectMany(e => new[] { e.ActorId, e.SubjectId }).OfType<Guid>());
    }
}
