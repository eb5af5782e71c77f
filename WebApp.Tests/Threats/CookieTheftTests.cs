using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody copies a session cookie and uses it beside its owner: the secret rotates, and whoever falls behind is found out.</summary>
public abstract class CookieTheftTests(TestApp app)
{
    private static readonly SessionPolicy Policy = new();
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_copy_used_after_its_time_locks_the_session_for_both()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        await RotateAsync(owner);
        app.Clock.Advance(Policy.RotationGrace);

        var caught = await thief.GetAsync("/account");
        var asked = await owner.GetAsync("/account/sessions");

        Assert.Contains("A security rule locked this session just now.", caught.Text, StringComparison.Ordinal);
        Assert.Equal(("/account/confirm", "/account/confirm"), (caught.Address.AbsolutePath, asked.Address.AbsolutePath));
        var entry = Assert.Single(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Reason == nameof(LockReason.OldSecret));
        Assert.Equal((AuditAction.SessionLocked, "127.0.0.1", null), (entry.Action, entry.Address, entry.ActorId));
    }

    [Fact]
    public async Task The_owner_proves_it_and_goes_on_and_the_copy_is_good_for_nothing()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        await RotateAsync(owner);
        app.Clock.Advance(Policy.RotationGrace);
        await thief.GetAsync("/account");

        var back = await owner.ConfirmAsync("/account");

        Assert.Equal("/account", back.Address.AbsolutePath);
        Assert.Equal("/account/login", (await thief.GetAsync("/account/confirm")).Address.AbsolutePath);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // A browser that crashed before it had stored its cookie.
    [Fact]
    public async Task An_owner_who_fell_behind_proves_it_and_goes_on()
    {
        using var owner = await app.NewUserAsync();
        using var crashed = app.CopyOf(owner);
        await RotateAsync(owner);
        app.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.Equal("/account/confirm", (await crashed.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await crashed.ConfirmAsync("/account")).Address.AbsolutePath);

        app.Clock.Advance(Policy.RotationGrace);
        Assert.Equal("/account", (await crashed.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_copy_in_another_kind_of_browser_ends_the_session_and_both_are_told()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser(Browser.Safari);
        thief.SessionCookie = owner.SessionCookie;
        await RotateAsync(owner);
        app.Clock.Advance(Policy.RotationGrace);

        var refused = await thief.GetAsync("/account");
        var told = await owner.GetAsync("/account/sessions");

        Assert.Contains("A security rule ended this session", refused.Text, StringComparison.Ordinal);
        Assert.Contains("A security rule ended this session", told.Text, StringComparison.Ordinal);
        var signedIn = await owner.SignInAsync(owner.Email);
        Assert.Contains("Ended by a security rule just now: possible theft", signedIn.Text, StringComparison.Ordinal);
        var entry = Assert.Single(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Reason == nameof(RevocationReason.PossibleTheft));
        Assert.Equal((AuditAction.SessionEnded, "127.0.0.1"), (entry.Action, entry.Address));
    }

    [Fact]
    public async Task The_owner_finds_out_even_when_the_thief_is_the_one_who_keeps_up()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        await RotateAsync(thief);
        app.Clock.Advance(Policy.RotationGrace);

        await owner.GetAsync("/account");

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    // Both are handed the next secret before either shows it: only the mark tells them apart.
    [Fact]
    public async Task Two_that_rotate_at_the_same_moment_are_found_out_as_well()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        app.Clock.Advance(Policy.RotationInterval);
        await owner.GetAsync("/account");
        await thief.GetAsync("/account");
        Assert.NotEqual(app.KeyOf(owner).Version, app.KeyOf(thief).Version);

        await ShowAsync(owner);
        app.Clock.Advance(2 * Policy.RotationGrace);
        await ShowAsync(thief);
        app.Clock.Advance(Policy.RotationGrace);
        await owner.GetAsync("/account");

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    // With two of his own he could swap them for ever, and the owner's would never be the one just before.
    [Fact]
    public async Task A_thief_who_collects_several_of_the_next_secret_is_found_out_as_well()
    {
        using var owner = await app.NewUserAsync();
        using Browser thief = app.CopyOf(owner), again = app.CopyOf(owner);
        app.Clock.Advance(Policy.RotationInterval);
        await owner.GetAsync("/account");
        await thief.GetAsync("/account");
        await again.GetAsync("/account");

        await ShowAsync(owner);
        app.Clock.Advance(2 * Policy.RotationGrace);
        await ShowAsync(thief);
        app.Clock.Advance(Policy.RotationGrace);
        await again.GetAsync("/account");

        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task An_older_copy_ends_the_session_at_once()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        await RotateAsync(owner);
        await RotateAsync(owner);

        await thief.GetAsync("/account");

        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Who_only_knows_ids_can_not_end_a_session()
    {
        using var owner = await app.NewUserAsync();
        using var guesser = app.NewBrowser();
        await RotateAsync(owner);
        var bytes = new byte[SessionKey.Size];
        app.KeyOf(owner).Write(bytes);

        foreach (var at in new[] { 32, 51, 55, 56, 71 })
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            guesser.SessionCookie = app.CookieWith(SessionKey.Read(changed)!);
            Assert.Equal("/account/login", (await guesser.GetAsync("/account")).Address.AbsolutePath);
        }

        Assert.Equal(200, (await owner.GetAsync("/account")).Status);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_lost_answer_signs_nobody_out()
    {
        using var owner = await app.NewUserAsync();
        var old = owner.SessionCookie;
        app.Clock.Advance(Policy.RotationInterval);
        for (var lost = 0; lost < 3; lost++)
        {
            await owner.GetAsync("/account");
            Assert.NotEqual(old, owner.SessionCookie);
            owner.SessionCookie = old;
            app.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_request_that_was_under_way_is_served_within_the_grace()
    {
        using var owner = await app.NewUserAsync();
        using var late = app.CopyOf(owner);
        await RotateAsync(owner);
        app.Clock.Advance(Policy.RotationGrace - Moment);

        var page = await late.GetAsync("/account");

        Assert.Equal("/account", page.Address.AbsolutePath);
        Assert.Empty(page.SessionCookies);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("cors")]
    [InlineData("no-cors")]
    [InlineData("same-origin")]
    public async Task What_a_page_loads_is_not_handed_the_next_secret(string mode)
    {
        using var owner = await app.NewUserAsync();
        app.Clock.Advance(Policy.RotationInterval);
        owner.Headers["Sec-Fetch-Mode"] = mode;

        Assert.Empty((await owner.GetAsync("/account")).SessionCookies);

        owner.Headers["Sec-Fetch-Mode"] = "navigate";
        Assert.Single((await owner.GetAsync("/account")).SessionCookies);
    }

    [Fact]
    public async Task A_form_is_not_handed_the_next_secret()
    {
        using var owner = await app.NewUserAsync();
        var page = await owner.GetAsync("/account/sessions");
        app.Clock.Advance(Policy.RotationInterval);

        var answer = await owner.PostAsync("/account/sessions?handler=Revoke", ("id", new string('0', 32)), ("__RequestVerificationToken", page.AntiforgeryToken));

        Assert.Equal(303, answer.Status);
        Assert.Empty(answer.SessionCookies);
    }

    [Fact]
    public async Task The_next_cookie_has_everything_of_the_one_before_but_its_value()
    {
        using var browser = await app.NewUserAsync();
        foreach (var remember in new[] { true, false })
        {
            var form = await browser.GetAsync("/account/login");
            form.Fill("Email", browser.Email).Fill("Password", Browser.Password);
            ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
            var before = Assert.Single((await form.SendAsync("Sign in")).SessionCookies);
            app.Clock.Advance(Policy.RotationInterval);

            var after = Assert.Single((await browser.GetAsync("/account")).SessionCookies);

            Assert.NotEqual(before.Value, after.Value);
            Assert.Equal(remember, after.Expires is not null);
            before.Value = after.Value = "x";
            Assert.Equal(before, after);
        }
    }

    // After a failover or from an old snapshot: the browser is ahead, and honest.
    [Fact]
    public async Task A_store_that_went_back_in_time_asks_who_is_there()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.CopyOf(owner);
        var key = app.KeyOf(owner);
        var session = (await app.Services.GetRequiredService<IUserSessionStore>().FindAsync(key.UserId, key.SessionId))!;
        var seed = app.Services.GetRequiredService<TicketProtector>().Unprotect(session, "test")!.Seed;
        owner.SessionCookie = app.CookieWith(key.Next(seed).Next(seed).Next(seed));

        var page = await owner.GetAsync("/account");

        Assert.Equal("/account/confirm", page.Address.AbsolutePath);
        Assert.Equal("/account", (await owner.ConfirmAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
        Assert.DoesNotContain(await app.AuditOfAsync(key.UserId), e => e.Reason == nameof(RevocationReason.PossibleTheft));
    }

    [Fact]
    public async Task Signing_out_with_a_rotation_due_leaves_no_cookie()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(Policy.RotationInterval);
        var page = await browser.GetAsync("/account/sessions");

        await page.PressAsync("Sign out", "header");

        Assert.Null(browser.SessionCookie);
    }

    /// <summary>The browser is handed its next secret, and shows it.</summary>
    private async Task RotateAsync(Browser browser)
    {
        var before = browser.SessionCookie;
        app.Clock.Advance(Policy.RotationInterval);
        await browser.GetAsync("/account");
        Assert.NotEqual(before, browser.SessionCookie);
        await ShowAsync(browser);
    }

    /// <summary>The browser shows its secret, and the store has noted it: that is off the request's path.</summary>
    private async Task ShowAsync(Browser browser)
    {
        await browser.GetAsync("/account");
        var (key, store) = (app.KeyOf(browser), app.Services.GetRequiredService<IUserSessionStore>());
        await Eventually.TrueAsync(async () => (await store.FindAsync(key.UserId, key.SessionId))!.Secret == key.Version, "the new secret was noted");
    }
}

public sealed class CookieTheftOnSqlTests(SqlApp app) : CookieTheftTests(app), IClassFixture<SqlApp>;

public sealed class CookieTheftOnRedisTests(RedisApp app) : CookieTheftTests(app), IClassFixture<RedisApp>;
