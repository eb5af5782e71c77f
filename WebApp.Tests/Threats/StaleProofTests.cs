using Microsoft.AspNetCore.Identity;
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
