using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

[Collection(SqlApp.Collection)]
public sealed class AuditTests(SqlApp app)
{
    [Fact]
    public async Task It_tells_who_did_what_newest_first()
    {
        using var person = await app.NewUserAsync();
        using var guess = app.NewBrowser();
        await guess.TrySignInAsync(person.Email, "wrong");
        await (await person.GetAsync("/account/logout")).PressAsync("Sign out");
        using var staff = await app.SignedInAsync("sam@example.com");

        var page = await staff.GetAsync("/admin/audit");

        var lines = page.Document.QuerySelectorAll(".audit > li").Select(li => Words(li.TextContent)).ToList();
        var at = app.Clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss 'UTC'");
        Assert.StartsWith($"Signed in sam@example.com {at} From 127.0.0.1 Session ", lines[0]);
        Assert.StartsWith($"Session ended {person.Email} {at} Signed out From 127.0.0.1 Session ", lines[1]);
        Assert.Equal($"Sign-in failed for {person.Email} {at} From 127.0.0.1", lines[2]);
        Assert.StartsWith($"Signed in {person.Email} {at} From 127.0.0.1 Session ", lines[3]);
        Assert.Equal($"Account created {person.Email} {at} From 127.0.0.1", lines[4]);
    }

    [Fact]
    public async Task Each_page_goes_on_where_the_one_before_ended()
    {
        await using var own = new TestApp();
        using var staff = await own.SignedInAsync("sam@example.com");
        var audit = own.Services.GetRequiredService<AuditLog>();
        for (var i = 0; i < 120; i++)
            await audit.AppendAsync(new() { Action = AuditAction.SignInFailed, CaseReference = $"C-{i}" });

        var first = await staff.GetAsync("/admin/audit");
        var second = await staff.GetAsync(Link(first, "Older entries"));
        var third = await staff.GetAsync(Link(second, "Older entries"));
        var newest = await staff.GetAsync(Link(third, "Newest"));

        Assert.Equal(Enumerable.Range(70, 50).Reverse(), Cases(first));
        Assert.Equal(Enumerable.Range(20, 50).Reverse(), Cases(second));
        Assert.Equal(Enumerable.Range(0, 20).Reverse(), Cases(third));
        Assert.DoesNotContain("Older entries", third.Text);
        Assert.Equal(Cases(first), Cases(newest));
        Assert.Contains("There are no entries older than that.", (await staff.GetAsync("/admin/audit?before=1")).Text);
    }

    [Fact]
    public async Task What_was_typed_is_shown_as_it_was_typed()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new()
        {
            Action = AuditAction.ForceSignOut,
            Reason = "<i>reason</i>",
            CaseReference = "<script>alert(1)</script>",
            Note = "<img src=x onerror=alert(1)> \u202Eevil",
        });

        var page = await staff.GetAsync("/admin/audit");

        Assert.Contains("Case <script>alert(1)</script>", page.Text);
        Assert.Contains("<img src=x onerror=alert(1)>", page.Text);
        Assert.All(page.Document.Scripts, script => Assert.Matches(@"^/[\w-]+\.js\?v=", script.GetAttribute("src")));
        Assert.Empty(page.Document.QuerySelectorAll("main img, main i"));
    }

    private static string Link(Page page, string words) => page.Document.QuerySelectorAll("main a").Single(a => a.TextContent == words).GetAttribute("href")!;

    private static IEnumerable<int> Cases(Page page) => page.Document.QuerySelectorAll(".audit bdi")
        .Where(b => b.TextContent.StartsWith("C-", StringComparison.Ordinal)).Select(b => int.Parse(b.TextContent[2..]));

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
