using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A session in doubt is locked: whoever holds its cookie gets no further than the question who is there.</summary>
public abstract class LockTests(TestApp app)
{
    private const string WrongPassword = "wrong horse battery staple";

    [Fact]
    public async Task A_locked_session_reaches_only_the_question_and_the_way_out()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(owner.Email);
        var token = (await other.GetAsync("/account/sessions")).AntiforgeryToken;
        await LockAsync(owner, other);

        foreach (var path in new[] { "/", "/account", "/account/sessions", "/account/change-password", "/account/login", "/account/register", "/admin/users", "/no/such/page" })
        {
            Assert.Equal("/account/confirm", (await other.GetAsync(path)).Address.AbsolutePath);
            foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Head, HttpMethod.Options })
            {
                using var request = new HttpRequestMessage(method, path);
                if (method == HttpMethod.Post)
                    request.Content = new FormUrlEncodedContent([new("__RequestVerificationToken", token)]);
                var answer = await other.SendAsync(request);
                Assert.True(answer.Location?.StartsWith("/account/confirm", StringComparison.Ordinal), $"{method} {path} got {answer.Status}");
            }
        }

        Assert.Equal(200, (await other.GetAsync("/account/logout")).Status);
        Assert.DoesNotContain("Sessions", (await other.GetAsync("/account/confirm")).Document.QuerySelector("nav")!.TextContent, StringComparison.Ordinal);
        await (await other.GetAsync("/account/confirm")).PressAsync("Sign out", "header");
        Assert.Null(other.SessionCookie);
    }

    // Whoever forgot the password can't answer the question.
    [Fact]
    public async Task The_way_to_a_new_password_is_open_from_a_locked_session_and_ends_it()
    {
        using var owner = await app.NewUserAsync();
        var id = app.KeyOf(owner).SessionId;
        await LockByRuleAsync(owner);

        var sent = await (await (await owner.GetAsync("/account")).FollowLinkAsync("Forgot your password?")).Fill("Email", owner.Email).PressAsync("Send the link");
        Assert.Equal("/account/check-mail", sent.Address.AbsolutePath);
        Assert.Equal("/account/confirm-email", (await owner.GetAsync("/account/confirm-email?token=none")).Address.AbsolutePath);
        var page = await owner.ResetPasswordAsync((await app.Mail.NextAsync(owner.Email)).LinkTo("/account/reset-password"), "another good passphrase");

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.NotEqual($"{id}", page.CurrentSessionId);
    }

    [Fact]
    public async Task The_right_password_brings_it_back_with_nothing_lost()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(owner.Email);
        var id = app.KeyOf(other).SessionId;
        var before = other.SessionCookie;
        await LockAsync(owner, other);

        var asked = await other.GetAsync("/account/sessions");
        var back = await asked.Fill("Password", Browser.Password).PressAsync("Confirm");

        Assert.Contains("You locked this session just now.", asked.Text, StringComparison.Ordinal);
        Assert.Contains("Thank you. This session is unlocked.", back.Text, StringComparison.Ordinal);
        Assert.Equal(("/account/sessions", $"{id}"), (back.Address.AbsolutePath, back.CurrentSessionId));
        Assert.NotEqual(before, other.SessionCookie);
        var story = await app.AuditOfAsync(app.KeyOf(other).UserId);
        Assert.Contains(story, e => e is { Action: AuditAction.SessionLocked, Reason: nameof(LockReason.User) } && e.SessionId == $"{id}");
        Assert.Contains(story, e => e is { Action: AuditAction.IdentityConfirmed, Reason: nameof(LockReason.User) } && e.SessionId == $"{id}");
    }

    [Fact]
    public async Task Four_wrong_passwords_leave_it_locked_and_the_fifth_ends_it()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        await LockAsync(owner, thief);
        for (var wrong = 1; wrong < SessionPolicy.MaxProofAttempts; wrong++)
        {
            var page = await thief.ConfirmAsync(password: WrongPassword);
            Assert.Equal(("/account/confirm", 200), (page.Address.AbsolutePath, page.Status));
            Assert.Contains("That isn't your password", page.Text, StringComparison.Ordinal);
        }

        var end = await thief.ConfirmAsync(password: WrongPassword);

        Assert.Equal("/account/login", end.Address.AbsolutePath);
        Assert.Contains("A security rule ended this session just now.", end.Text.Replace(", just", " just", StringComparison.Ordinal), StringComparison.Ordinal);
        var audit = await app.AuditOfAsync(app.KeyOf(owner).UserId);
        Assert.Equal(SessionPolicy.MaxProofAttempts, audit.Count(e => e.Action == AuditAction.SignInFailed));
        Assert.Contains(audit, e => e.Reason == nameof(RevocationReason.ProofsFailed));
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // Somebody guesses at the sign-in page as well; the account's own lockout stops both.
    [Fact]
    public async Task Wrong_proofs_count_as_failed_sign_ins()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.NewBrowser(), guesser = app.NewBrowser();
        thief.SessionCookie = owner.SessionCookie;
        app.Clock.Advance(TimeSpan.FromMinutes(16));
        for (var wrong = 0; wrong < 3; wrong++)
            await thief.ConfirmAsync(password: WrongPassword);
        for (var wrong = 0; wrong < 2; wrong++)
            await guesser.TrySignInAsync(owner.Email, WrongPassword);

        var refused = await guesser.TrySignInAsync(owner.Email, Browser.Password);

        Assert.Contains("locked for a while", refused.Text, StringComparison.Ordinal);
    }

    // He needs no cookie for it, only the address.
    [Fact]
    public async Task Guessing_at_the_sign_in_page_does_not_keep_the_owner_from_confirming()
    {
        using Browser owner = await app.NewUserAsync(), guesser = app.NewBrowser();
        for (var wrong = 0; wrong < 5; wrong++)
            await guesser.TrySignInAsync(owner.Email, WrongPassword);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await LockByRuleAsync(owner);

        Assert.Equal("/account", (await owner.ConfirmAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Guessing_at_the_sign_in_page_does_not_get_the_owners_session_ended_where_its_browser_is_not_known()
    {
        using Browser owner = await app.NewUserAsync(), guesser = app.NewBrowser();
        owner.Cookies.Remove("webapp-dev-browser");
        for (var wrong = 0; wrong < 5; wrong++)
            await guesser.TrySignInAsync(owner.Email, WrongPassword);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await LockByRuleAsync(owner);

        for (var tries = 0; tries < 2 * SessionPolicy.MaxProofAttempts; tries++)
            Assert.Contains("locked for a while", (await owner.ConfirmAsync("/account")).Text, StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("/account", (await owner.ConfirmAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_last_attempt_that_is_right_counts_although_it_was_sent_twice()
    {
        using Browser owner = await app.NewUserAsync();
        await LockByRuleAsync(owner);
        for (var wrong = 1; wrong < SessionPolicy.MaxProofAttempts; wrong++)
            await owner.ConfirmAsync(password: WrongPassword);
        // The browser's own count goes to the same number.
        var ownerId = await app.UserIdAsync(owner.Email);
        await app.InRequestAsync<AppDbContext>(db => db.KnownBrowsers.Where(b => b.UserId == ownerId).ExecuteUpdateAsync(set => set.SetProperty(b => b.FailedCount, 0)));
        var token = (await owner.GetAsync("/account/confirm")).AntiforgeryToken;

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => owner.PostAsync("/account/confirm", ("Password", Browser.Password), ("__RequestVerificationToken", token))));

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_right_proof_gives_all_attempts_back()
    {
        using var owner = await app.NewUserAsync();
        for (var round = 0; round < 3; round++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(16));
            for (var wrong = 0; wrong < 3; wrong++)
                await owner.ConfirmAsync(password: WrongPassword);
            Assert.Equal("/account/sessions", (await owner.ConfirmAsync()).Address.AbsolutePath);
        }
    }

    [Fact]
    public async Task Of_guesses_sent_side_by_side_no_more_are_judged_than_allowed()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        await LockAsync(owner, thief);
        var token = (await thief.GetAsync("/account/confirm")).AntiforgeryToken;

        for (var wave = 0; wave < 3; wave++)
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => thief.PostAsync("/account/confirm", ("Password", WrongPassword), ("__RequestVerificationToken", token))));

        var judged = (await app.AuditOfAsync(app.KeyOf(owner).UserId)).Count(e => e.Action == AuditAction.SignInFailed);
        Assert.InRange(judged, 1, SessionPolicy.MaxProofAttempts);
    }

    [Fact]
    public async Task Support_locks_a_session_with_a_reason_that_stays_with_staff()
    {
        using Browser owner = await app.NewUserAsync(), staff = await app.SignedInAsync("sam@example.com");
        var key = app.KeyOf(owner);
        var page = await staff.GetAsync($"/admin/users/{key.UserId}");
        page.Fill("reason", "SuspiciousActivity").Fill("caseReference", "CASE-9").Fill("note", "Odd hours");

        var done = await page.PressAsync("Lock", $"[data-session-id='{key.SessionId}']");

        Assert.Contains("The session is locked until its person confirms who they are.", done.Text, StringComparison.Ordinal);
        Assert.NotNull((await staff.GetAsync($"/admin/users/{key.UserId}")).Document.QuerySelector($"[data-session-id='{key.SessionId}'] .badge"));
        var asked = await owner.GetAsync("/account");
        Assert.Contains("Support locked this session", asked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CASE-9", asked.Body, StringComparison.Ordinal);
        Assert.Equal("/account", (await owner.ConfirmAsync("/account")).Address.AbsolutePath);
        var entry = Assert.Single(await app.AuditOfAsync(key.UserId), e => e.Action == AuditAction.ForceLock);
        Assert.Equal(("SuspiciousActivity", "CASE-9", "Odd hours"), (entry.Reason, entry.CaseReference, entry.Note));
    }

    [Fact]
    public async Task Nobody_locks_a_session_that_is_not_theirs()
    {
        using Browser owner = await app.NewUserAsync(), attacker = await app.NewUserAsync();
        var token = (await attacker.GetAsync("/account/sessions")).AntiforgeryToken;

        await attacker.PostAsync("/account/sessions?handler=Lock", ("id", $"{app.KeyOf(owner).SessionId}"), ("__RequestVerificationToken", token));

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_locked_session_can_be_ended_and_runs_out_like_any_other()
    {
        using Browser owner = await app.NewUserAsync(), one = app.NewBrowser(), two = app.NewBrowser();
        await one.SignInAsync(owner.Email);
        await two.SignInAsync(owner.Email);
        await LockAsync(owner, one);
        await LockAsync(owner, two);

        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out", $"[data-session-id='{app.KeyOf(one).SessionId}']");
        Assert.Equal("/account/login", (await one.GetAsync("/account/confirm")).Address.AbsolutePath);
        app.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        Assert.Equal("/account/login", (await two.GetAsync("/account/confirm")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_sessions_own_lock_asks_at_once()
    {
        using var browser = await app.NewUserAsync();
        var page = await browser.GetAsync("/account/sessions");

        var asked = await page.PressAsync("Lock", $"[data-session-id='{page.CurrentSessionId}']");

        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);
    }

    private Task<bool> LockByRuleAsync(Browser browser)
    {
        var key = app.KeyOf(browser);
        return app.Services.GetRequiredService<SessionManager>().LockAsync(key.UserId, key.SessionId, LockReason.OldSecret);
    }

    private async Task LockAsync(Browser by, Browser other)
    {
        var page = await by.GetAsync("/account/sessions");
        page = await page.PressAsync("Lock", $"[data-session-id='{app.KeyOf(other).SessionId}']");
        Assert.Contains("That session is locked.", page.Text, StringComparison.Ordinal);
    }
}

public sealed class LockOnSqlTests(SqlApp app) : LockTests(app), IClassFixture<SqlApp>;

public sealed class LockOnRedisTests(RedisApp app) : LockTests(app), IClassFixture<RedisApp>;
