using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody who has the password, or a copied cookie of the second step, wants in without the second factor (ASVS 5.0, 6.3.3, 6.5 and 6.6).</summary>
public abstract class SecondFactorTests(TestApp app)
{
    private const string PendingCookie = "webapp-dev-second-factor";
    private const string BrowserCookie = "webapp-dev-browser";

    [Fact]
    public async Task A_code_is_good_once()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), watcher = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator);

        var page = await (await watcher.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(authenticator.Code);

        Assert.Contains("That code isn't right or was used before", page.Text);
        Assert.Null(watcher.SessionCookie);
        // Nor is the one before, which its neighbour has overtaken.
        Assert.Contains("That code isn't right", (await page.EnterCodeAsync(authenticator.CodeAt(TimeSpan.FromSeconds(-30)))).Text);
        owner.Dispose();
    }

    [Fact]
    public async Task The_code_that_set_the_app_up_signs_nobody_in()
    {
        using Browser owner = await app.NewUserAsync(), watcher = app.NewBrowser();
        var form = await owner.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(app.Clock, form.Document.QuerySelector("#key")!.TextContent);
        await form.Fill("Code", authenticator.Code).PressAsync("Set up the app");

        var page = await (await watcher.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(authenticator.Code);

        Assert.Contains("That code isn't right or was used before", page.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_the_same_code_sent_four_times_at_once_one_signs_in(bool recovery)
    {
        var (owner, authenticator, codes) = await app.NewUserWithAppAsync();
        var (code, path) = recovery ? (codes[0], "/account/second-factor?recovery=true") : (authenticator.Code, "/account/second-factor");
        var browsers = new List<(Browser Browser, string Token)>();
        for (var i = 0; i < 4; i++)
        {
            var browser = app.NewBrowser();
            browsers.Add((browser, (await browser.TrySignInAsync(owner.Email, Browser.Password)).AntiforgeryToken));
        }

        await Task.WhenAll(browsers.Select(b => b.Browser.PostAsync(path, ("__RequestVerificationToken", b.Token), ("Code", code))));

        Assert.Single(browsers, b => b.Browser.SessionCookie is not null);
        Assert.Equal(2, (await owner.GetAsync("/account/sessions")).SessionIds.Count);
        owner.Dispose();
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(-30, true)]
    [InlineData(60, false)]
    [InlineData(-60, false)]
    public async Task A_phones_clock_may_be_half_a_minute_off_either_way_and_no_more(int seconds, bool accepted)
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        using var browser = app.NewBrowser();

        await (await browser.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(authenticator.CodeAt(TimeSpan.FromSeconds(seconds)));

        Assert.Equal(accepted, browser.SessionCookie is not null);
        owner.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Guesses_are_counted_also_when_the_password_is_entered_anew_between_them(bool recovery)
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var attacker = app.NewBrowser();
        for (var i = 0; i < 5; i++)
        {
            await attacker.TrySignInAsync(owner.Email, Browser.Password);
            var form = await attacker.GetAsync($"/account/second-factor?recovery={recovery}");
            Assert.Contains("That code isn't right", (await form.EnterCodeAsync(recovery ? $"AAAAAA-AAAAAA-AAAAAA-AAAAA{(char)('A' + i)}" : authenticator.WrongCode())).Text);
        }

        // The last cookie is still good; but neither the right code nor the right password is judged.
        var locked = await (await attacker.GetAsync("/account/second-factor")).EnterCodeAsync(authenticator.Code);
        Assert.Contains("That code isn't right or was used before, or the account is locked for a while.", locked.Text);
        Assert.Equal("/account/login", (await attacker.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        Assert.Null(attacker.SessionCookie);

        // The owner's own browser is not locked out by it, and the code was not spent.
        await owner.SignInWithCodeAsync(owner.Email, authenticator);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await attacker.SignInWithCodeAsync(owner.Email, authenticator);
        owner.Dispose();
    }

    [Fact]
    public async Task Forty_guesses_at_once_lock_as_they_would_one_after_another()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var attacker = app.NewBrowser();
        var token = (await attacker.TrySignInAsync(owner.Email, Browser.Password)).AntiforgeryToken;
        string[] guesses = [.. Enumerable.Repeat(authenticator.WrongCode(), 40)];

        await Task.WhenAll(guesses.Select(code => attacker.PostAsync("/account/second-factor", ("__RequestVerificationToken", token), ("Code", code))));
        await attacker.PostAsync("/account/second-factor", ("__RequestVerificationToken", token), ("Code", authenticator.Code));

        Assert.Null(attacker.SessionCookie);
        owner.Dispose();
    }

    [Fact]
    public async Task The_cookie_of_the_second_step_is_no_session_and_good_once()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), thief = app.NewBrowser();
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);
        thief.Cookies[PendingCookie] = browser.Cookies[PendingCookie];

        foreach (var path in new[] { "/account", "/account/sessions", "/account/security", "/account/security/authenticator", "/account/confirm", "/account/change-password", "/admin/users" })
            Assert.Equal("/account/login", (await thief.GetAsync(path)).Address.AbsolutePath);
        var copy = await thief.GetAsync("/account/second-factor");
        await form.EnterCodeAsync(authenticator.Code);
        app.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("/account/login", (await copy.EnterCodeAsync(authenticator.Code)).Address.AbsolutePath);
        Assert.Null(thief.SessionCookie);
        owner.Dispose();
    }

    [Fact]
    public async Task The_cookie_of_the_second_step_is_good_for_its_own_account_only()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        var (attacker, attackers, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);

        // The attacker's own app does not open the owner's account, and their own cookie begins a session of theirs.
        form = await form.EnterCodeAsync(attackers.Code);
        Assert.Contains("That code isn't right", form.Text);
        using var other = app.NewBrowser();
        await other.TrySignInAsync(attacker.Email, Browser.Password);
        browser.Cookies[PendingCookie] = other.Cookies[PendingCookie];
        Assert.Contains("That code isn't right", (await form.EnterCodeAsync(authenticator.Code)).Text);
        // Altered by one character it is nobody's.
        var cookie = other.Cookies[PendingCookie];
        browser.Cookies[PendingCookie] = cookie[..40] + (cookie[40] == 'A' ? 'B' : 'A') + cookie[41..];
        Assert.Equal("/account/login", (await browser.GetAsync("/account/second-factor")).Address.AbsolutePath);
        owner.Dispose();
        attacker.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_of_the_password_retires_what_waits_for_the_second_step(bool endOthers)
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var thief = app.NewBrowser();
        var waiting = await thief.TrySignInAsync(owner.Email, Browser.Password);

        var form = await owner.GetAsync("/account/change-password");
        ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("#EndOthers")!).IsChecked = endOthers;
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase").PressAsync("Change password");

        Assert.Equal("/account/login", (await waiting.EnterCodeAsync(authenticator.Code)).Address.AbsolutePath);
        Assert.Null(thief.SessionCookie);
        owner.Dispose();
    }

    [Fact]
    public async Task The_end_of_all_other_sessions_retires_what_waits_for_the_second_step()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser thief = app.NewBrowser(), other = app.NewBrowser();
        await other.SignInWithCodeAsync(owner.Email, authenticator);
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        var waiting = await thief.TrySignInAsync(owner.Email, Browser.Password);

        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

        var page = await waiting.EnterCodeAsync(authenticator.Code);
        Assert.Contains("All your sessions were ended while you were signing in.", page.Text);
        Assert.Null(thief.SessionCookie);
        owner.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_is_banned_or_blocked_between_the_steps_does_not_get_in(bool banned)
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var waiting = await browser.TrySignInAsync(owner.Email, Browser.Password);

        await app.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var user = (await users.FindByEmailAsync(owner.Email))!;
            (user.BannedUntil, user.SignInBlocked) = (banned ? DateTimeOffset.MaxValue : null, !banned);
            await users.UpdateAsync(user);
        });

        Assert.Equal("/account/login", (await waiting.EnterCodeAsync(authenticator.Code)).Address.AbsolutePath);
        Assert.Null(browser.SessionCookie);
        owner.Dispose();
    }

    [Fact]
    public async Task A_planted_session_is_not_taken_over_by_the_second_step()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser attacker = await app.NewUserAsync(), victim = app.NewBrowser();
        var planted = attacker.SessionCookie!;
        victim.SessionCookie = planted;

        var form = await victim.TrySignInAsync(owner.Email, Browser.Password);
        Assert.Equal(planted, victim.SessionCookie);
        var page = await form.EnterCodeAsync(authenticator.Code);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.NotEqual(planted, victim.SessionCookie);
        attacker.SessionCookie = planted;
        Assert.Equal("/account/login", (await attacker.GetAsync("/account/sessions")).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task A_stolen_cookie_of_a_remembered_browser_is_worth_nothing_without_the_password_nor_after_the_owners_next_sign_in()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), thief = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator, remember: true);
        thief.Cookies[BrowserCookie] = browser.Cookies[BrowserCookie];

        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await thief.TrySignInAsync(owner.Email, "not the password at all")).Address.AbsolutePath);
        await browser.SignInAsync(owner.Email);

        Assert.Equal("/account/second-factor", (await thief.TrySignInAsync(owner.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task A_remembered_browser_is_remembered_for_its_own_person_only()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        var (other, _, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.SignInWithCodeAsync(owner.Email, authenticator, remember: true);

        Assert.Equal("/account/second-factor", (await browser.TrySignInAsync(other.Email, Browser.Password)).Address.AbsolutePath);
        owner.Dispose();
        other.Dispose();
    }
}

public sealed class SecondFactorOnSqlTests(SqlApp app) : SecondFactorTests(app), IClassFixture<SqlApp>;

public sealed class SecondFactorOnRedisTests(RedisApp app) : SecondFactorTests(app), IClassFixture<RedisApp>;
