using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class ChangePasswordTests(TestApp app)
{
    private const string Another = "another good passphrase";

    [Theory]
    [InlineData(0, "You were not signed in anywhere else.")]
    [InlineData(1, "One other session was ended.")]
    [InlineData(2, "2 other sessions were ended.")]
    public async Task The_others_are_ended_and_counted_and_the_new_password_counts(int others, string words)
    {
        using var browser = await app.NewUserAsync();
        var other = app.NewBrowser();
        for (var i = 0; i < others; i++)
        {
            other = app.NewBrowser();
            await other.SignInAsync(browser.Email);
        }

        var page = await ChangeAsync(browser, Browser.Password, Another);

        Assert.Contains($"Your password is changed. {words}", page.Text);
        Assert.Single(page.SessionIds);
        if (others > 0)
            Assert.Contains("You were signed out from another device", (await other.GetAsync("/account")).Text);
        await other.TrySignInAsync(browser.Email, Browser.Password);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
        await other.SignInAsync(browser.Email, Another);
    }

    [Theory]
    [InlineData("not my password", Another, "That isn't your current password, or the account is locked for a while.")]
    [InlineData("", Another, "Enter your current password.")]
    [InlineData(Browser.Password, "", "Choose a new password.")]
    [InlineData(Browser.Password, "too short", "Use at least 15 characters.")]
    [InlineData(Browser.Password, "not text, a password \ufffd", "The password is longer than 128 characters or has characters that can't be used.")]
    public async Task What_is_not_right_is_explained_and_nothing_changes(string current, string next, string message)
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);

        var page = await ChangeAsync(browser, current, next);

        Assert.Contains(message, page.Text);
        Assert.Equal(2, (await browser.GetAsync("/account/sessions")).SessionIds.Count);
        await other.SignInAsync(browser.Email);
    }

    private static async Task<Page> ChangeAsync(Browser browser, string current, string next)
    {
        var form = await browser.GetAsync("/account/change-password");
        return await form.Fill("CurrentPassword", current).Fill("NewPassword", next).PressAsync("Change password");
    }
}

[Trait("Lane", "Fast")]
public sealed class ChangePasswordOnSqlTests(SqlApp app) : ChangePasswordTests(app), IClassFixture<SqlApp>;

public sealed class ChangePasswordOnRedisTests(RedisApp app) : ChangePasswordTests(app), IClassFixture<RedisApp>;
