using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A button pressed twice leaves no session behind that is in no browser, and takes none away.</summary>
public abstract class SignInTwiceTests(TestApp app)
{
    private IUserSessionStore Store => app.Services.GetRequiredService<IUserSessionStore>();

    [Fact]
    public async Task Sent_many_times_at_once_a_form_begins_one_session_and_every_answer_opens_it()
    {
        using var owner = await NewPersonAsync();
        using var browser = app.NewBrowser();
        var form = await FilledAsync(browser, owner.Email);
        var before = new Dictionary<string, string>(browser.Cookies);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => form.SendAsync("Sign in", "main")));

        Assert.All(answers, answer => Assert.Equal(302, answer.Status));
        foreach (var answer in answers)
        {
            using var one = WithCookies(before, Assert.Single(answer.SessionCookies).Value.Value!);
            Assert.Equal(200, (await one.PeekAsync("/account")).Status);
        }

        Assert.Single(await LiveAsync(owner));
    }

    [Fact]
    public async Task The_second_press_is_not_told_as_another_sign_in()
    {
        using var owner = await NewPersonAsync();
        using var browser = app.NewBrowser();
        var form = await FilledAsync(browser, owner.Email);
        var cookies = new Dictionary<string, string>(browser.Cookies);
        await form.SendAsync("Sign in", "main");
        Reset(browser, cookies);

        await form.SendAsync("Sign in", "main");

        var session = Assert.Single(await LiveAsync(owner));
        var entries = await app.Services.GetRequiredService<AuditLog>().SearchAsync(new() { SubjectId = session.UserId }, null, 50);
        Assert.Single(entries, entry => entry.Action == AuditAction.SignedIn && entry.SessionId == $"{session.Id}");
        Assert.Equal(200, (await browser.PeekAsync("/account")).Status);
    }

    [Fact]
    public async Task A_code_that_is_sent_twice_opens_the_session_that_it_began_for_the_browser_that_sent_it()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var form = (await browser.TrySignInAsync(owner.Email, Browser.Password)).Fill("Code", authenticator.Code);
        var cookies = new Dictionary<string, string>(browser.Cookies);
        await form.SendAsync("Sign in", "main");
        var first = app.KeyOf(browser);
        // The answer never came.
        Reset(browser, cookies);

        var again = await form.SendAsync("Sign in", "main");

        Assert.Equal((302, "/account/sessions"), (again.Status, again.Location));
        Assert.Equal(first.SessionId, app.KeyOf(browser).SessionId);
        Assert.Equal(200, (await browser.PeekAsync("/account")).Status);
        Assert.Equal(2, (await LiveAsync(owner)).Count);
        owner.Dispose();
    }

    [Fact]
    public async Task With_another_first_step_or_code_or_a_minute_later_a_code_that_was_spent_opens_nothing()
    {
        var (owner, authenticator, _) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var page = await browser.TrySignInAsync(owner.Email, Browser.Password);
        var (token, code) = (page.AntiforgeryToken, authenticator.Code);
        var cookies = new Dictionary<string, string>(browser.Cookies);
        await SendAsync(code);
        Assert.NotNull(browser.SessionCookie);

        await ResetAndSendAsync(authenticator.WrongCode());
        cookies["webapp-dev-second-factor"] += "A";
        await ResetAndSendAsync(code);
        cookies["webapp-dev-second-factor"] = cookies["webapp-dev-second-factor"][..^1];
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await ResetAndSendAsync(code);
        owner.Dispose();

        async Task ResetAndSendAsync(string sent)
        {
            Reset(browser, cookies);
            await SendAsync(sent);
            Assert.Null(browser.SessionCookie);
        }

        Task SendAsync(string sent) => browser.PostAsync("/account/second-factor", ("__RequestVerificationToken", token), ("Code", sent));
    }

    [Fact]
    public async Task What_is_sent_a_minute_later_or_after_signing_out_begins_another()
    {
        using var owner = await NewPersonAsync();
        using var browser = app.NewBrowser();
        var form = await FilledAsync(browser, owner.Email);
        var cookies = new Dictionary<string, string>(browser.Cookies);
        await form.SendAsync("Sign in", "main");
        var first = app.KeyOf(browser);
        Assert.True(await Store.RevokeAsync(first.UserId, first.SessionId, Samples.Revocation(app.Clock.GetUtcNow())));
        Reset(browser, cookies);

        await form.SendAsync("Sign in", "main");

        var second = app.KeyOf(browser);
        Assert.NotEqual(first.SessionId, second.SessionId);
        Assert.Equal(200, (await browser.PeekAsync("/account")).Status);

        app.Clock.Advance(TimeSpan.FromSeconds(61));
        Reset(browser, cookies);
        await form.SendAsync("Sign in", "main");
        Assert.NotEqual(second.SessionId, app.KeyOf(browser).SessionId);
        Assert.Equal(2, (await LiveAsync(owner)).Count);
    }

    // Whoever reads the store, and the key ring, must not get a cookie out of what waits there for a second press.
    [Fact]
    public void What_is_kept_for_a_second_press_is_opened_by_the_whole_form_alone()
    {
        FormCollection form = new(new() { ["Email"] = "a@example.com", ["Password"] = "secret", ["__RequestVerificationToken"] = "drawn" });
        FormCollection other = new(new() { ["Email"] = "a@example.com", ["Password"] = "secret", ["__RequestVerificationToken"] = "drawm" });
        var kept = SignInForm.Of(form).Seal("the key"u8);

        Assert.Equal("the key"u8, SignInForm.Of(form).Open(kept));
        Assert.ThrowsAny<CryptographicException>(() => SignInForm.Of(other).Open(kept));
        Assert.ThrowsAny<CryptographicException>(() => SignInForm.Of(form, "another first step").Open(kept));
        Assert.ThrowsAny<CryptographicException>(() => SignInForm.Of(form).Open(kept.AsSpan(0, 5)));
    }

    [Fact]
    public async Task Another_form_of_the_same_page_is_another_sign_in()
    {
        using var owner = await NewPersonAsync();
        using Browser one = app.NewBrowser(), other = app.NewBrowser();

        await one.SignInAsync(owner.Email);
        await other.SignInAsync(owner.Email);

        Assert.NotEqual(app.KeyOf(one).SessionId, app.KeyOf(other).SessionId);
        Assert.Equal(2, (await LiveAsync(owner)).Count);
    }

    /// <summary>Who is signed in nowhere.</summary>
    private async Task<Browser> NewPersonAsync()
    {
        var person = await app.NewUserAsync();
        await (await person.GetAsync("/account/logout")).PressAsync("Sign out");
        return person;
    }

    private static async Task<Page> FilledAsync(Browser browser, string email) =>
        (await browser.GetAsync("/account/login")).Fill("Email", email).Fill("Password", Browser.Password);

    private Browser WithCookies(Dictionary<string, string> cookies, string session)
    {
        var browser = app.NewBrowser();
        Reset(browser, cookies);
        browser.SessionCookie = session;
        return browser;
    }

    /// <summary>As it was before the answer that it never read.</summary>
    private static void Reset(Browser browser, Dictionary<string, string> cookies)
    {
        browser.Cookies.Clear();
        foreach (var (name, value) in cookies)
            browser.Cookies[name] = value;
    }

    private async Task<IReadOnlyList<UserSession>> LiveAsync(Browser owner)
    {
        var now = app.Clock.GetUtcNow();
        return [.. (await Store.ListAsync(await app.UserIdAsync(owner.Email))).Where(session => session.IsLive(now))];
    }
}

public sealed class SignInTwiceOnSqlTests(SqlApp app) : SignInTwiceTests(app), IClassFixture<SqlApp>;

public sealed class SignInTwiceOnRedisTests(RedisApp app) : SignInTwiceTests(app), IClassFixture<RedisApp>;
