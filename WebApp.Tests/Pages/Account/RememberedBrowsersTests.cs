using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class RememberedBrowsersTests(TestApp app)
{
    [Fact]
    public async Task A_remembered_browser_is_asked_for_the_password_only_for_thirty_days()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator, remember: true);

        app.Clock.Advance(TimeSpan.FromDays(15));
        await browser.SignInAsync(owner.Email);
        app.Clock.Advance(TimeSpan.FromDays(14.9));
        await browser.SignInAsync(owner.Email);
        // Signing in meanwhile does not put it off.
        app.Clock.Advance(TimeSpan.FromDays(0.1));

        Assert.Equal("/account/second-factor", (await browser.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task Nothing_is_remembered_unasked()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator);

        var page = await browser.TrySignInAsync(owner.Email, Browser.Password);

        Assert.Equal("/account/second-factor", page.Address.AbsolutePath);
        Assert.False(((AngleSharp.Html.Dom.IHtmlInputElement)page.Document.QuerySelector("#RememberBrowser")!).IsChecked);
        owner.Dispose();
    }

    [Fact]
    public async Task A_shared_computer_is_not_remembered_and_its_session_still_ends_early()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        form = await form.Fill("Email", owner.Email).Fill("Password", Browser.Password).PressAsync("Sign in on a shared computer");

        Assert.Null(form.Document.QuerySelector("#RememberBrowser"));
        await browser.PostAsync("/account/second-factor",
            ("__RequestVerificationToken", form.AntiforgeryToken), ("Code", authenticator.Code), ("RememberBrowser", "true"));

        Assert.Empty((await browser.GetAsync("/account/sessions")).Document.QuerySelectorAll("[data-browser-id]"));
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/second-factor", (await browser.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task They_are_listed_and_can_be_forgotten_one_by_one()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser laptop = app.NewBrowser(), phone = app.NewBrowser(Browser.Safari);
        await laptop.SignInWithCodeAsync(owner.Email, authenticator, remember: true);
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        await phone.SignInWithCodeAsync(owner.Email, authenticator, remember: true);
        var page = await laptop.GetAsync("/account/sessions");

        var listed = page.Document.QuerySelectorAll("[data-browser-id]");
        Assert.Equal(2, listed.Length);
        Assert.Contains("Safari on iOS", listed[0].TextContent);
        Assert.Contains("This browser", listed[1].TextContent);
        page = await page.PressAsync("Forget", "[data-browser-id]");

        Assert.Contains("That browser is asked for a second factor again.", page.Text);
        Assert.Single(page.Document.QuerySelectorAll("[data-browser-id]"));
        Assert.Equal("/account/second-factor", (await phone.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        await laptop.SignInAsync(owner.Email);
        var log = await app.AuditOfAsync(await app.UserIdAsync(owner.Email));
        Assert.Equal(2, log.Count(entry => entry.Action == AuditAction.BrowserRemembered));
        Assert.Single(log, entry => entry.Action == AuditAction.BrowserForgotten);
        owner.Dispose();
    }

    [Fact]
    public async Task They_can_be_forgotten_all_at_once()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser laptop = app.NewBrowser(), phone = app.NewBrowser(Browser.Safari);
        await laptop.SignInWithCodeAsync(owner.Email, authenticator, remember: true);
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        await phone.SignInWithCodeAsync(owner.Email, authenticator, remember: true);

        var page = await (await laptop.GetAsync("/account/sessions")).PressAsync("Forget all");

        Assert.Empty(page.Document.QuerySelectorAll("[data-browser-id]"));
        foreach (var browser in new[] { laptop, phone })
            Assert.Equal("/account/second-factor", (await browser.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task A_change_of_factors_forgets_them_all()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator, remember: true);

        await owner.SetUpAppAsync(app.Clock);

        Assert.Equal("/account/second-factor", (await browser.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task Somebody_elses_browser_can_not_be_forgotten()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), stranger = await app.NewUserAsync();
        var page = await browser.SignInWithCodeAsync(owner.Email, authenticator, remember: true);
        var id = page.Document.QuerySelector("[data-browser-id]")!.GetAttribute("data-browser-id")!;

        foreach (var tried in new[] { id, $"{Guid.NewGuid()}", "no id at all" })
        {
            var answer = await stranger.PostAsync("/account/sessions?handler=Forget",
                ("__RequestVerificationToken", (await stranger.GetAsync("/account/logout")).AntiforgeryToken), ("browser", tried));
            Assert.Contains("That browser was not remembered any more.", (await stranger.FollowAsync(answer)).Text);
        }

        await browser.SignInAsync(owner.Email);
        owner.Dispose();
    }
}

public sealed class RememberedBrowsersOnSqlTests(SqlApp app) : RememberedBrowsersTests(app), IClassFixture<SqlApp>;

public sealed class RememberedBrowsersOnRedisTests(RedisApp app) : RememberedBrowsersTests(app),
    IClassFixture<RedisApp>;
