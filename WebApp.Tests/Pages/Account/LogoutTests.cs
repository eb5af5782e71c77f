using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class LogoutTests(TestApp app)
{
    [Fact]
    public async Task Signing_out_ends_this_session_and_no_other()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var cookie = browser.SessionCookie;

        var page = await (await browser.GetAsync("/account")).PressAsync("Sign out", "header");

        Assert.Equal("/", page.Address.AbsolutePath);
        Assert.Contains("You are signed out.", page.Text);
        Assert.Null(browser.SessionCookie);
        browser.SessionCookie = cookie;
        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
        Assert.Single((await other.GetAsync("/account/sessions")).SessionIds);
    }

    // Chromium looks through the whole of its cache, other sites' part of it, too, before it shows the next page: seconds. Nothing of ours is in it.
    [Theory]
    [InlineData("/account", "header")]
    [InlineData("/account/sessions", "[aria-current=true]")]
    public async Task The_browser_is_not_made_to_look_through_a_cache_in_which_there_is_nothing(string path, string within)
    {
        using var browser = await app.NewUserAsync();
        var page = await browser.GetAsync(path);

        var answer = await page.SendAsync("Sign out", within);

        Assert.DoesNotContain("Clear-Site-Data", answer.Headers.Keys);
        Assert.All([page, answer], one => Assert.Equal("no-store", one.Headers["Cache-Control"].Single()));
    }

    [Fact]
    public async Task A_link_only_asks()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/account/logout");

        Assert.Contains("Sign out? You are signed in as Someone.", page.Text);
        Assert.Equal("/account/sessions", (await browser.GetAsync("/account/sessions")).Address.AbsolutePath);
        Assert.Contains("You are signed out.", (await page.PressAsync("Sign out")).Text);
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_told_so()
    {
        using var browser = app.NewBrowser();

        var page = await browser.GetAsync("/account/logout");

        Assert.Contains("You are not signed in", page.Text);
        Assert.Empty(page.Document.QuerySelectorAll("main form"));
    }

    [Fact]
    public async Task A_second_tab_that_signs_out_too_is_told_that_its_page_is_out_of_date()
    {
        using var browser = await app.NewUserAsync();
        var (first, second) = (await browser.GetAsync("/account/logout"), await browser.GetAsync("/account/logout"));
        await first.PressAsync("Sign out");

        var page = await second.PressAsync("Sign out");

        Assert.Equal(400, page.Status);
        Assert.Contains("This page is out of date", page.Text);
    }
}

[Trait("Lane", "Fast")]
public sealed class LogoutOnSqlTests(SqlApp app) : LogoutTests(app), IClassFixture<SqlApp>;

public sealed class LogoutOnRedisTests(RedisApp app) : LogoutTests(app), IClassFixture<RedisApp>;
