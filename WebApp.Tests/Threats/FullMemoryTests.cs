using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Redis has no memory left, by accident or because somebody filled it: people can still be signed out, and nothing breaks.</summary>
public sealed class FullMemoryTests(RedisApp app) : IClassFixture<RedisApp>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await MakeRoomAsync();
        // No answer of any test may be a failure that nobody foresaw.
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("An unhandled exception has occurred", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signed_in_people_go_on_working_and_stay_signed_in()
    {
        using var browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        await FillAsync();

        for (var half = 0; half < 6; half++)
        {
            var page = await browser.GetAsync("/account");
            Assert.Equal((200, "/account"), (page.Status, page.Address.AbsolutePath));
            // "Last seen" is written although memory is full, or people at work would go idle.
            await Eventually.TrueAsync(async () => (await Store.FindAsync(key.UserId, key.SessionId))?.LastSeenAt == app.Clock.GetUtcNow(), "last seen is written");
            app.Clock.Advance(TimeSpan.FromMinutes(30));
        }

        // In every other one a new secret is shown. It is noted as well, or a copy of the first would stay good.
        await browser.GetAsync("/account");
        await Eventually.TrueAsync(async () => (await Store.FindAsync(key.UserId, key.SessionId))!.Secret.Number == 3, "the new secrets are noted");
    }

    [Fact]
    public async Task People_can_sign_out()
    {
        using var browser = await app.NewUserAsync();
        using var copy = app.CopyOf(browser);
        var page = await browser.GetAsync("/account/sessions");
        await FillAsync();

        page = await page.PressAsync("Sign out", "header");

        Assert.Contains("You are signed out.", page.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await copy.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task People_can_end_one_other_session_or_all_of_them()
    {
        using var browser = await app.NewUserAsync();
        using Browser second = app.NewBrowser(), third = app.NewBrowser();
        await second.SignInAsync(browser.Email);
        await third.SignInAsync(browser.Email);
        var page = await browser.GetAsync("/account/sessions");
        await FillAsync();

        page = await page.PressAsync("Sign out", $"[data-session-id='{app.KeyOf(second).SessionId}']");
        Assert.Contains("That device has been signed out.", page.Text, StringComparison.Ordinal);
        page = await page.PressAsync("Sign out the other session");

        Assert.Contains("One other session was signed out.", page.Text, StringComparison.Ordinal);
        foreach (var ended in new[] { second, third })
            Assert.Equal("/account/login", (await ended.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("End session")]
    [InlineData("End the only session")]
    public async Task Staff_can_end_a_persons_sessions(string button)
    {
        using var browser = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{app.KeyOf(browser).UserId}");
        page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1");
        await FillAsync();

        page = await page.PressAsync(button);

        Assert.EndsWith("1 session ended.", page.Document.QuerySelector(".notice.good")?.TextContent, StringComparison.Ordinal);
        page = await browser.GetAsync("/account");
        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
    }

    [Fact]
    public async Task A_change_of_password_ends_every_session()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        await FillAsync();

        var page = await form.PressAsync("Change password");

        // There is no room for this browser's new session either, so it has to sign in again.
        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("Your password is changed.", page.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_sign_in_gets_a_calm_page_and_works_once_there_is_room()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword);
        await FillAsync();

        var answer = await form.SendAsync("Sign in");

        Assert.Equal(503, answer.Status);
        Assert.Contains("One moment, please", answer.Text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
        await MakeRoomAsync();
        await browser.SignInAsync("alice@example.com", Browser.DemoPassword);
    }

    [Fact]
    public async Task A_registration_makes_the_account_and_says_that_signing_in_has_to_wait()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        form.Fill("Name", "Someone").Fill("Email", "full@example.com").Fill("Password", Browser.Password);
        await FillAsync();

        var page = await form.PressAsync("Create account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("Your account is ready", page.Text, StringComparison.Ordinal);
        await MakeRoomAsync();
        await browser.SignInAsync("full@example.com");
    }

    private IUserSessionStore Store => app.Services.GetRequiredService<IUserSessionStore>();

    private Task FillAsync() => app.Redis.ConfigSetAsync("maxmemory", "1");

    private Task MakeRoomAsync() => app.Redis.ConfigSetAsync("maxmemory", "0");
}
