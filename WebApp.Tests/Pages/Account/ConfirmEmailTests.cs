using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>Registration where the address has to be confirmed.</summary>
public abstract class ConfirmEmailTests(ConfirmingApp app)
{
    private const string ConfirmPath = "/account/confirm-email";
    private const string OtherPassword = "another good passphrase";

    [Fact]
    public async Task The_link_and_the_password_confirm_a_new_account_and_sign_it_in()
    {
        using Browser browser = app.NewBrowser(), other = app.NewBrowser(Browser.Safari);
        var email = NewEmail();

        var answer = await browser.AskForAccountAsync(email);
        Assert.Equal("/account/check-mail", answer.Address.AbsolutePath);
        Assert.Null(browser.SessionCookie);
        var mail = await app.Mail.NextAsync(email);
        // The link works in any browser: mail is often read elsewhere.
        var page = await other.ConfirmEmailAsync(mail.LinkTo(ConfirmPath));

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("Your e-mail address is confirmed, and you are signed in.", page.Text, StringComparison.Ordinal);
        Assert.Equal([AuditAction.Registered, AuditAction.EmailConfirmed, AuditAction.SignedIn],
            (await app.AuditOfAsync(await app.UserIdAsync(email))).Select(e => e.Action));
        await browser.SignInAsync(email);
    }

