using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>An attacker plants a session cookie in the victim's browser and waits for the victim to sign in with it (ASVS 5.0, 7.2.4).</summary>
public abstract class SessionFixationTests(TestApp app)
{
    [Fact]
    public async Task Signing_in_over_the_attackers_session_gives_a_new_one_and_ends_that()
    {
        using var attacker = await app.NewUserAsync();
        using var victim = app.NewBrowser();
        var planted = attacker.SessionCookie!;
        victim.SessionCookie = planted;

        await victim.SignInAsync("bob@example.com", Browser.DemoPassword);

        Assert.NotEqual(planted, victim.SessionCookie);
        attacker.SessionCookie = planted;
        Assert.Equal("/account/login", (await attacker.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Signing_in_again_gives_a_new_session_and_ends_the_presented_one()
    {
        using var browser = await app.NewUserAsync();
        using var copy = app.NewBrowser();
        var before = (await browser.GetAsync("/account/sessions")).CurrentSessionId;
        copy.SessionCookie = browser.SessionCookie;

        var page = await browser.SignInAsync(browser.Email);

        Assert.NotEqual(before, page.CurrentSessionId);
        Assert.Equal([page.CurrentSessionId], page.SessionIds);
        Assert.Equal("/account/login", (await copy.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_sign_in_sends_exactly_one_session_cookie()
    {
        using var browser = await app.NewUserAsync();
        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", browser.Email).Fill("Password", Browser.Password);

        var answer = await form.SendAsync("Sign in");

        Assert.Equal(302, answer.Status);
        Assert.Single(answer.SessionCookies);
    }

    [Fact]
    public async Task Changing_the_password_gives_a_new_session_and_ends_the_presented_one()
    {
        using var browser = await app.NewUserAsync();
        using var copy = app.NewBrowser();
        copy.SessionCookie = browser.SessionCookie;
        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");

        var answer = await form.SendAsync("Change password");

        Assert.Single(answer.SessionCookies);
        Assert.NotEqual(copy.SessionCookie, browser.SessionCookie);
        Assert.Equal("/account/sessions", (await browser.FollowAsync(answer)).Address.AbsolutePath);
        Assert.Equal("/account/login", (await copy.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    // A neighbouring site may set a cookie of another name for the whole domain, which no prefix forbids.
    [Theory]
    [InlineData("theme=x {0}")]
    [InlineData("theme=x; y {0}")]
    public async Task The_attackers_cookie_inside_of_another_ones_value_signs_nobody_in(string header)
    {
        using var attacker = await app.NewUserAsync();
        Assert.Equal("/account", (await attacker.GetAsync("/account")).Address.AbsolutePath);
        var cookie = $"{attacker.Cookies.Single(c => c.Value == attacker.SessionCookie).Key}={attacker.SessionCookie}";
        using var victim = app.NewBrowser();
        victim.Headers["Cookie"] = header.Replace("{0}", cookie, StringComparison.Ordinal);

        var answer = await victim.PeekAsync("/account");

        Assert.Equal(302, answer.Status);
    }

    [Fact]
    public async Task A_made_up_cookie_is_not_adopted()
    {
        using var browser = app.NewBrowser();
        browser.SessionCookie = "chosen-by-the-attacker";

        await browser.SignInAsync("bob@example.com", Browser.DemoPassword);

        Assert.NotEqual("chosen-by-the-attacker", browser.SessionCookie);
    }
}

[Trait("Lane", "Fast")]
public sealed class SessionFixationOnSqlTests(SqlApp app) : SessionFixationTests(app), IClassFixture<SqlApp>;

public sealed class SessionFixationOnRedisTests(RedisApp app) : SessionFixationTests(app), IClassFixture<RedisApp>;
