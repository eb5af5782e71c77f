using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class SecondFactorTests(TestApp app)
{
    [Fact]
    public async Task After_the_password_the_app_is_asked_for_and_its_code_leads_to_the_page_that_was_wanted()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();

        var page = await browser.TrySignInAsync(owner.Email, Browser.Password, path: "/account/change-password");

        Assert.Equal("/account/second-factor", page.Address.AbsolutePath);
        Assert.Contains(owner.Email, page.Text);
        Assert.Null(browser.SessionCookie);
        var code = page.Document.QuerySelector("#Code")!;
        Assert.Equal(("one-time-code", "numeric"), (code.GetAttribute("autocomplete"), code.GetAttribute("inputmode")));
        page = await page.EnterCodeAsync(authenticator.Code);
        Assert.Equal("/account/change-password", page.Address.AbsolutePath);
        Assert.Contains("Password and authenticator app", (await browser.GetAsync("/account/sessions")).Text);
    }

    [Fact]
    public async Task Keep_me_signed_in_holds_through_the_second_step()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();

        var page = await (await browser.TrySignInAsync(owner.Email, Browser.Password, remember: true)).EnterCodeAsync(authenticator.Code);

        Assert.Contains("Kept signed in Yes", page.Text);
    }

    [Fact]
    public async Task A_recovery_code_signs_in_too_and_the_person_is_told_how_many_are_left()
    {
        var (owner, _, codes) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();

        var page = await browser.TrySignInAsync(owner.Email, Browser.Password);
        page = await browser.GetAsync(page.Document.QuerySelectorAll("main a").Single(a => a.TextContent == "Use a recovery code").GetAttribute("href")!);
        page = await page.EnterCodeAsync(codes[0]);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("You used a recovery code; 9 are left.", page.Text);
        Assert.Contains("Password and recovery code", page.Text);
        Assert.Contains(await app.AuditOfAsync(await app.UserIdAsync(owner.Email)), entry => entry is { Action: AuditAction.RecoveryCodeUsed, Details: "9 left" });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_wrong_is_said_by_the_field_and_written_down(bool recovery)
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.TrySignInAsync(owner.Email, Browser.Password);
        var path = $"/account/second-factor?recovery={recovery}";

        var empty = await (await browser.GetAsync(path)).EnterCodeAsync("");
        var wrong = await (await browser.GetAsync(path)).EnterCodeAsync(recovery ? "AAAAAA-BBBBBB-CCCCCC-DDDDDD" : authenticator.WrongCode());

        Assert.Contains("Enter a code.", empty.Document.QuerySelector("#Code-error")!.TextContent);
        Assert.Contains("That code isn't right or was used before, or the account is locked for a while.", wrong.Document.QuerySelector("#Code-error")!.TextContent);
        var failure = Assert.Single(await app.AuditOfAsync(await app.UserIdAsync(owner.Email)), entry => entry.Action == AuditAction.SignInFailed);
        Assert.Equal(recovery ? "rec" : "otp", failure.Method);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task Without_a_first_step_or_long_after_it_the_page_leads_to_the_sign_in()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();

        var early = await browser.GetAsync("/account/second-factor?returnUrl=%2Faccount");
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);
        app.Clock.Advance(TimeSpan.FromMinutes(11));
        var late = await form.EnterCodeAsync(authenticator.Code);

        foreach (var page in new[] { early, late })
        {
            Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
            Assert.Contains("That took too long, or was done already. Please sign in again.", page.Text);
        }

        Assert.Contains("returnUrl=%2Faccount", early.Address.Query, StringComparison.OrdinalIgnoreCase);
    }

    // The app was brought up to date between the two steps.
    [Fact]
    public async Task A_first_step_that_another_version_of_the_app_wrote_down_leads_to_the_sign_in()
    {
        var (owner, _, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        await browser.TrySignInAsync(owner.Email, Browser.Password);
        using (var scope = app.Services.CreateScope())
        {
            var user = await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync(owner.Email);
            browser.Cookies["webapp-dev-second-factor"] = scope.ServiceProvider.GetRequiredService<OneTimeTokens>()
                .Seal(TokenPurpose.SecondFactor, user, TimeSpan.FromMinutes(10), "7|0|0|pwd");
        }

        Assert.Equal("/account/login", (await browser.GetAsync("/account/second-factor")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Sent_twice_the_form_signs_in_once_and_nobody_sees_an_error()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), twin = app.NewBrowser();
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);
        foreach (var (name, value) in browser.Cookies)
            twin.Cookies[name] = value;
        var token = form.AntiforgeryToken;

        await form.EnterCodeAsync(authenticator.Code);
        var second = await twin.PostAsync("/account/second-factor", ("__RequestVerificationToken", token), ("Code", authenticator.Code));

        Assert.Equal(302, second.Status);
        // The browser has the first answer's session by then.
        twin.SessionCookie = browser.SessionCookie;
        Assert.Equal("/account/sessions", (await twin.FollowAsync(second)).Address.AbsolutePath);
        Assert.Equal("/account/sessions", (await browser.GetAsync("/account/second-factor")).Address.AbsolutePath);
        Assert.Equal(2, (await browser.GetAsync("/account/sessions")).SessionIds.Count);
    }

    [Fact]
    public async Task Who_cancels_is_back_at_the_beginning_and_the_cookie_is_good_for_nothing()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using Browser browser = app.NewBrowser(), copy = app.NewBrowser();
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);
        foreach (var (name, value) in browser.Cookies)
            copy.Cookies[name] = value;
        var copied = await copy.GetAsync("/account/second-factor");

        var page = await form.PressAsync("Cancel");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.DoesNotContain("webapp-dev-second-factor", browser.Cookies);
        Assert.Equal("/account/login", (await copied.EnterCodeAsync(authenticator.Code)).Address.AbsolutePath);
    }
}

public sealed class SecondFactorOnSqlTests(SqlApp app) : SecondFactorTests(app), IClassFixture<SqlApp>;

public sealed class SecondFactorOnRedisTests(RedisApp app) : SecondFactorTests(app), IClassFixture<RedisApp>;

/// <summary>A person who has as many sessions as allowed is asked which one ends, after both steps.</summary>
public sealed class SecondFactorWithAQuestionTests : IAsyncLifetime
{
    private readonly TestApp _app = new();

    [Fact]
    public async Task The_question_comes_after_the_second_step_and_the_browser_is_remembered_all_the_same()
    {
        _app.Settings["Sessions:MaxPerUser"] = "1";
        _app.Settings["Sessions:WhenTooMany"] = "Ask";
        var (owner, authenticator, _) = await _app.NewUserWithAppAsync();
        using var browser = _app.NewBrowser();

        var page = await (await browser.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(authenticator.Code, remember: true);

        Assert.Contains("Choose the one to sign out", page.Text);
        Assert.Null(browser.SessionCookie);
        page.Document.QuerySelector("input[name=End]")!.SetAttribute("checked", "checked");
        page = await page.PressAsync("Sign it out and sign in here");
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("Password and authenticator app", page.Text);
        Assert.Single(page.Document.QuerySelectorAll("[data-browser-id]"));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _app.DisposeAsync();
}