    [Fact]
    public async Task Opening_the_link_confirms_nothing()
    {
        using var browser = app.NewBrowser();
        var email = NewEmail();
        await browser.AskForAccountAsync(email);
        var link = (await app.Mail.NextAsync(email)).LinkTo(ConfirmPath);

        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await browser.GetAsync(link)).Status);

        await browser.TrySignInAsync(email, Browser.Password);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task Without_confirmation_the_right_password_reads_as_a_wrong_one_and_another_mail_goes_out_now_and_then()
    {
        using var browser = app.NewBrowser();
        var email = NewEmail();
        await browser.AskForAccountAsync(email);
        await app.Mail.NextAsync(email);

        var wrong = await browser.TrySignInAsync(email, "not the password of anyone");
        var right = await browser.TrySignInAsync(email, Browser.Password);
        Assert.Equal((wrong.Status, wrong.Text), (right.Status, right.Text));
        await AssertNoMailAsync(email);

        app.Clock.Advance(TimeSpan.FromMinutes(11));
        await browser.TrySignInAsync(email, "not the password of anyone");
        await AssertNoMailAsync(email);
        await browser.TrySignInAsync(email, Browser.Password);
        await browser.TrySignInAsync(email, Browser.Password);
        var mail = await app.Mail.NextAsync(email);
        await AssertNoMailAsync(email);
        // All of these counted as failed, and the account is locked by now.
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("/account/sessions", (await browser.ConfirmEmailAsync(mail.LinkTo(ConfirmPath))).Address.AbsolutePath);
    }

    [Fact]
    public async Task The_owner_of_a_taken_address_is_told_by_mail_and_whoever_tried_it_is_not()
    {
        using Browser owner = app.NewBrowser(), stranger = app.NewBrowser();
        var email = (await app.NewAccountAsync()).Email!;

        var taken = await stranger.AskForAccountAsync(email.ToUpperInvariant(), OtherPassword);
        var free = await stranger.AskForAccountAsync(NewEmail(), OtherPassword);

        Assert.Equal((free.Status, free.Address, free.Text), (taken.Status, taken.Address, taken.Text));
        var mail = await app.Mail.NextAsync(email);
        Assert.Equal("You have an account already", mail.Subject);
        Assert.Equal(200, (await owner.GetAsync(mail.LinkTo("/account/login"))).Status);
        Assert.Equal(200, (await owner.GetAsync(mail.LinkTo("/account/forgot-password"))).Status);
        await owner.SignInAsync(email);
        await stranger.TrySignInAsync(email, OtherPassword);
        Assert.Null(stranger.SessionCookie);
    }

    [Fact]
    public async Task The_latest_registration_of_an_address_that_nobody_has_confirmed_counts()
    {
        using Browser first = app.NewBrowser(), second = app.NewBrowser();
        var email = NewEmail();
        await first.AskForAccountAsync(email);
        var firstLink = (await app.Mail.NextAsync(email)).LinkTo(ConfirmPath);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await second.AskForAccountAsync(email, OtherPassword, "Somebody else");
        var secondLink = (await app.Mail.NextAsync(email)).LinkTo(ConfirmPath);

        Assert.Equal(400, (await first.GetAsync(firstLink)).Status);
        Assert.Contains("That isn't the password that was chosen", (await first.ConfirmEmailAsync(secondLink)).Text, StringComparison.Ordinal);
        var page = await second.ConfirmEmailAsync(secondLink, OtherPassword);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("You are signed in as Somebody else.", (await second.GetAsync("/")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_registers_again_and_again_causes_one_mail_a_minute_and_the_first_link_stays_good()
    {
        using var browser = app.NewBrowser();
        var email = NewEmail();
        await browser.AskForAccountAsync(email);
        var link = (await app.Mail.NextAsync(email)).LinkTo(ConfirmPath);

        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await browser.AskForAccountAsync(email, OtherPassword);
        await AssertNoMailAsync(email);

        Assert.Equal("/account/sessions", (await browser.ConfirmEmailAsync(link)).Address.AbsolutePath);
    }

    [Fact]
    public async Task Whoever_tries_a_taken_address_again_and_again_neither_fills_its_mailbox_nor_keeps_its_owner_from_a_new_password()
    {
        using var stranger = app.NewBrowser();
        var email = (await app.NewAccountAsync()).Email!;
        await stranger.AskForAccountAsync(email);
        Assert.Equal("You have an account already", (await app.Mail.NextAsync(email)).Subject);

        await stranger.AskForAccountAsync(email);
        await AssertNoMailAsync(email);

        Assert.StartsWith("/account/reset-password", await app.ResetLinkAsync(email), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_registers_with_anothers_address_gains_nothing_from_the_owners_click()
    {
        using Browser attacker = app.NewBrowser(), owner = app.NewBrowser();
        var email = NewEmail();
        await attacker.AskForAccountAsync(email, name: "visit evil.example");
        var mail = await app.Mail.NextAsync(email);
        Assert.DoesNotContain("evil.example", mail.Text, StringComparison.Ordinal);

        // The owner follows the link, can't know the password, and chooses one.
        var page = await owner.ConfirmEmailAsync(mail.LinkTo(ConfirmPath), OtherPassword);
        Assert.Contains("That isn't the password that was chosen", page.Text, StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await owner.ResetPasswordAsync(await app.ResetLinkAsync(email), OtherPassword);

        Assert.NotNull(owner.SessionCookie);
        await attacker.TrySignInAsync(email, Browser.Password);
        Assert.Null(attacker.SessionCookie);
        Assert.Equal(400, (await attacker.GetAsync(mail.LinkTo(ConfirmPath))).Status);
    }

    [Fact]
    public async Task Passwords_tried_on_the_link_are_counted_as_at_the_sign_in()
    {
        using var browser = app.NewBrowser();
        var email = NewEmail();
        await browser.AskForAccountAsync(email);
        var link = (await app.Mail.NextAsync(email)).LinkTo(ConfirmPath);
        for (var i = 0; i < 5; i++)
            await browser.ConfirmEmailAsync(link, OtherPassword);

        var locked = await browser.ConfirmEmailAsync(link);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        var page = await browser.ConfirmEmailAsync(link);

        Assert.Contains("locked for a while", locked.Text, StringComparison.Ordinal);
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        var failures = (await app.AuditOfAsync(await app.UserIdAsync(email))).Where(e => e.Action == AuditAction.SignInFailed);
        Assert.All(failures, e => Assert.Equal(("Firefox on Windows", "pwd", null), (e.Device, e.Method, e.ActorId)));
    }

    [Theory]
    [InlineData("fourteen chars", "Use at least 15 characters.")]
    [InlineData("", "Choose a password.")]
    public async Task What_is_wrong_with_the_form_itself_is_said_for_new_and_taken_addresses_alike(string password, string message)
    {
        using var browser = app.NewBrowser();
        var taken = (await app.NewAccountAsync()).Email!;

        foreach (var email in new[] { NewEmail(), taken })
        {
            var page = await browser.AskForAccountAsync(email, password);

            Assert.Equal((200, "/account/register"), (page.Status, page.Address.AbsolutePath));
            Assert.Contains(message, page.Text, StringComparison.Ordinal);
            Assert.Equal(email, page.Document.QuerySelector("[name=Email]")!.GetAttribute("value"));
        }
    }

    [Theory]
    [InlineData("(someone)@example.com")]
    [InlineData("<someone@example.com>")]
    [InlineData("a b <someone@example.com>")]
    public async Task What_mail_can_not_be_sent_to_is_no_address(string email)
    {
        using var browser = app.NewBrowser();

        var page = await browser.AskForAccountAsync(email);

        Assert.Contains("That is not an e-mail address.", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_that_staff_or_the_command_line_made_need_no_confirmation()
    {
        using var browser = app.NewBrowser();
        var user = await app.NewAccountAsync(Roles.Support);

        await browser.SignInAsync(user.Email!);
        using var demo = await app.SignedInAsync("alice@example.com");

        Assert.NotNull(demo.SessionCookie);
    }

    /// <summary>Mail goes out in the order in which it was caused, so that to somebody else comes last.</summary>
    private async Task AssertNoMailAsync(string email)
    {
        var other = (await app.NewAccountAsync()).Email!;
        await app.ResetLinkAsync(other);
        Assert.True(await app.Mail.IsEmptyAsync(email), "There is no mail.");
    }

    private static string NewEmail() => $"{Guid.NewGuid():N}@example.com";
}

public sealed class ConfirmEmailOnSqlTests(ConfirmingApp app) : ConfirmEmailTests(app), IClassFixture<ConfirmingApp>
{
    [Fact]
    public async Task An_account_that_nobody_confirms_is_removed_after_a_week_and_no_other()
    {
        await using var own = new ConfirmingApp();
        using Browser browser = own.NewBrowser(), late = own.NewBrowser();
        var kept = (await own.NewAccountAsync()).Email!;
        await browser.AskForAccountAsync("pending@example.com");
        var link = (await own.Mail.NextAsync("pending@example.com")).LinkTo("/account/confirm-email");
        own.Clock.Advance(TimeSpan.FromDays(6));
        await late.AskForAccountAsync("late@example.com");
        await own.Mail.NextAsync("late@example.com");
        var sweeper = own.Services.GetServices<IHostedService>().OfType<AccountsSweeper>().Single();

        await sweeper.SweepAsync();
        Assert.NotEqual(default, await own.UserIdAsync("pending@example.com"));
        own.Clock.Advance(TimeSpan.FromDays(1.1));
        await sweeper.SweepAsync();

        await using var scope = own.Services.CreateAsyncScope();
        var emails = scope.ServiceProvider.GetRequiredService<AppDbContext>().Users.Select(u => u.Email).ToList();
        Assert.DoesNotContain("pending@example.com", emails);
        Assert.Contains("late@example.com", emails);
        Assert.Contains(kept, emails);
        Assert.Equal(400, (await browser.GetAsync(link)).Status);
    }

    [Fact]
    public async Task Whoever_registers_late_with_an_address_that_waits_has_the_week_that_was_promised()
    {
        await using var own = new ConfirmingApp();
        using var browser = own.NewBrowser();
        await browser.AskForAccountAsync("pending@example.com");
        await own.Mail.NextAsync("pending@example.com");
        own.Clock.Advance(TimeSpan.FromDays(6.5));
        await browser.AskForAccountAsync("pending@example.com");
        var link = (await own.Mail.NextAsync("pending@example.com")).LinkTo("/account/confirm-email");
        own.Clock.Advance(TimeSpan.FromHours(20));

        await own.Services.GetServices<IHostedService>().OfType<AccountsSweeper>().Single().SweepAsync();

        Assert.Equal("/account/sessions", (await browser.ConfirmEmailAsync(link)).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_mail_server_that_is_down_does_not_keep_anybody_from_registering()
    {
        await using var server = new SmtpServer();
        await using var own = new ConfirmingApp();
        server.Serve(own);
        using var browser = own.NewBrowser();

        var answer = await browser.AskForAccountAsync("someone@example.com");
        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Degraded", "health tells that mail waits");
        await server.StartAsync();
        var mail = (await server.FirstToAsync("someone@example.com")).Read();

        Assert.Equal("/account/check-mail", answer.Address.AbsolutePath);
        var link = new ReceivedMail(mail.To, mail.Subject, mail.Text).LinkTo("/account/confirm-email");
        Assert.Equal("/account/sessions", (await browser.ConfirmEmailAsync(link)).Address.AbsolutePath);
    }

    [Fact]
    public async Task Production_asks_for_confirmation_unless_told_otherwise_and_links_lead_to_its_public_address()
    {
        await using var own = new ProductionApp();
        own.Settings.Remove("Accounts:RequireConfirmedEmail");
        await own.InitializeAsync();
        using var browser = own.NewBrowser();

        var answer = await browser.AskForAccountAsync("someone@example.com");
        var mail = await own.Mail.NextAsync("someone@example.com");

        Assert.Equal("/account/check-mail", answer.Address.AbsolutePath);
        Assert.All(mail.Links, link => Assert.Equal($"https://{ProductionApp.Host}", link.GetLeftPart(UriPartial.Authority)));
        Assert.Equal("/account/sessions", (await browser.ConfirmEmailAsync(mail.LinkTo("/account/confirm-email"))).Address.AbsolutePath);
    }
}

public sealed class ConfirmEmailOnRedisTests(ConfirmingRedisApp app) : ConfirmEmailTests(app), IClassFixture<ConfirmingRedisApp>;
