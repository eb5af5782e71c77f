using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account.Security;

public abstract class RecoveryCodesTests(TestApp app)
{
    [Fact]
    public async Task They_are_shown_once_can_be_downloaded_and_are_kept_by_no_browser()
    {
        using var browser = await app.NewUserAsync();
        var form = await browser.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(app.Clock, form.Document.QuerySelector("#key")!.TextContent);

        var page = await form.Fill("Code", authenticator.Code).PressAsync("Set up the app");

        Assert.Equal(["no-store"], page.Headers["Cache-Control"]);
        Assert.All(page.RecoveryCodes(), code => Assert.Matches("^([A-Z2-7]{6}-){3}[A-Z2-7]{6}$", code));
        var file = await page.SendAsync("Download");
        Assert.Equal("text/plain; charset=utf-8", Assert.Single(file.Headers["Content-Type"]));
        Assert.Contains("attachment", Assert.Single(file.Headers["Content-Disposition"]));
        Assert.Equal(["no-store"], file.Headers["Cache-Control"]);
        Assert.All(page.RecoveryCodes(), code => Assert.Contains(code, file.Body));
        foreach (var path in new[] { "/account/security", "/account/security/recovery-codes", "/account/security/authenticator" })
        {
            var later = await browser.GetAsync(path);
            Assert.All(page.RecoveryCodes(), code => Assert.DoesNotContain(code, later.Body));
        }
    }

    [Fact]
    public async Task Each_is_good_once_as_printed_or_as_people_type_it()
    {
        var (browser, _, codes) = await app.NewUserWithAppAsync();
        using var other = app.NewBrowser();
        string[] typed = [codes[0], codes[1].Replace("-", "", StringComparison.Ordinal), codes[2].ToLowerInvariant().Replace('-', ' '), codes[3].Replace('O', '0').Replace('I', '1').Replace('B', '8')];

        foreach (var code in typed)
        {
            await other.TrySignInAsync(browser.Email, Browser.Password);
            Assert.Equal("/account/sessions", (await other.EnterRecoveryCodeAsync(code)).Address.AbsolutePath);
            await other.TrySignInAsync(browser.Email, Browser.Password);
            Assert.Contains("That code isn't right or was used before", (await other.EnterRecoveryCodeAsync(code)).Text);
        }

        Assert.Contains("6 of 10 left.", (await browser.GetAsync("/account/security")).Text);
        browser.Dispose();
    }

    [Fact]
    public async Task With_three_left_the_person_is_told_to_make_new_ones_and_those_replace_all()
    {
        var (browser, _, codes) = await app.NewUserWithAppAsync();
        using var other = app.NewBrowser();
        var page = await browser.GetAsync("/account");
        foreach (var code in codes.Take(7))
        {
            await other.TrySignInAsync(browser.Email, Browser.Password);
            page = await other.EnterRecoveryCodeAsync(code);
        }

        Assert.Contains("only 3 are left. Make new ones soon.", page.Text);
        Assert.Contains("You have only 3 recovery codes left. Make new ones", (await browser.GetAsync("/account/security")).Text);
        page = await (await browser.GetAsync("/account/security/recovery-codes")).PressAsync("Make new codes");
        Assert.Contains("You have new recovery codes. One other session was ended.", page.Text);
        Assert.Empty(page.RecoveryCodes().Intersect(codes, StringComparer.Ordinal));
        Assert.Contains("10 of 10 left.", (await browser.GetAsync("/account/security")).Text);
        await other.TrySignInAsync(browser.Email, Browser.Password);
        Assert.Contains("That code isn't right", (await other.EnterRecoveryCodeAsync(codes[9])).Text);
        Assert.Equal("/account/sessions", (await other.EnterRecoveryCodeAsync(page.RecoveryCodes()[0])).Address.AbsolutePath);
        Assert.Contains(await app.AuditOfAsync(await app.UserIdAsync(browser.Email)), entry => entry.Action == AuditAction.RecoveryCodesMade);
        browser.Dispose();
    }

    [Fact]
    public async Task There_are_none_without_a_factor()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/account/security/recovery-codes");

        Assert.Equal("/account/security", page.Address.AbsolutePath);
        Assert.Contains("Recovery codes come with a second factor. Set one up first.", page.Text);
    }

    [Fact]
    public async Task Somebody_elses_page_downloads_nothing()
    {
        var (owner, _, _) = await app.NewUserWithAppAsync();
        var (other, _, _) = await app.NewUserWithAppAsync();
        var page = await (await owner.GetAsync("/account/security/recovery-codes")).PressAsync("Make new codes");
        var token = page.Document.QuerySelector("[name=Token]")!.GetAttribute("value")!;

        var answer = await other.PostAsync("/account/security/recovery-codes?handler=Download",
            ("__RequestVerificationToken", (await other.GetAsync("/account/logout")).AntiforgeryToken), ("Token", token));

        Assert.Equal("/account/security", answer.Location);
        owner.Dispose();
        other.Dispose();
    }
}

public sealed class RecoveryCodesOnSqlTests(SqlApp app) : RecoveryCodesTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class RecoveryCodesOnRedisTests(RedisApp app) : RecoveryCodesTests(app), IClassFixture<RedisApp>;
