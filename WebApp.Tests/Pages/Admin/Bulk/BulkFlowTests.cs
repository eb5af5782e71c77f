using Microsoft.Extensions.DependencyInjection;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin.Bulk;

/// <summary>A request from the pasted list to the report, as staff see it.</summary>
public abstract class BulkFlowTests(BulkApp app)
{
    [Fact]
    public async Task A_list_is_pasted_looked_at_confirmed_by_its_number_and_after_the_hold_everybody_is_signed_out()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        using var one = await app.NewUserAsync();
        using var other = await app.NewUserAsync();
        using var bystander = await app.NewUserAsync();
        var page = await staff.GetAsync("/admin/bulk");
        page = await page.FollowLinkAsync("New bulk sign-out");
        var list = $"Name;E-mail\r\nOne;{one.Email}\r\nOther;{other.Email.ToUpperInvariant()}\r\nOne again;{one.Email}\r\n\r\nNobody;=nobody()@example.com\r\nx;y\r\n";

        page = await Fill(page, list).PressAsync("Preview");

        Assert.Contains("Sign out 2 people", page.Text, StringComparison.Ordinal);
        Assert.Contains("They have 2 sessions. 2 people used one in the last 5 minutes.", page.Text, StringComparison.Ordinal);
        Assert.Contains("Staff among them 0", page.Text, StringComparison.Ordinal);
        Assert.Equal(new[] { one.Email, other.Email }.Order(), page.Document.QuerySelectorAll("#sample ~ ul a").Select(a => a.TextContent).Order());
        Assert.Contains($"Row 4: {one.Email} named before, in row 2", page.Text, StringComparison.Ordinal);
        Assert.Contains("Row 6: =nobody()@example.com no such account", page.Text, StringComparison.Ordinal);
        Assert.Contains("Row 7: y no address and no id", page.Text, StringComparison.Ordinal);

        page = await page.Fill("number", "3").PressAsync("End the sessions of 2 people");

        Assert.Contains("That is not the number of people above.", page.Text, StringComparison.Ordinal);
        Assert.Equal("3", page.Document.QuerySelector("#number")!.GetAttribute("value"));

        page = await page.Fill("number", "2").PressAsync("End the sessions of 2 people");

        Assert.Contains("It begins in 30 seconds. Nothing has ended yet.", page.Text, StringComparison.Ordinal);
        Assert.Contains("; url=/admin/bulk/", page.Document.QuerySelector("head noscript")!.InnerHtml, StringComparison.Ordinal);
        Assert.Equal(200, (await one.GetAsync("/account/sessions")).Status);
        var id = Guid.Parse(page.Address.Segments[^1]);
        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Done);

        page = await staff.GetAsync(page.Address.AbsolutePath);
        Assert.Contains("2 of 2 people done, 2 sessions ended.", page.Text, StringComparison.Ordinal);
        Assert.Equal(("2", "2"), (page.Document.QuerySelector("progress")!.GetAttribute("value"), page.Document.QuerySelector("progress")!.GetAttribute("max")));
        Assert.Null(page.Document.QuerySelector("head noscript"));
        Assert.Contains("Support ended this session", (await one.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
        Assert.Contains("Ended by support just now: suspicious activity. Case INC-9.", (await one.SignInAsync(one.Email)).Text, StringComparison.Ordinal);
        Assert.Contains("Support asked for all your sessions to be ended: suspicious activity", (await one.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await other.GetAsync("/account/sessions")).Address.AbsolutePath);
        Assert.Equal("/account/sessions", (await bystander.GetAsync("/account/sessions")).Address.AbsolutePath);

        var report = await staff.GetAsync(page.Document.QuerySelector("main a[href$=report]")!.GetAttribute("href")!);
        Assert.Equal(("text/csv; charset=utf-8", $"attachment; filename=\"bulk-{id}.csv\""), (report.Headers["Content-Type"][0], report.Headers["Content-Disposition"][0]));
        Assert.Contains(
            await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 10),
            e => e.Action == AuditAction.BulkReportDownloaded
                && e.Details == $"request {id}: report of 5 rows; A list that was pasted, “E-mail” from row 2 on");
        var rows = report.Body.TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, rows.Length);
        Assert.StartsWith($"2,{one.Email},", rows[1], StringComparison.Ordinal);
        Assert.Contains(",done,Their sessions have ended.,1,", rows[1], StringComparison.Ordinal);
        Assert.Contains(",named before,", rows[3], StringComparison.Ordinal);
        Assert.EndsWith(",,2,", rows[3], StringComparison.Ordinal);
        Assert.EndsWith(",'=nobody()@example.com", rows[4], StringComparison.Ordinal);
        Assert.Contains("Bulk sign-out finished", (await staff.GetAsync("/admin/audit")).Text, StringComparison.Ordinal);
        Assert.Contains("2 people, case INC-9", (await staff.GetAsync("/admin/bulk")).Text, StringComparison.Ordinal);
    }

    internal static Page Fill(Page page, string list) => page.Pick("list").Fill("list", list).Fill("reason", "SuspiciousActivity").Fill("caseReference", "INC-9");
}

public sealed class BulkFlowOnSqlTests(BulkApp app) : BulkFlowTests(app), IClassFixture<BulkApp>;

public sealed class BulkFlowOnRedisTests(BulkRedisApp app) : BulkFlowTests(app), IClassFixture<BulkRedisApp>;
