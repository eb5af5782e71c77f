using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class LoginTests(TestApp app)
{
    private const string NoMatch = "That e-mail address and password don't match, or the account is locked for a while. Check both, or try again in a few minutes.";

    [Fact]
    public async Task The_right_password_leads_to_the_sessions()
    {
        using var browser = app.NewBrowser();

        var page = await browser.SignInAsync("bob@example.com", Browser.DemoPassword);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("You are signed in as Bob.", (await browser.GetAsync("/")).Text);
    }

    [Fact]
    public async Task Blanks_around_the_address_do_not_matter()
    {
        using var browser = app.NewBrowser();

        await browser.SignInAsync("  bob@example.com ", Browser.DemoPassword);

        Assert.NotNull(browser.SessionCookie);
    }

    [Theory]
    [InlineData("bob@example.com", "wrong")]
    [InlineData("nobody@example.com", "wrong")]
    public async Task A_wrong_password_and_an_unknown_address_read_the_same_and_sign_nobody_in(string email, string password)
    {
        using var browser = app.NewBrowser();

        var page = await browser.TrySignInAsync(email, password);

        Assert.Equal(NoMatch, page.Document.QuerySelector("[role=alert]")!.TextContent.Trim());
        Assert.Equal(email, page.Document.QuerySelector("[name=Email]")!.GetAttribute("value"));
        Assert.Null(browser.SessionCookie);
        // Bob is everyone's: his count starts anew.
        await browser.SignInAsync("bob@example.com", Browser.DemoPassword);
    }

    [Theory]
    [InlineData("", "x", "Enter your e-mail address.")]
    [InlineData("bob", "x", "That is not an e-mail address.")]
    [InlineData("bob@example.com", "", "Enter your password.")]
    public async Task A_field_that_is_not_right_is_explained(string email, string password, string message)
    {
        using var browser = app.NewBrowser();

        var page = await browser.TrySignInAsync(email, password);

        Assert.Contains(message, page.Document.QuerySelector("[role=alert]")!.TextContent);
    }

    [Theory]
    [InlineData(true, "Kept signed in Yes", "in 30 days")]
    [InlineData(false, "Kept signed in No", "in 1 day")]
    public async Task Who_asks_to_be_kept_signed_in_is(bool remember, string kept, string expires)
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.SignInAsync(browser.Email, remember: remember);

        Assert.Contains(kept, page.Text);
        // The idle deadline is the earlier one of the two as long as the session is fresh.
        Assert.Contains(remember ? "Expires in 14 days" : "Expires in 1 hour", page.Text);
        Assert.DoesNotContain(expires, page.Text);
    }

    [Fact]
    public async Task Who_opens_a_private_page_comes_back_to_it_after_signing_in()
    {
        using var browser = app.NewBrowser();
        var signIn = await browser.GetAsync("/account/change-password");

        var page = await signIn.Fill("Email", "bob@example.com").Fill("Password", Browser.DemoPassword).PressAsync("Sign in");

        Assert.Equal("/account/login", signIn.Address.AbsolutePath);
        Assert.Equal("/account/change-password", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task Who_is_signed_in_already_is_told_what_signing_in_again_does()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/account/login");

        Assert.Contains("You are signed in as Someone. Signing in again replaces this session.", page.Text);
    }

    [Fact]
    public async Task The_end_of_a_session_is_told_until_it_is_dismissed()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        var sessions = await other.SignInAsync(browser.Email);
        await sessions.PressAsync("Sign out the other session");

        var told = await browser.GetAsync("/account/change-password");
        var again = await browser.GetAsync("/account/change-password");
        var dismissed = await again.PressAsync("Dismiss");

        Assert.Contains("You were signed out from another device, just now.", told.Text);
        Assert.Contains("You were signed out from another device, just now.", again.Text);
        Assert.DoesNotContain("signed out", dismissed.Text);
        Assert.Null(browser.SessionCookie);
        Assert.Equal("?ReturnUrl=%2Faccount%2Fchange-password", dismissed.Address.Query, ignoreCase: true);
    }

    [Fact]
    public async Task A_form_sent_after_the_end_of_the_session_is_said_to_be_lost()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        await (await other.SignInAsync(browser.Email)).PressAsync("Sign out the other session");

        var page = await form.PressAsync("Change password");

        Assert.Contains("If you were sending a form, it was not saved.", page.Text);
        await other.SignInAsync(browser.Email);
    }
}

[Trait("Lane", "Fast")]
public sealed class LoginOnSqlTests(SqlApp app) : LoginTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Fast")]
public sealed class LoginOnRedisTests(RedisApp app) : LoginTests(app), IClassFixture<RedisApp>;
