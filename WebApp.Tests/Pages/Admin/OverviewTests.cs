using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

/// <summary>How things stand. What it counts grows with each test, so what matters is by how much.</summary>
public abstract class OverviewTests(TestApp app)
{
    private static readonly string[] Figures = ["live", "locked", "flagged", "sign-ins", "forced"];

    [Fact]
    public async Task It_counts_sessions_sign_ins_and_forced_sign_outs_as_they_come()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        using var person = await app.NewUserAsync();
        var before = await ReadAsync(staff);
        var (store, now) = (app.Services.GetRequiredService<IUserSessionStore>(), app.Clock.GetUtcNow());

        using var other = app.NewBrowser();
        await other.SignInAsync(person.Email, Browser.Password);
        using var third = app.NewBrowser();
        await third.SignInAsync(person.Email, Browser.Password);
        await store.LockAsync(app.KeyOf(other).UserId, app.KeyOf(other).SessionId, new(now, LockReason.OldSecret));
        await store.RevokeAsync(app.KeyOf(third).UserId, app.KeyOf(third).SessionId, new(now, RevocationReason.PossibleTheft));
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.ForceSignOut });
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.Ban });

        Assert.Equal([1, 1, 2, 2, 2], (await ReadAsync(staff)).Zip(before, (after, earlier) => after - earlier));
    }

    [Fact]
    public async Task The_chart_has_a_bar_for_each_hour_and_says_the_same_in_a_table()
    {
        using var staff = await app.SignedInAsync("sam@example.com");

        var page = await staff.GetAsync("/admin");

        Assert.All(page.Document.QuerySelectorAll("figure.chart"), chart =>
        {
            Assert.Equal(24, chart.QuerySelectorAll("svg rect").Length);
            Assert.Equal(24, chart.QuerySelectorAll("tbody tr").Length);
            Assert.All(chart.QuerySelector("svg")!.GetAttribute("aria-labelledby")!.Split(' '), id => Assert.NotNull(page.Document.GetElementById(id)));
        });
        var hour = app.Clock.GetUtcNow().UtcDateTime.ToString("HH':00'", CultureInfo.InvariantCulture);
        Assert.StartsWith(hour, page.Document.QuerySelectorAll("figure.chart")[0].QuerySelectorAll("tbody tr")[^1].TextContent);
        Assert.True(int.Parse(page.Document.QuerySelectorAll("figure.chart")[0].QuerySelectorAll("svg rect")[^1].GetAttribute("height")!, CultureInfo.InvariantCulture) > 0);
        Assert.Empty(page.Document.QuerySelectorAll("[style], style"));
    }

    [Fact]
    public async Task It_is_the_entrance_and_leads_into_each_list()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.Ban });

        var page = await staff.GetAsync("/admin");

        Assert.Equal("page", page.Document.QuerySelector(".tabs a")!.GetAttribute("aria-current"));
        foreach (var link in page.Document.QuerySelectorAll("main a[href]").Select(a => a.GetAttribute("href")!).Distinct())
            Assert.Equal(200, (await staff.GetAsync(link)).Status);
        // As many as the chart counts, and none from before.
        var since = app.Clock.GetUtcNow().AddHours(-23).UtcDateTime.ToString("yyyy-MM-dd'T'HH':00'", CultureInfo.InvariantCulture);
        Assert.Contains($"/admin/audit?act=Ban&from={Uri.EscapeDataString(since)}", page.Document.QuerySelectorAll("main a[href]").Select(a => a.GetAttribute("href")));
    }

    private static async Task<IEnumerable<int>> ReadAsync(Browser staff)
    {
        var page = await staff.GetAsync("/admin");
        return Figures.Select(name => int.Parse(page.Document.QuerySelector($"[data-count='{name}']")!.TextContent, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToList();
    }
}

public sealed class OverviewOnSqlTests(SqlApp app) : OverviewTests(app), IClassFixture<SqlApp>;

public sealed class OverviewOnRedisTests(RedisApp app) : OverviewTests(app), IClassFixture<RedisApp>;
