using Microsoft.AspNetCore.Identity;
using Microsoft.Net.Http.Headers;
using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>What was true at sign-in is taken for true for too long: that the person is there, that the account exists, that it has a right.</summary>
public abstract class StaleProofTests(TestApp app)
{
    private static readonly SessionPolicy Policy = new();

    [Fact]
    public async Task A_sign_in_that_is_not_recent_ends_no_session_and_changes_no_password()
    {
        using Browser browser = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var page = await browser.GetAsync("/account/sessions");
        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        app.Clock.Advance(Policy.RecentSignIn);

        Assert.StartsWith("/account/confirm?", (await form.SendAsync("Change password")).Location, StringComparison.Ordinal);
        Assert.StartsWith("/account/confirm?", (await page.SendAsync("Sign out", $"[data-session-id='{app.KeyOf(other).SessionId}']")).Location, StringComparison.Ordinal);
        Assert.StartsWith("/account/confirm?", (await page.SendAsync("Sign out the other session")).Location, StringComparison.Ordinal);
        Assert.StartsWith("/account/confirm?", (await browser.PeekAsync("/account/change-password")).Location, StringComparison.Ordinal);

        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
        using var again = app.NewBrowser();
        await again.SignInAsync(browser.Email);
    }

    [Fact]
    public async Task With_the_password_entered_again_all_sessions_can_be_ended_and_to_see_them_takes_none()
    {
        using Browser browser = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        app.Clock.Advance(Policy.RecentSignIn);
        var page = await browser.GetAsync("/account/sessions");
        Assert.Equal(2, page.SessionIds.Count);
        var secret = browser.SessionCookie;

        page = await page.PressAsync("Sign out the other session");
        page = await page.Fill("Password", Browser.Password).PressAsync("Confirm");
        await page.PressAsync("Sign out the other session");

        Assert.NotEqual(secret, browser.SessionCookie);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
        Assert.Single((await browser.GetAsync("/account/sessions")).SessionIds);
    }

    [Fact]
    public async Task A_confirmed_session_has_a_new_secret_and_the_one_before_is_refused_at_once()
    {
        using Browser browser = await app.NewUserAsync(), copy = app.NewBrowser();
        copy.SessionCookie = browser.SessionCookie;
        app.Clock.Advance(Policy.RecentSignIn);

        await (await browser.GetAsync("/account/change-password")).Fill("Password", Browser.Password).PressAsync("Confirm");

        Assert.Equal("/account/login", (await copy.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/change-password", (await browser.GetAsync("/account/change-password")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Staff_who_did_not_sign_in_recently_open_nobodys_page()
    {
        using Browser user = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var path = $"/admin/users/{app.KeyOf(user).UserId}";
        var page = (await staff.GetAsync(path)).Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1");
        app.Clock.Advance(Policy.RecentSignIn);

        Assert.StartsWith("/account/confirm?", (await page.SendAsync("End the only session")).Location, StringComparison.Ordinal);
        Assert.StartsWith("/account/confirm?", (await staff.PeekAsync(path)).Location, StringComparison.Ordinal);

        Assert.Equal("/account", (await user.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2900)]
    [InlineData(4000)]
    public async Task A_long_form_that_waits_for_a_proof_fits_into_its_cookies(int length)
    {
        using var browser = await app.NewUserAsync();
        var token = (await browser.GetAsync("/account")).AntiforgeryToken;
        app.Clock.Advance(Policy.RecentSignIn);

        var answer = await browser.PostAsync("/account/sessions?handler=Revoke", ("id", new('x', length)), ("__RequestVerificationToken", token));

        Assert.StartsWith("/account/confirm?", answer.Location, StringComparison.Ordinal);
        var cookies = answer.Headers.TryGetValue("Set-Cookie", out var headers) ? SetCookieHeaderValue.ParseList(headers) : [];
        Assert.All(cookies, cookie => Assert.InRange(cookie.Name.Length + cookie.Value.Length, 1, 4096));
        Assert.Equal(length < 3000, cookies.Count > 0);
    }

    [Fact]
    public async Task A_role_that_is_taken_away_opens_nothing_from_the_next_request_on()
    {
        var support = await app.NewAccountAsync(Roles.Support);
        using var staff = app.NewBrowser();
        await staff.SignInAsync(support.Email!);
        Assert.Equal(200, (await staff.GetAsync("/admin/users")).Status);

        await app.RemoveRoleAsync(support.Email!, Roles.Support);

        Assert.Equal(403, (await staff.GetAsync("/admin/users")).Status);
        Assert.Equal("/account", (await staff.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_sessions_of_an_account_that_is_banned_or_deleted_end_with_the_next_request(bool delete)
    {
        using Browser one = await app.NewUserAsync(), two = app.NewBrowser();
        await two.SignInAsync(one.Email);

        await app.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var user = (await users.FindByEmailAsync(one.Email))!;
            user.BannedUntil = app.Clock.GetUtcNow().AddDays(1);
            Assert.True((delete ? await users.DeleteAsync(user) : await users.UpdateAsync(user)).Succeeded);
        });

        Assert.Equal("/account/login", (await one.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await two.GetAsync("/account")).Address.AbsolutePath);
    }
}

[Collection(SqlApp.Collection)]
public sealed class StaleProofOnSqlTests(SqlApp app) : StaleProofTests(app);

[Collection(RedisApp.Collection)]
public sealed class StaleProofOnRedisTests(RedisApp app) : StaleProofTests(app);
