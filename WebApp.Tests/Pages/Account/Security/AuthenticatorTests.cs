using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account.Security;

public abstract class AuthenticatorTests(TestApp app)
{
    [Fact]
    public async Task It_is_set_up_with_a_code_it_shows_and_recovery_codes_come_with_it()
    {
        using var browser = await app.NewUserAsync();
        Assert.Contains("Not set up.", (await browser.GetAsync("/account/security")).Text);

        var page = await browser.GetAsync("/account/security/authenticator");

        // The picture, for phones, and the key as text in groups of four, for everybody else.
        var picture = page.Document.QuerySelector("svg.qr")!;
        Assert.Equal("img", picture.GetAttribute("role"));
        Assert.NotEmpty(picture.GetAttribute("aria-label")!);
        Assert.Matches("^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$", page.Document.QuerySelector("#key")!.TextContent);
        var authenticator = new Authenticator(app.Clock, page.Document.QuerySelector("#key")!.TextContent);
        page = await page.Fill("Code", authenticator.Code[..3] + " " + authenticator.Code[3..]).PressAsync("Set up the app");
        Assert.Contains("Your authenticator app is set up. You were not signed in anywhere else.", page.Text);
        Assert.Equal(10, page.RecoveryCodes().Distinct(StringComparer.Ordinal).Count());
        Assert.Contains("Set up just now, not used to sign in since.", (await browser.GetAsync("/account/security")).Text);
        Assert.Contains(await app.AuditOfAsync(await app.UserIdAsync(browser.Email)), entry => entry.Action == AuditAction.AuthenticatorAdded);
    }

    [Fact]
    public async Task A_wrong_code_sets_nothing_up_and_the_same_key_waits_for_the_next_one()
    {
        using var browser = await app.NewUserAsync();
        var page = await browser.GetAsync("/account/security/authenticator");
        var key = page.Document.QuerySelector("#key")!.TextContent;
        var authenticator = new Authenticator(app.Clock, key);

        var empty = await page.Fill("Code", "").PressAsync("Set up the app");
        var wrong = await empty.Fill("Code", authenticator.WrongCode()).PressAsync("Set up the app");

        Assert.Contains("Enter the code that the app shows.", empty.Text);
        Assert.Contains("That isn't the code that the app shows now.", wrong.Text);
        Assert.Equal(key, wrong.Document.QuerySelector("#key")!.TextContent);
        Assert.Contains("Not set up.", (await browser.GetAsync("/account/security")).Text);
        Assert.Contains("Your authenticator app is set up.", (await wrong.Fill("Code", authenticator.Code).PressAsync("Set up the app")).Text);
    }

    [Fact]
    public async Task Sent_again_or_too_late_the_form_changes_nothing()
    {
        using var browser = await app.NewUserAsync();
        var late = await browser.GetAsync("/account/security/authenticator");
        var lateApp = new Authenticator(app.Clock, late.Document.QuerySelector("#key")!.TextContent);
        var form = await browser.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(app.Clock, form.Document.QuerySelector("#key")!.TextContent);
        var token = form.Document.QuerySelector("[name=Token]")!.GetAttribute("value")!;
        await form.Fill("Code", authenticator.Code).PressAsync("Set up the app");
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        var antiforgery = (await browser.GetAsync("/account/logout")).AntiforgeryToken;

        var again = await browser.FollowAsync(await browser.PostAsync("/account/security/authenticator",
            ("__RequestVerificationToken", antiforgery), ("Token", token), ("Code", authenticator.Code)));
        var stale = await browser.FollowAsync(await browser.PostAsync("/account/security/authenticator",
            ("__RequestVerificationToken", antiforgery), ("Token", late.Document.QuerySelector("[name=Token]")!.GetAttribute("value")!), ("Code", lateApp.Code)));

        Assert.All([again, stale], page => Assert.Contains("That took too long, or was done already. Nothing was changed.", page.Text));
        using var other = app.NewBrowser();
        await other.SignInWithCodeAsync(browser.Email, authenticator);
    }

