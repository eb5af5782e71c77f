using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin;

/// <summary>How things stand, and the way to each list.</summary>
public sealed class IndexModel(SessionManager sessions, AuditLog audit, TimeProvider clock) : PageModel
{
    private static readonly AuditAction[] SignIns = [AuditAction.SignedIn];

    /// <summary>Whatever staff ask for that ends somebody's sessions.</summary>
    private static AuditAction[] ForcedSignOuts =>
        [.. StaffActs.Ending, AuditAction.DeleteAccount, AuditAction.ForceSignOutEveryone];

    public SessionCounts Counts { get; private set; } = new(0, 0, 0);

    public IReadOnlyList<HourChart> Charts { get; private set; } = [];

    public async Task OnGetAsync()
    {
        Counts = await sessions.CountAsync();
        var first = HourChart.FirstHour(clock.GetUtcNow());
        var counts = await audit.CountByHourAsync([.. SignIns, .. ForcedSignOuts], first);
        Charts =
        [
            HourChart.Of("sign-ins", "Sign-ins", first, counts, SignIns),
            HourChart.Of("forced", "Forced sign-outs", first, counts, ForcedSignOuts),
        ];
    }
}
