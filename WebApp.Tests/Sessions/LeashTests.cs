using System.Globalization;
using AngleSharp.Html.Dom;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>A person has a session end earlier than the policy would: at sign-in, or later on the page. It can only shorten (ASVS 5.0, 7.1.1, 7.3).</summary>
public abstract class LeashTests(TestApp app)
{
    private static readonly TimeSpan Shared = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task On_a_shared_computer_a_session_dies_with_the_browser_and_after_twenty_minutes_whatever_else_is_ticked(bool remember)
    {
        using Browser user = await app.NewUserAsync(), browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        Assert.Contains("Ends when you close the browser, after 20 minutes at the latest.", form.Text, StringComparison.Ordinal);

        var answer = await SendSharedAsync(form, user.Email, remember);

        var cookie = Assert.Single(answer.SessionCookies);
        Assert.Equal((null, null), (cookie.Expires, cookie.MaxAge));
        var session = await FindAsync(browser);
        Assert.Equal((false, Shared), (session.Remembered, session.AbsoluteDeadline - session.CreatedAt));
        app.Clock.SetUtcNow(session.CreatedAt + Shared - Moment);
        await AssertSignedInAsync(browser);
        app.Clock.Advance(Moment);
        await AssertExpiredAsync(browser);
        await AssertSignedInAsync(user);
    }

    // With a new session that the change begins.
    [Fact]
    public async Task A_change_of_password_does_not_take_the_leash_off()
    {
        using Browser user = await app.NewUserAsync(), browser = app.NewBrowser();
        await SendSharedAsync(await browser.GetAsync("/account/login"), user.Email, remember: false);
        var before = await FindAsync(browser);
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        var form = await browser.GetAsync("/account/change-password");

        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase").PressAsync("Change password");

        var after = await FindAsync(browser);
        Assert.NotEqual(before.Id, after.Id);
        Assert.Equal(before.AbsoluteDeadline, after.AbsoluteDeadline);
    }

    [Fact]
    public async Task A_session_of_ones_own_can_be_had_to_end_in_an_hour_and_does_so_however_much_it_is_used()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(owner.Email, remember: true);
        var id = app.KeyOf(other).SessionId;
        var deadline = app.Clock.GetUtcNow() + TimeSpan.FromHours(1);

        var page = await ShortenAsync(await owner.GetAsync("/account/sessions"), id, "01:00:00");