    [Fact]
    public async Task Of_two_set_ups_at_once_one_counts_and_nobody_sees_an_error()
    {
        using Browser browser = await app.NewUserAsync(), twin = app.CopyOf(browser), other = app.NewBrowser();
        foreach (var (name, value) in browser.Cookies)
            twin.Cookies[name] = value;
        Browser[] browsers = [browser, twin];
        var forms = await Task.WhenAll(browsers.Select(b => b.GetAsync("/account/security/authenticator")));
        var apps = forms.Select(form => new Authenticator(app.Clock, form.Document.QuerySelector("#key")!.TextContent)).ToList();

        var answers = await Task.WhenAll(forms.Zip(apps, (form, authenticator) => form.Fill("Code", authenticator.Code).SendAsync("Set up the app")));

        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 302, $"{answer.Status}: {answer.Text}"));
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        var form = await other.TrySignInAsync(browser.Email, Browser.Password);
        var ends = new List<string>();
        foreach (var authenticator in apps)
            ends.Add(form.Address.AbsolutePath == "/account/second-factor" ? (form = await form.EnterCodeAsync(authenticator.Code)).Address.AbsolutePath : "");
        Assert.Single(ends, end => end == "/account/sessions");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Other_sessions_end_unless_they_are_to_be_kept(bool end)
    {
        using Browser browser = await app.NewUserAsync(), other = app.NewBrowser(), copy = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        copy.SessionCookie = browser.SessionCookie;
        var form = await browser.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(app.Clock, form.Document.QuerySelector("#key")!.TextContent);
        var tick = (AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("#EndOthers")!;
        Assert.True(tick.IsChecked);
        tick.IsChecked = end;

        var page = await form.Fill("Code", authenticator.Code).PressAsync("Set up the app");

        Assert.Contains(end ? "One other session was ended." : "Your other sessions stay signed in.", page.Text);
        Assert.Equal(end ? "/account/login" : "/account", (await other.GetAsync("/account")).Address.AbsolutePath);
        // This browser goes on, under a cookie of its own.
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await copy.GetAsync("/account")).Address.AbsolutePath);
        if (end)
            Assert.Contains("a second factor was set up, removed or reset", (await browser.GetAsync("/account/sessions")).Text);
    }

    [Fact]
    public async Task Replaced_the_old_app_is_good_for_nothing_and_the_recovery_codes_stay()
    {
        var (browser, old, codes) = await app.NewUserWithAppAsync();
        var (present, none) = await browser.SetUpAppAsync(app.Clock);
        using var other = app.NewBrowser();

        var page = await (await other.TrySignInAsync(browser.Email, Browser.Password)).EnterCodeAsync(old.Code);

        Assert.Contains("That code isn't right", page.Text);
        Assert.Empty(none);
        Assert.Equal("/account/sessions", (await page.EnterCodeAsync(present.Code)).Address.AbsolutePath);
        await other.TrySignInAsync(browser.Email, Browser.Password);
        Assert.Equal("/account/sessions", (await other.EnterRecoveryCodeAsync(codes[3])).Address.AbsolutePath);
        browser.Dispose();
    }

    [Fact]
    public async Task The_last_factor_goes_only_when_two_factor_sign_in_is_to_be_turned_off()
    {
        var (browser, _, codes) = await app.NewUserWithAppAsync();
        var form = await browser.GetAsync("/account/security/remove-authenticator");

        var refused = await form.PressAsync("Remove the app");
        Assert.Contains("Say that two-factor sign-in is to be turned off, or keep the app.", refused.Text);
        Assert.Contains("10 of 10 left", (await browser.GetAsync("/account/security")).Text);
        ((AngleSharp.Html.Dom.IHtmlInputElement)refused.Document.QuerySelector("#TurnOff")!).IsChecked = true;
        var page = await refused.PressAsync("Remove the app");

        Assert.Contains("Your authenticator app is removed. You were not signed in anywhere else.", page.Text);
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        // The codes went with it: they would not come back with the next app.
        await browser.SetUpAppAsync(app.Clock);
        await other.TrySignInAsync(browser.Email, Browser.Password);
        Assert.Contains("That code isn't right", (await other.EnterRecoveryCodeAsync(codes[0])).Text);
        Assert.Contains(await app.AuditOfAsync(await app.UserIdAsync(browser.Email)), entry => entry.Action == AuditAction.AuthenticatorRemoved);
        browser.Dispose();
    }

    [Fact]
    public async Task Setting_up_replacing_removing_and_new_codes_ask_for_a_recent_sign_in()
    {
        var (browser, _, _) = await app.NewUserWithAppAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(16));

        foreach (var path in new[] { "authenticator", "remove-authenticator", "recovery-codes" })
            Assert.Equal("/account/confirm", (await browser.GetAsync($"/account/security/{path}")).Address.AbsolutePath);
        Assert.Equal("/account/security", (await browser.GetAsync("/account/security")).Address.AbsolutePath);
        browser.Dispose();
    }
}

public sealed class AuthenticatorOnSqlTests(SqlApp app) : AuthenticatorTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class AuthenticatorOnRedisTests(RedisApp app) : AuthenticatorTests(app), IClassFixture<RedisApp>;
