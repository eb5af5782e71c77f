using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class ResetPasswordTests(ConfirmingApp app)
{
    private const string NewPassword = "another good passphrase";

    [Fact]
    public async Task The_mailed_link_sets_the_password_ends_every_session_and_signs_in()
    {
        var email = (await app.NewAccountAsync()).Email!;
        using Browser before = app.NewBrowser(Browser.Safari), browser = app.NewBrowser();
        await before.SignInAsync(email, remember: true);

        var page = await browser.ResetPasswordAsync(await app.ResetLinkAsync(email), NewPassword);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("Your password is changed, and you are signed in here only.", page.Text, StringComparison.Ordinal);
        Assert.Single(page.SessionIds);
        Assert.Equal("/account/login", (await before.GetAsync("/account")).Address.AbsolutePath);
        using var other = app.NewBrowser();
        await other.TrySignInAsync(email, Browser.Password);
        Assert.Null(other.SessionCookie);
        await other.SignInAsync(email, NewPassword);
        var told = (await app.AuditOfAsync(await app.UserIdAsync(email))).Select(e => e.Action).ToList();
        Assert.Equal(1, told.Count(a => a == AuditAction.PasswordResetRequested));
        Assert.Equal(1, told.Count(a => a == AuditAction.PasswordReset));
        Assert.DoesNotContain(AuditAction.EmailConfirmed, told);
        Assert.Equal("Your password was changed", (await app.Mail.NextAsync(email)).Subject);
    }

    [Fact]
    public async Task The_answer_is_the_same_for_every_address()
    {
        using var browser = app.NewBrowser();
        string known = (await app.NewAccountAsync()).Email!, blocked = (await app.NewAccountAsync()).Email!, unconfirmed = $"{Guid.NewGuid():N}@example.com";
        await app.ChangeAccountAsync(blocked, user => user.SignInBlocked = true);
        await browser.AskForAccountAsync(unconfirmed);

        var answers = new List<Page>();
        foreach (var email in new[] { known, blocked, unconfirmed, $"{Guid.NewGuid():N}@example.com", "(nobody)@example.com" })
            answers.Add(await browser.ForgetPasswordAsync(email));

        Assert.Single(answers.Select(a => (a.Status, a.Address, a.Text, string.Join(' ', a.Headers.Keys.Order()))).Distinct());
        Assert.Equal("/account/check-mail", answers[0].Address.AbsolutePath);
    }

    [Fact]
    public async Task A_mailbox_gets_one_link_a_minute_and_that_stays_good()
    {
        var email = (await app.NewAccountAsync()).Email!;
        using var browser = app.NewBrowser();
        var link = await app.ResetLinkAsync(email);

        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await browser.ForgetPasswordAsync(email);
        await app.ResetLinkAsync((await app.NewAccountAsync()).Email!);
        Assert.True(await app.Mail.IsEmptyAsync(email), "There is no second mail.");
        Assert.Equal(200, (await browser.GetAsync(link)).Status);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.ResetLinkAsync(email);

        Assert.Equal(2, (await app.AuditOfAsync(await app.UserIdAsync(email))).Count(e => e.Action == AuditAction.PasswordResetRequested));
    }

    [Fact]
    public async Task It_unlocks_unblocks_and_confirms_the_account()
    {
        using Browser browser = app.NewBrowser(), guesser = app.NewBrowser();
        var email = $"{Guid.NewGuid():N}@example.com";
        await browser.AskForAccountAsync(email);
        await app.Mail.NextAsync(email);
        for (var i = 0; i < 5; i++)
            await guesser.TrySignInAsync(email, "not the password of anyone");
        await app.ChangeAccountAsync(email, user => user.SignInBlocked = true);
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        await browser.ResetPasswordAsync(await app.ResetLinkAsync(email), NewPassword);

        Assert.NotNull(browser.SessionCookie);
        await guesser.SignInAsync(email, NewPassword);
        Assert.Contains((await app.AuditOfAsync(await app.UserIdAsync(email))), e => e.Action == AuditAction.EmailConfirmed);
    }

    [Fact]
    public async Task A_ban_stays()
    {
        var email = (await app.NewAccountAsync()).Email!;
        await app.ChangeAccountAsync(email, user => user.BannedUntil = app.Clock.GetUtcNow().AddYears(1));
        using var browser = app.NewBrowser();

        var page = await browser.ResetPasswordAsync(await app.ResetLinkAsync(email), NewPassword);

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("Your password is changed, and all sessions were ended. Please sign in.", page.Text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
    }

    [Theory]
    [InlineData("fourteen chars", "Use at least 15 characters.")]
    [InlineData("", "Choose a new password.")]
    public async Task A_password_that_is_not_good_enough_is_refused_and_the_link_stays_good(string password, string message)
    {
        var email = (await app.NewAccountAsync()).Email!;
        using var browser = app.NewBrowser();
        var link = await app.ResetLinkAsync(email);

        var refused = await browser.ResetPasswordAsync(link, password);
        Assert.Contains(message, refused.Document.QuerySelector("#NewPassword-error")!.TextContent, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
        await refused.Fill("NewPassword", NewPassword).PressAsync("Set the new password");

        Assert.NotNull(browser.SessionCookie);
    }

    [Fact]
    public async Task With_a_second_factor_the_mailbox_alone_signs_nobody_in()
    {
        var email = (await app.NewAccountAsync()).Email!;
        await app.ChangeAccountAsync(email, user => user.TwoFactorEnabled = true);
        var token = await app.SealAsync(TokenPurpose.ResetPassword, email, PasswordResetMail.Lifetime);

        var (outcome, cookies) = await app.InRequestAsync<PasswordReset, (MailedLinkOutcome, string)>(async reset =>
        {
            var context = app.Services.GetRequiredService<IHttpContextAccessor>().HttpContext!;
            var result = await reset.ResetAsync(context, token, NewPassword);
            return (result.Outcome, context.Response.Headers.SetCookie.ToString());
        });

        Assert.Equal(MailedLinkOutcome.SecondFactor, outcome);
        Assert.Contains("second-factor=", cookies, StringComparison.Ordinal);
        Assert.DoesNotContain("-session=", cookies, StringComparison.Ordinal);
        using var browser = app.NewBrowser();
        await browser.TrySignInAsync(email, Browser.Password);
        Assert.Null(browser.SessionCookie);
    }
}

public sealed class ResetPasswordOnSqlTests(ConfirmingApp app) : ResetPasswordTests(app), IClassFixture<ConfirmingApp>;

public sealed class ResetPasswordOnRedisTests(ConfirmingRedisApp app) : ResetPasswordTests(app), IClassFixture<ConfirmingRedisApp>
{
    [Fact]
    public async Task While_the_store_is_down_nothing_is_changed_and_the_link_stays_good()
    {
        var email = (await app.NewAccountAsync()).Email!;
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync(await app.ResetLinkAsync(email));
        form.Fill("NewPassword", "another good passphrase");

        await app.Redis.StopAsync();
        Assert.Equal(503, (await form.SendAsync("Set the new password")).Status);
        await app.Redis.StartAsync();
        await app.UntilReadyAsync();

        Assert.Equal("/account/sessions", (await form.PressAsync("Set the new password")).Address.AbsolutePath);
    }
}
