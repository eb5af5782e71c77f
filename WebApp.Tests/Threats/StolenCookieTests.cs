using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// A thief has copied the session cookie. Once the session has ended, by whatever way, the copy opens nothing (ASVS 5.0, 7.4.1), and its
/// holder learns when and by whom in general, never why.
/// </summary>
public abstract class StolenCookieTests(TestApp app)
{
    private const string CaseReference = "CASE-4711";

    [Fact]
    public async Task A_copy_ends_when_the_owner_signs_out()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);

        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out", "header");

        await AssertRefusedAsync(thief, "You signed out, just now.");
    }

    [Fact]
    public async Task A_copy_ends_when_the_owner_ends_the_session_from_its_own_page()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);

        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out", "[aria-current=true]");

        await AssertRefusedAsync(thief, "You signed out, just now.");
    }

    [Fact]
    public async Task A_copy_ends_when_the_owner_ends_the_session_from_another_browser()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        using var other = await SignInElsewhereAsync(owner);

        await (await other.GetAsync("/account/sessions")).PressAsync("Sign out", $"[data-session-id='{app.KeyOf(owner).SessionId}']");

        await AssertRefusedAsync(thief, "You were signed out from another device, just now.");
    }

    [Fact]
    public async Task A_copy_ends_when_the_owner_ends_all_other_sessions()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        using var other = await SignInElsewhereAsync(owner);

        await (await other.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

        await AssertRefusedAsync(thief, "You were signed out from another device, just now.");
        Assert.Equal(200, (await other.GetAsync("/account/sessions")).Status);
    }

    [Fact]
    public async Task Copies_of_every_session_end_when_the_owner_changes_the_password()
    {
        using var owner = await app.NewUserAsync();
        using var other = await SignInElsewhereAsync(owner);
        using var thief = app.CopyOf(owner);
        using var thiefOfTheOther = app.CopyOf(other);
        var form = await other.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");

        await form.PressAsync("Change password");

        await AssertRefusedAsync(thief, "You were signed out from another device, just now.");
        await AssertRefusedAsync(thiefOfTheOther, "You signed in again in another tab, just now.");
        Assert.Equal("/account/sessions", (await other.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_ends_when_support_forces_it_out_and_reads_neither_reason_nor_case(bool all)
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);

        await ForceOutAsync(owner, all ? "End the only session" : "End session");

        var page = await AssertRefusedAsync(thief, "Support ended this session, just now.");
        Assert.DoesNotContain(CaseReference, page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("theft", page.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("a note for staff", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_with_the_session_id_but_another_secret_opens_nothing_and_harms_nothing()
    {
        using var owner = await app.NewUserAsync();
        using var guesser = app.NewBrowser();
        guesser.SessionCookie = app.CookieWith(app.KeyOf(owner).WithOtherFamily());

        var page = await guesser.GetAsync("/account/sessions");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Null(page.Document.QuerySelector(".notice"));
        Assert.Equal("/account/sessions", (await owner.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_cookie_with_another_secret_is_told_nothing_of_the_sessions_end()
    {
        using var owner = await app.NewUserAsync();
        using var guesser = app.NewBrowser();
        guesser.SessionCookie = app.CookieWith(app.KeyOf(owner).WithOtherFamily());
        await ForceOutAsync(owner, "End the only session");

        var page = await guesser.GetAsync("/account/sessions");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Null(page.Document.QuerySelector(".notice"));
    }

    [Fact]
    public async Task A_copy_that_was_refused_can_be_dismissed_but_stays_refused()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        var copy = thief.SessionCookie;
        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out", "header");

        var page = await (await thief.GetAsync("/account/login")).PressAsync("Dismiss");

        Assert.Null(thief.SessionCookie);
        Assert.Null(page.Document.QuerySelector(".notice"));
        thief.SessionCookie = copy;
        await AssertRefusedAsync(thief, "You signed out, just now.");
    }

    private async Task<Browser> SignInElsewhereAsync(Browser owner)
    {
        var other = app.NewBrowser();
        await other.SignInAsync(owner.Email);
        return other;
    }

    private async Task ForceOutAsync(Browser owner, string button)
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{app.KeyOf(owner).UserId}");
        page.Fill("reason", "ReportedTheft").Fill("caseReference", CaseReference).Fill("note", "a note for staff");
        page = await page.PressAsync(button);
        Assert.EndsWith("1 session ended.", page.Document.QuerySelector(".notice.good")?.TextContent, StringComparison.Ordinal);
    }

    /// <summary>Refused on every page, for a POST too, and told on the sign-in page; the cookie is left alone.</summary>
    private static async Task<Page> AssertRefusedAsync(Browser thief, string told)
    {
        foreach (var path in new[] { "/account", "/account/sessions", "/account/change-password" })
        {
            var page = await thief.GetAsync(path);
            Assert.Equal("/account/login", page.Address.AbsolutePath);
            Assert.Empty(page.SessionCookies);
            Assert.Contains(told, page.Text, StringComparison.Ordinal);
        }

        Assert.Equal("/account/login", (await thief.FollowAsync(await thief.PostAsync("/account/sessions?handler=RevokeOthers"))).Address.AbsolutePath);
        return await thief.GetAsync("/account/login");
    }
}

public sealed class StolenCookieOnSqlTests(SqlApp app) : StolenCookieTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Fast")]
public sealed class StolenCookieOnRedisTests(RedisApp app) : StolenCookieTests(app), IClassFixture<RedisApp>;
