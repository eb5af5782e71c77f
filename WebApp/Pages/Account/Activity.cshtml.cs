using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>What happened to the person's own account. Whose it is comes from the session, and from no parameter.</summary>
public sealed class ActivityModel(AuditLog audit, SessionManager sessions, IOptions<AuditOptions> options) : PageModel
{
    private const int PageSize = 25;

    /// <summary>What to show; all of it when it is missing or no kind.</summary>
    [BindProperty(SupportsGet = true)]
    public HistoryKind Kind { get; set; }

    /// <summary>Lines older than this one; the newest ones when it is missing or no number.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Before { get; set; }

    /// <summary>The lines next to this one, and newer.</summary>
    [BindProperty(SupportsGet = true)]
    public long? After { get; set; }

    public IReadOnlyList<HistoryLine> Lines { get; private set; } = [];

    /// <summary>Where the older page begins; null on the last one.</summary>
    public long? Older { get; private set; }

    /// <summary>Where the newer page ends; null on the first one.</summary>
    public long? Newer { get; private set; }

    /// <summary>The sessions that there still is a page of.</summary>
    public IReadOnlyDictionary<string, UserSession> Known { get; private set; } = new Dictionary<string, UserSession>();

    public string? CurrentId => RequestSession.Of(HttpContext).Current?.Id.ToString();

    public TimeSpan KeptFor => options.Value.KeepFor;

    public async Task OnGetAsync()
    {
        Kind = Enum.IsDefined(Kind) ? Kind : HistoryKind.All;
        var entries = await ReadAsync();
        Lines = [.. entries.Select(HistoryLine.Of)];
        var all = await sessions.ListAsync(User.GetUserId());
        Known = all.Live.Concat(all.Revoked).ToDictionary(s => s.Id.ToString());
    }

    /// <summary>One more than is shown tells whether there is another page.</summary>
    private async Task<IReadOnlyList<AuditEntry>> ReadAsync()
    {
        var (person, actions) = (User.GetUserId(), HistoryLine.ActionsOf(Kind));
        if (After is { } after)
        {
            var newer = await audit.ListNewerOfSubjectAsync(person, actions, after, PageSize + 1);
            if (newer.Count > PageSize)
            {
                var page = newer.Skip(1).ToList();
                (Newer, Older) = (page[0].Id, page[^1].Id);
                return page;
            }

            // The first page, and all of it: what came since must not leave it half empty.
            Before = null;
        }

        var older = await audit.ListOlderOfSubjectAsync(person, actions, Before, PageSize + 1);
        var lines = older.Take(PageSize).ToList();
        Newer = Before is not null && lines.Count > 0 ? lines[0].Id : null;
        Older = older.Count > PageSize ? lines[^1].Id : null;
        return lines;
    }
}