        Assert.Contains($"That session ends in 1 hour at the latest, on {deadline.UtcDateTime:d MMMM, HH:mm} UTC.", page.Text, StringComparison.Ordinal);
        Assert.Contains($"even if it is used: at {deadline.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", page.Text, StringComparison.Ordinal);
        Assert.Equal(deadline, (await FindAsync(other)).AbsoluteDeadline);
        var entry = Assert.Single(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.SessionShortened);
        Assert.Equal((app.KeyOf(owner).UserId, id.ToString(), $"ends at {deadline.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC at the latest"), (entry.ActorId, entry.SessionId, entry.Details));
        app.Clock.SetUtcNow(deadline - Moment);
        await AssertSignedInAsync(other);
        app.Clock.Advance(Moment);
        await AssertExpiredAsync(other);
    }

    [Fact]
    public async Task Only_what_shortens_is_offered_and_only_that_is_done()
    {
        using var owner = await app.NewUserAsync();
        var id = app.KeyOf(owner).SessionId;
        var page = await owner.GetAsync("/account/sessions");
        Assert.Equal(["in 15 minutes", "in 1 hour", "in 4 hours"], page.Document.QuerySelectorAll("select[name=time] option").Select(o => o.TextContent));
        await ShortenAsync(page, id, "01:00:00");
        var before = (await FindAsync(owner)).AbsoluteDeadline;

        foreach (var time in new[] { "04:00:00", "7.00:00:00", "00:00:01", "-01:00:00", "00:00:00", "soon", "" })
        {
            var refused = await owner.FollowAsync(await owner.PostAsync("/account/sessions?handler=Shorten",
                ("id", id.ToString()), ("time", time), ("__RequestVerificationToken", page.AntiforgeryToken)));
            Assert.Contains("That session ends before that anyway, or has ended.", refused.Text, StringComparison.Ordinal);
            Assert.Equal(before, (await FindAsync(owner)).AbsoluteDeadline);
        }

        Assert.Equal(["in 15 minutes"], (await owner.GetAsync("/account/sessions")).Document.QuerySelectorAll("select[name=time] option").Select(o => o.TextContent));
    }

    [Theory]
    [InlineData("2026-11-22T18:00", 0, "2026-11-22T18:00:00Z")]
    [InlineData("2026-11-22T18:00", 60, "2026-11-22T17:00:00Z")]
    [InlineData("2026-11-22T18:00", -480, "2026-11-23T02:00:00Z")]
    public async Task It_can_be_had_to_end_at_a_time_of_day_wherever_its_person_is(string until, int offset, string utc)
    {
        app.Clock.SetUtcNow(DateTimeOffset.Parse("2026-11-22T09:00:00Z", CultureInfo.InvariantCulture));
        using var owner = await app.NewUserAsync();
        await owner.SignInAsync(owner.Email, remember: true);

        var page = await ShortenUntilAsync(owner, until, $"{offset}");

        Assert.Contains("That session ends in ", page.Text, StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture), (await FindAsync(owner)).AbsoluteDeadline);
    }

    [Theory]
    [InlineData("2020-01-01T00:00", "0")]
    [InlineData("2026-11-22T08:59", "0")]
    [InlineData("0001-01-01T00:00", "840")]
    [InlineData("9999-12-31T23:59", "-840")]
    [InlineData("2026-11-22T18:00", "100000")]
    [InlineData("2026-11-22T18:00", "-2147483648")]
    [InlineData("2026-11-22T18:00", "x")]
    [InlineData("tonight", "0")]
    [InlineData("", "")]
    public async Task What_is_no_time_to_come_changes_nothing_and_says_so(string until, string offset)
    {
        app.Clock.SetUtcNow(DateTimeOffset.Parse("2026-11-22T09:00:00Z", CultureInfo.InvariantCulture));
        using var owner = await app.NewUserAsync();
        var before = (await FindAsync(owner)).AbsoluteDeadline;

        var page = await ShortenUntilAsync(owner, until, offset);

        Assert.Contains("That is no time to come.", page.Text, StringComparison.Ordinal);
        Assert.Equal(before, (await FindAsync(owner)).AbsoluteDeadline);
    }

    [Fact]
    public async Task A_session_of_somebody_else_can_not_be_shortened()
    {
        using Browser owner = await app.NewUserAsync(), stranger = await app.NewUserAsync();
        var before = (await FindAsync(owner)).AbsoluteDeadline;
        var page = await stranger.GetAsync("/account/sessions");

        await stranger.PostAsync("/account/sessions?handler=Shorten",
            ("id", app.KeyOf(owner).SessionId.ToString()), ("time", "00:15:00"), ("__RequestVerificationToken", page.AntiforgeryToken));

        Assert.Equal(before, (await FindAsync(owner)).AbsoluteDeadline);
    }

    private static Task<Page> SendSharedAsync(Page form, string email, bool remember)
    {
        form.Fill("Email", email).Fill("Password", Browser.Password);
        ((IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
        return form.SendAsync("Sign in on a shared computer");
    }

    private async Task<Page> ShortenUntilAsync(Browser browser, string until, string offset)
    {
        var page = await browser.GetAsync("/account/sessions");
        return await browser.FollowAsync(await browser.PostAsync("/account/sessions?handler=ShortenUntil",
            ("id", app.KeyOf(browser).SessionId.ToString()), ("until", until), ("offset", offset), ("__RequestVerificationToken", page.AntiforgeryToken)));
    }

    private static Task<Page> ShortenAsync(Page page, SessionId id, string time)
    {
        ((IHtmlSelectElement)page.Document.QuerySelector($"[data-session-id='{id}'] select")!).Value = time;
        return page.PressAsync("Set", $"[data-session-id='{id}']");
    }

    private async Task<UserSession> FindAsync(Browser browser) =>
        (await app.Services.GetRequiredService<IUserSessionStore>().FindAsync(app.KeyOf(browser).UserId, app.KeyOf(browser).SessionId))!;

    private static async Task AssertSignedInAsync(Browser browser) => Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);

    private static async Task AssertExpiredAsync(Browser browser) =>
        Assert.Contains("This session expired", (await browser.GetAsync("/account")).Text, StringComparison.Ordinal);
}

public sealed class LeashOnSqlTests(SqlApp app) : LeashTests(app), IClassFixture<SqlApp>;

public sealed class LeashOnRedisTests(RedisApp app) : LeashTests(app), IClassFixture<RedisApp>;
