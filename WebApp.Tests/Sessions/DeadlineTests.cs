using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>Sessions end by time: when they are not used, and however much they are used. The browser is told so.</summary>
public abstract class DeadlineTests(TestApp app)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    // The timeout and the resolution of "last seen": never early, and at most that much late.
    [Theory]
    [InlineData(false, "01:01:00")]
    [InlineData(true, "14.00:01:00")]
    public async Task An_unused_session_ends_after_the_idle_timeout_and_not_before(bool remember, string window)
    {
        using Browser patient = await SignInAsync(remember), late = await SignInAsync(remember);
        app.Clock.Advance(TimeSpan.Parse(window) - Moment);

        await AssertSignedInAsync(patient);
        await UntilSeenAsync(patient);
        app.Clock.Advance(Moment);

        await AssertExpiredAsync(late);
        await AssertSignedInAsync(patient);
    }

    [Theory]
    [InlineData(false, "1.00:00:00", "00:50:00")]
    [InlineData(true, "30.00:00:00", "9.00:00:00")]
    public async Task A_session_in_use_ends_at_the_absolute_deadline_and_not_before(bool remember, string timeout, string step)
    {
        using var browser = await SignInAsync(remember);
        var deadline = app.Clock.GetUtcNow() + TimeSpan.Parse(timeout);
        while (app.Clock.GetUtcNow() + TimeSpan.Parse(step) < deadline)
        {
            app.Clock.Advance(TimeSpan.Parse(step));
            await AssertSignedInAsync(browser);
            await UntilSeenAsync(browser);
        }

        app.Clock.SetUtcNow(deadline - Moment);
        await AssertSignedInAsync(browser);
        await UntilSeenAsync(browser);
        app.Clock.SetUtcNow(deadline);

        await AssertExpiredAsync(browser);
    }

    [Fact]
    public async Task A_remembered_sessions_cookie_lives_to_the_absolute_deadline_and_others_die_with_the_browser()
    {
        var plain = Assert.Single((await SendSignInAsync(remember: false)).SessionCookies);
        var remembered = Assert.Single((await SendSignInAsync(remember: true)).SessionCookies);

        Assert.Null(plain.Expires);
        Assert.Null(plain.MaxAge);
        Assert.Null(remembered.MaxAge);
        // To the second, as cookies have it.
        Assert.Equal(app.Clock.GetUtcNow().AddDays(30).ToUnixTimeSeconds(), remembered.Expires?.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task An_ended_session_is_told_how_long_ago_it_was()
    {
        using Browser browser = await SignInAsync(remember: false), other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        await (await other.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

        app.Clock.Advance(TimeSpan.FromMinutes(3));
        var page = await browser.GetAsync("/account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("You were signed out from another device, 3 minutes ago.", page.Text, StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromHours(22));
        Assert.Contains("You were signed out from another device, 22 hours ago.", (await browser.GetAsync("/account")).Text, StringComparison.Ordinal);
        // The tombstone stays to the absolute deadline; after that the end itself is all that is known.
        app.Clock.Advance(TimeSpan.FromHours(2));
        await AssertExpiredAsync(browser);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_revives_nothing_that_was_ended()
    {
        using Browser one = await SignInAsync(remember: false), two = app.NewBrowser(), three = app.NewBrowser();
        await two.SignInAsync(one.Email);
        await three.SignInAsync(one.Email);
        app.Clock.Advance(TimeSpan.FromMinutes(14));
        await (await one.GetAsync("/account/sessions")).PressAsync("Sign out", $"[data-session-id='{app.KeyOf(two).SessionId}']");
        await (await one.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

        foreach (var back in new[] { TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(20), TimeSpan.FromHours(3), TimeSpan.FromDays(2) })
        {
            app.Clock.Advance(-back);
            Assert.Equal("/account/login", (await two.GetAsync("/account")).Address.AbsolutePath);
            Assert.Equal("/account/login", (await three.GetAsync("/account")).Address.AbsolutePath);
            await AssertSignedInAsync(one);
        }

        // And one that is signed out while the clock is wrong stays so when it is put right.
        using var copy = app.CopyOf(one);
        await (await one.GetAsync("/account/sessions")).PressAsync("Sign out", "header");
        app.Clock.Advance(TimeSpan.FromDays(2) + TimeSpan.FromHours(3));
        Assert.Equal("/account/login", (await copy.GetAsync("/account")).Address.AbsolutePath);
    }

    private async Task<Browser> SignInAsync(bool remember)
    {
        var browser = await app.NewUserAsync();
        if (remember)
            await browser.SignInAsync(browser.Email, remember: true);
        return browser;
    }

    private async Task<Page> SendSignInAsync(bool remember)
    {
        using var user = await app.NewUserAsync();
        var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", user.Email).Fill("Password", Browser.Password);
        ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
        return await form.SendAsync("Sign in");
    }

    private static async Task AssertSignedInAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account");
        Assert.Equal((200, "/account"), (page.Status, page.Address.AbsolutePath));
    }

    private static async Task AssertExpiredAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account");
        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
        Assert.Contains("This session expired.", page.Text, StringComparison.Ordinal);
    }

    /// <summary>The request does not wait until its "last seen" is written.</summary>
    private Task UntilSeenAsync(Browser browser)
    {
        var (key, store) = (app.KeyOf(browser), app.Services.GetRequiredService<IUserSessionStore>());
        return Eventually.TrueAsync(async () =>
            (await store.FindAsync(key.UserId, key.SessionId)) is { } session && app.Clock.GetUtcNow() - session.LastSeenAt < TimeSpan.FromMinutes(1), "last seen is written");
    }
}

public sealed class DeadlineOnSqlTests(SqlApp app) : DeadlineTests(app), IClassFixture<SqlApp>;

public sealed class DeadlineOnRedisTests(RedisApp app) : DeadlineTests(app), IClassFixture<RedisApp>;
