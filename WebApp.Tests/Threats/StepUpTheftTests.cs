using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody has a copy of the cookie, or the owner's open browser, and tries what calls for a recent proof of identity (ASVS 7.2.4, 7.5.1, 7.5.3).</summary>
public abstract class StepUpTheftTests(TestApp app)
{
    private static readonly SessionPolicy Policy = new();

    [Fact]
    public async Task After_a_while_no_risky_form_is_accepted_from_an_open_browser()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(owner.Email);
        var page = await owner.GetAsync("/account/sessions");
        app.Clock.Advance(Policy.RecentSignIn - TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, (await owner.PeekAsync("/account/change-password")).Status);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var asked = await page.PressAsync("Sign out the other session");

        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);
        Assert.Equal("/account/confirm", (await owner.GetAsync("/account/change-password")).Address.AbsolutePath);
        Assert.Equal("/account/sessions", (await owner.GetAsync("/account/sessions")).Address.AbsolutePath);
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
    }

    // Confirmation executes nothing: or a thief could park an act for the owner to confirm.
    [Fact]
    public async Task Confirming_does_not_do_what_had_been_sent()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(owner.Email);
        var page = await owner.GetAsync("/account/sessions");
        app.Clock.Advance(Policy.RecentSignIn);
        var asked = await page.PressAsync("Sign out the other session");

        var back = await asked.Fill("Password", Browser.Password).PressAsync("Confirm");

        Assert.Equal("/account/sessions", back.Address.AbsolutePath);
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
        Assert.Contains("One other session was signed out.", (await back.PressAsync("Sign out the other session")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_from_before_the_confirmation_is_refused_at_once_and_without_alarm()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        app.Clock.Advance(Policy.RecentSignIn - TimeSpan.FromSeconds(1));
        await thief.GetAsync("/account");
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await owner.ConfirmAsync("/account");

        foreach (var path in new[] { "/account", "/account/change-password", "/account/confirm" })
            Assert.Equal("/account/login", (await thief.GetAsync(path)).Address.AbsolutePath);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // The thief was handed the next secret just before the owner confirmed: it must not come after what the confirmation handed out.
    [Fact]
    public async Task A_copy_that_was_handed_the_next_secret_does_not_outlive_the_confirmation()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        app.Clock.Advance(Policy.RotationInterval);
        await thief.GetAsync("/");
        Assert.NotEqual(app.KeyOf(owner).Version, app.KeyOf(thief).Version);

        await owner.ConfirmAsync("/account");

        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        app.Clock.Advance(3 * Policy.RotationGrace);
        Assert.NotEqual("/account", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    // In the grace after a rotation an older secret still opens pages; it proves nothing about who holds it.
    [Fact]
    public async Task Only_the_newest_secret_counts_as_a_recent_sign_in()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.CopyOf(owner);
        var key = app.KeyOf(owner);
        var store = app.Services.GetRequiredService<IUserSessionStore>();
        var session = (await store.FindAsync(key.UserId, key.SessionId))!;
        var seed = app.Services.GetRequiredService<TicketProtector>().Unprotect(session, "test")!.Seed;
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var next = key.Next(seed);
        Assert.True(await store.RotateAsync(key.UserId, key.SessionId, key.Version, next.Version, app.Clock.GetUtcNow()));
        owner.SessionCookie = app.CookieWith(next);

        Assert.Equal("/account", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/confirm", (await thief.GetAsync("/account/change-password")).Address.AbsolutePath);
        Assert.Equal("/account/change-password", (await owner.GetAsync("/account/change-password")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_button_pressed_twice_hands_out_one_secret()
    {
        for (var round = 0; round < 5; round++)
        {
            using var owner = await app.NewUserAsync();
            app.Clock.Advance(Policy.RecentSignIn);
            var form = await owner.GetAsync("/account/confirm");

            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
                owner.PostAsync("/account/confirm", ("Password", Browser.Password), ("__RequestVerificationToken", form.AntiforgeryToken))));

            var versions = answers.SelectMany(answer => answer.SessionCookies).Select(cookie =>
            {
                owner.SessionCookie = cookie.Value.Value;
                return app.KeyOf(owner).Version;
            }).ToList();
            Assert.NotEmpty(versions);
            Assert.Single(versions.Distinct());
            app.Clock.Advance(Policy.RotationGrace);
            Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
        }
    }

    // The answer with the new cookie was lost.
    [Fact]
    public async Task A_browser_that_missed_its_new_cookie_is_told_so_and_its_sign_in_takes_the_sessions_place()
    {
        using var owner = await app.NewUserAsync();
        var before = owner.SessionCookie;
        app.Clock.Advance(Policy.RecentSignIn);
        await owner.ConfirmAsync("/account");
        owner.SessionCookie = before;

        var page = await owner.GetAsync("/account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("its new cookie did not reach this page", page.Text, StringComparison.Ordinal);
        Assert.Single((await owner.SignInAsync(owner.Email)).SessionIds);
    }

    [Fact]
    public async Task A_confirmed_session_keeps_its_id_and_its_cookies_persistence()
    {
        foreach (var remember in new[] { true, false })
        {
            using var owner = await app.NewUserAsync();
            await owner.SignInAsync(owner.Email, remember: remember);
            var id = app.KeyOf(owner).SessionId;
            app.Clock.Advance(Policy.RecentSignIn);
            var form = await owner.GetAsync("/account/confirm");

            var cookie = Assert.Single((await form.Fill("Password", Browser.Password).SendAsync("Confirm")).SessionCookies);

            Assert.Equal(remember, cookie.Expires is not null);
            Assert.Equal(id, app.KeyOf(owner).SessionId);
        }
    }

    [Fact]
    public async Task A_clock_that_was_set_back_makes_no_sign_in_recent()
    {
        using var owner = await app.NewUserAsync();
        app.Clock.Advance(-Policy.RecentSignIn);

        Assert.Equal("/account/confirm", (await owner.GetAsync("/account/change-password")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("/account/sessions?handler=Revoke")]
    [InlineData("/account/sessions?handler=RevokeOthers")]
    [InlineData("/account/sessions?handler=Lock")]
    [InlineData("/account/sessions?handler=Shorten")]
    [InlineData("/account/sessions?handler=ShortenUntil")]
    [InlineData("/account/sessions/{0}?handler=NotMe")]
    [InlineData("/account/sessions/{0}?handler=ShowName")]
    [InlineData("/account/change-password")]
    public async Task Every_risky_form_asks(string path)
    {
        using var owner = await app.NewUserAsync();
        var token = (await owner.GetAsync("/account/sessions")).AntiforgeryToken;
        app.Clock.Advance(Policy.RecentSignIn);

        var answer = await owner.PostAsync(path.Replace("{0}", $"{app.KeyOf(owner).SessionId}"), ("id", new string('0', 32)), ("__RequestVerificationToken", token));

        Assert.Equal((303, true), (answer.Status, answer.Location!.StartsWith("/account/confirm", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("ForceSignOut")]
    [InlineData("ForceSignOutAll")]
    [InlineData("Lock")]
    public async Task Every_act_of_staff_asks(string handler)
    {
        using Browser victim = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var path = $"/admin/users/{app.KeyOf(victim).UserId}";
        var token = (await staff.GetAsync(path)).AntiforgeryToken;
        app.Clock.Advance(Policy.RecentSignIn);

        var answer = await staff.PostAsync($"{path}?handler={handler}",
            ("id", $"{app.KeyOf(victim).SessionId}"), ("reason", "Maintenance"), ("caseReference", "C-1"), ("__RequestVerificationToken", token));

        Assert.Equal(303, answer.Status);
        Assert.Equal("/account", (await victim.GetAsync("/account")).Address.AbsolutePath);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(victim).UserId), e => e.CaseReference is not null);
    }
}

public sealed class StepUpTheftOnSqlTests(SqlApp app) : StepUpTheftTests(app), IClassFixture<SqlApp>;

public sealed class StepUpTheftOnRedisTests(RedisApp app) : StepUpTheftTests(app), IClassFixture<RedisApp>;
