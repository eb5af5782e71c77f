using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;
using WebApp.Admin.Bulk;

namespace WebApp.Pages.Admin.Bulk;

public sealed class IndexModel(BulkRequests requests, UserDirectory people) : PageModel
{
    private const int PageSize = 25;

    /// <summary>Requests from before this time, in milliseconds since 1970; the newest ones when it is missing or no such number.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Before { get; set; }

    public IReadOnlyList<BulkRequest> Requests { get; private set; } = [];

    /// <summary>Where the next page begins; null on the last one.</summary>
    public long? Older { get; private set; }

    public IReadOnlyDictionary<Guid, string> Emails { get; private set; } = new Dictionary<Guid, string>();

    public async Task OnGetAsync()
    {
        if (Before is < 0 || Before > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            Before = null;
        var before = Before is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : (DateTimeOffset?)null;
        var found = await requests.ListAsync(before, PageSize + 1);
        Requests = [.. found.Take(PageSize)];
        Older = found.Count > PageSize ? Requests[^1].AskedAt.ToUnixTimeMilliseconds() : null;
        Emails = await people.FindEmailsAsync(Requests.Select(r => r.AskedBy));
    }
}
