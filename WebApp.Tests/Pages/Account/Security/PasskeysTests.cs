using AngleSharp.Html.Dom;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account.Security;

/// <summary>What a person sees of their passkeys, and what becomes of their sessions when they change.</summary>
public abstract class PasskeysTests(TestApp app)
{
    [Fact]
    public async Task The_first_passkey_brings_recovery_codes_and_ends_the_other_sessions()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser(Browser.Safari);
        await other.SignInAsync(browser.Email);

        var page = await browser.AddPasskeyAsync(passkey);

        Assert.Contains("The passkey “Firefox on Windows” is added.", page.Text);
        Assert.Contains("One other session was ended.", page.Text);
        Assert.Equal(10, page.RecoveryCodes().Count);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/second-factor", (await other.TrySignInAsync(browser.Email, Browser.Password)).Address.AbsolutePath);
    }

    [Fact]
    public async Task Without_the_tick_the_other_sessions_stay()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser(Browser.Safari);
        await other.SignInAsync(browser.Email);
        var question = await browser.AskAsync(PasskeyBrowsing.ListPath);
        var form = await browser.GetAsync(PasskeyBrowsing.ListPath);
        ((IHtmlInputElement)form.Document.QuerySelector("#EndOthers")!).IsChecked = false;

        form.Fill("passkeyAnswer", passkey.Create(question.Options)).Fill("passkeyState", question.State).Fill("Name", "  Key in the drawer ");
        var page = await form.PressAsync("Add a passkey");

        Assert.Contains("The passkey “Key in the drawer” is added.", page.Text);
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Another_passkey_is_added_beside_the_first_and_leaves_sessions_and_codes_alone()
    {
        using var first = new SoftPasskey(app.Address);
        using var second = new SoftPasskey(app.Address) { IsSynced = true };
        using var browser = await app.NewUserAsync();
        await browser.AddPasskeyAsync(first);
        using var other = app.NewBrowser(Browser.Safari);
        await other.UseAsync(first);

        var question = await browser.AskAsync(PasskeyBrowsing.ListPath);
        var page = await browser.AnswerAsync(PasskeyBrowsing.ListPath, second.Create(question.Options), question.State);

        // The browser is told of those that are there, so that it makes no second one on the same device.
        Assert.Equal([first.IdText], question.Options.GetProperty("excludeCredentials").EnumerateArray().Select(c => c.GetProperty("id").GetString()));
        Assert.Empty(page.RecoveryCodes());
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
        var list = await browser.GetAsync(PasskeyBrowsing.ListPath);
        Assert.Contains("On all devices of its password manager", list.Document.QuerySelector($"[data-passkey-id='{second.IdText}']")!.TextContent);
        Assert.Contains("On one device or security key", list.Document.QuerySelector($"[data-passkey-id='{first.IdText}']")!.TextContent);
        Assert.Equal("/account/sessions", (await app.NewBrowser().UseAsync(second)).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("  My laptop ", "My laptop", "The passkey is called “My laptop” from now on.")]
    [InlineData("<b>bold</b>", "<b>bold</b>", "The passkey is called “<b>bold</b>” from now on.")]
    [InlineData("", "Firefox on Windows", "The passkey was not renamed")]
    [InlineData("two\nlines", "Firefox on Windows", "The passkey was not renamed")]
    [InlineData("\u200B\u2060", "Firefox on Windows", "The passkey was not renamed")]
    [InlineData("\u202Eyek", "Firefox on Windows", "The passkey was not renamed")]
    [InlineData("\u2066Key\u2069\u200B", "Key", "The passkey is called “Key” from now on.")]
    [InlineData("\uFFFD", "Firefox on Windows", "The passkey was not renamed")]
    public async Task A_passkey_is_renamed_if_it_is_a_name(string typed, string name, string words)
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        await browser.AddPasskeyAsync(passkey);
        var token = (await browser.GetAsync(PasskeyBrowsing.ListPath)).AntiforgeryToken;

        var page = await browser.FollowAsync(await browser.PostAsync(
            $"{PasskeyBrowsing.ListPath}?handler=Rename", ("id", passkey.IdText), ("name", typed), ("__RequestVerificationToken", token)));

        Assert.Contains(words, page.Text);
        Assert.Equal(name, page.Document.QuerySelector("[data-passkey-id] h3")!.TextContent);
    }

    [Fact]
    public async Task The_last_factor_goes_only_with_a_tick_of_its_own()
    {
        using var first = new SoftPasskey(app.Address);
        using var second = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        await browser.AddPasskeyAsync(first);
        await browser.AddPasskeyAsync(second);
        using var other = app.NewBrowser(Browser.Safari);
        await other.UseAsync(second);

        var page = await (await browser.GetAsync(PathToRemove(first))).PressAsync("Remove the passkey");
        Assert.Contains("is removed.", page.Text);
        Assert.Contains("One other session was ended.", page.Text);
        page = await (await browser.GetAsync(PathToRemove(second))).PressAsync("Remove the passkey");
        Assert.Contains("Say that two-factor sign-in is to be turned off, or keep the passkey.", page.Text);
        Assert.Contains("Firefox on Windows", (await browser.GetAsync(PasskeyBrowsing.ListPath)).Text);

        page = await browser.GetAsync(PathToRemove(second));
        ((IHtmlInputElement)page.Document.QuerySelector("#TurnOff")!).IsChecked = true;
        page = await page.PressAsync("Remove the passkey");

        Assert.Contains("is removed.", page.Text);
        // The password alone is asked for again.
        await app.NewBrowser().SignInAsync(browser.Email);
        var entries = await app.Services.GetRequiredService<AuditLog>().ListOfSubjectAsync(await app.UserIdAsync(browser.Email), AuditAction.PasskeyRemoved, DateTimeOffset.MinValue, 10);
        Assert.Equal(["Firefox on Windows", "Firefox on Windows"], entries.Select(e => e.Details));
    }

    [Fact]
    public async Task A_person_with_the_longest_name_can_have_one()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = app.NewBrowser();
        await browser.RegisterAsync(new string('日', AppUser.MaxNameLength));

        Assert.Contains("is added.", (await browser.AddPasskeyAsync(passkey)).Text);
    }

    [Fact]
    public async Task Twenty_are_as_many_as_one_person_can_have()
    {
        using var browser = await app.NewUserAsync();
        var passkeys = Enumerable.Range(0, Passkeys.Most).Select(_ => new SoftPasskey(app.Address)).ToList();
        foreach (var passkey in passkeys)
            Assert.Equal(200, (await browser.AddPasskeyAsync(passkey)).Status);

        var page = await browser.GetAsync(PasskeyBrowsing.ListPath);

        Assert.Equal(Passkeys.Most, page.Document.QuerySelectorAll("[data-passkey-id]").Length);
        Assert.Contains("You have 20, which is as many as you can have.", page.Text);
        Assert.Equal(404, (await browser.PeekAsync($"{PasskeyBrowsing.ListPath}?handler=Question")).Status);
        foreach (var passkey in passkeys)
            passkey.Dispose();
    }

    [Fact]
    public async Task A_passkey_keeps_signed_in_if_the_form_says_so()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        await browser.AddPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var question = await other.AskAsync("/account/login");
        var form = await other.GetAsync("/account/login?returnUrl=%2Faccount");
        ((IHtmlInputElement)form.Document.QuerySelector("form[data-passkey] [name=Remember]")!).Value = "true";
        form.Fill("passkeyAnswer", passkey.Get(question.Options)).Fill("passkeyState", question.State);

        var answer = await form.SendAsync("Sign in with a passkey");

        Assert.Equal("/account", answer.Location);
        Assert.NotNull(answer.SessionCookies.Single().Expires);
    }

    [Fact]
    public async Task The_list_asks_for_a_recent_sign_in()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(20));

        var page = await browser.ConfirmAsync(PasskeyBrowsing.ListPath);

        Assert.Equal(PasskeyBrowsing.ListPath, page.Address.AbsolutePath);
        Assert.NotNull(page.Document.QuerySelector("noscript"));
    }

    private static string PathToRemove(SoftPasskey passkey) => $"/account/security/remove-passkey?id={passkey.IdText}";
}

public sealed class PasskeysOnSqlTests(SqlApp app) : PasskeysTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class PasskeysOnRedisTests(RedisApp app) : PasskeysTests(app), IClassFixture<RedisApp>;
