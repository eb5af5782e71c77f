using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>A person changes the e-mail address: it counts once mail has reached them there, and the address before can undo it.</summary>
public abstract class EmailTests(TestApp app)
{
    private const string ConfirmPath = "/account/confirm-new-email";

    [Fact]
    public async Task The_address_changes_once_the_link_that_went_there_is_used_and_sessions_go_on()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var (old, address) = (browser.Email, NewAddress());

        Assert.Contains($"We have sent a link to {address}", (await AskAsync(browser, address)).Text);
        Assert.Contains(old, (await browser.GetAsync("/account")).Text);
        using var phone = app.NewBrowser();
        var confirm = await phone.GetAsync((await app.Mail.NextAsync(address)).LinkTo(ConfirmPath));
        Assert.Contains(address, confirm.Text);
        await confirm.PressAsync("Use this address");

        Assert.Contains(address, (await browser.GetAsync("/account")).Text);
        Assert.Contains(address, (await other.GetAsync("/account")).Text);
        using var later = app.NewBrowser();
        await later.SignInAsync(address);
        await later.TrySignInAsync(old, Browser.Password);
        var entries = await app.AuditOfAsync(await app.UserIdAsync(address));
        Assert.Contains(entries, e => e.Action == AuditAction.EmailChangeRequested);
        Assert.Contains(entries, e => e.Action == AuditAction.EmailChanged);
    }

    [Fact]
    public async Task Looking_at_the_link_changes_nothing_and_it_works_once()
    {
        using var browser = await app.NewUserAsync();
        var address = NewAddress();
        await AskAsync(browser, address);
        var link = (await app.Mail.NextAsync(address)).LinkTo(ConfirmPath);

        for (var i = 0; i < 3; i++)
            await browser.GetAsync(link);
        Assert.DoesNotContain(address, (await browser.GetAsync("/account")).Text);
        var form = await browser.GetAsync(link);
        await form.PressAsync("Use this address");
        await AskAsync(browser, browser.Email);
        var again = await form.PressAsync("Use this address");

        Assert.Contains(DeadLink, again.Text);
        Assert.Contains(DeadLink, (await browser.GetAsync(link)).Text);
    }

    [Fact]
    public async Task The_address_before_is_told_and_its_link_brings_it_back()
    {
        using var owner = await app.NewUserAsync();
        var (old, address) = (owner.Email, NewAddress());
        await AskAsync(owner, address);
        await (await owner.GetAsync((await app.Mail.NextAsync(address)).LinkTo(ConfirmPath))).PressAsync("Use this address");

        var notice = await app.Mail.NextAsync(old);
        Assert.Equal("Your e-mail address was changed", notice.Subject);
        using var anywhere = app.NewBrowser();
        await (await anywhere.GetAsync(notice.LinkTo("/account/not-me"))).PressAsync("It wasn't me: close it to everyone");

        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
        var reset = await app.Mail.NextAsync(old);
        await ResetAsync(anywhere, reset);
        await anywhere.SignInAsync(old, NewPassword);
    }

    [Fact]
    public async Task An_address_of_somebody_else_gets_the_same_answer_and_its_owner_a_mail()
    {
        using var victim = await app.NewUserAsync();
        using var browser = await app.NewUserAsync();
        var free = NewAddress();

        var (taken, other) = (await AskAsync(browser, victim.Email), await AskAsync(browser, free));

        Assert.Equal(other.Text.Replace(free, victim.Email, StringComparison.Ordinal), taken.Text);
        var mail = await app.Mail.NextAsync(victim.Email);
        Assert.Equal("Somebody wants to use your address", mail.Subject);
        Assert.Empty(mail.Links);
        Assert.Contains(victim.Email, (await victim.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task An_address_that_somebody_took_meanwhile_stays_theirs()
    {
        using var browser = await app.NewUserAsync();
        var address = NewAddress();
        await AskAsync(browser, address);
        var link = (await app.Mail.NextAsync(address)).LinkTo(ConfirmPath);
        using var faster = app.NewBrowser();
        var register = await faster.GetAsync("/account/register");
        await register.Fill("Name", "Faster").Fill("Email", address).Fill("Password", Browser.Password).PressAsync("Create account");

        var page = await (await browser.GetAsync(link)).PressAsync("Use this address");

        Assert.Contains(DeadLink, page.Text);
        Assert.Contains("Faster", (await faster.GetAsync("/account")).Text);
        Assert.DoesNotContain(address, (await browser.GetAsync("/account")).Text);
    }

    [Theory]
    [InlineData("", "Enter your new e-mail address.")]
    [InlineData("new.example.com", "That is not an e-mail address.")]
    [InlineData("new@example.com\u0001", "That is not an e-mail address.")]
    [InlineData("a\tb@example.com", "That is not an e-mail address.")]
    [InlineData("Foo <a@b.example>", "That is not an e-mail address.")]
    public async Task A_wrong_address_is_explained_and_kept(string address, string words)
    {
        using var browser = await app.NewUserAsync();

        var page = await AskAsync(browser, address);

        Assert.Contains(words, page.Text);
        Assert.Equal("true", page.Document.QuerySelector("[name=Email]")!.GetAttribute("aria-invalid"));
    }

    [Fact]
    public async Task The_end_of_all_sessions_retires_the_link()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        var address = NewAddress();
        await AskAsync(thief, address);
        var link = (await app.Mail.NextAsync(address)).LinkTo(ConfirmPath);

        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

        Assert.Contains(DeadLink, (await thief.GetAsync(link)).Text);
    }

    [Fact]
    public async Task A_registration_that_nobody_confirmed_does_not_hold_an_address_and_what_the_person_chose_is_in_no_mail_to_it()
    {
        using var browser = app.NewBrowser();
        await browser.RegisterAsync("Win a prize at evil.example");
        var address = NewAddress();
        await app.AddAccountRowAsync(address, confirmed: false);

        await AskAsync(browser, address);
        var mail = await app.Mail.NextAsync(address);
        Assert.DoesNotContain("evil.example", mail.Text);
        await (await browser.GetAsync(mail.LinkTo(ConfirmPath))).PressAsync("Use this address");

        Assert.Contains(address, (await browser.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task A_change_of_the_password_retires_the_link()
    {
        using var browser = await app.NewUserAsync();
        var address = NewAddress();
        await AskAsync(browser, address);
        var link = (await app.Mail.NextAsync(address)).LinkTo(ConfirmPath);

        var form = await browser.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", NewPassword).PressAsync("Change password");

        Assert.Contains(DeadLink, (await browser.GetAsync(link)).Text);
    }

    private const string DeadLink = "This link does not work";
    private const string NewPassword = "seven green kettles by the window";

    private static string NewAddress() => $"{Guid.NewGuid():N}@example.com";

    private static async Task<Page> AskAsync(Browser browser, string address) =>
        await (await browser.GetAsync("/account/email")).Fill("Email", address).PressAsync("Send the link");

    private static async Task ResetAsync(Browser browser, ReceivedMail mail)
    {
        var form = await browser.GetAsync(mail.LinkTo("/account/reset-password"));
        await form.Fill("NewPassword", NewPassword).PressAsync("Set the new password");
    }
}

public sealed class EmailOnSqlTests(SqlApp app) : EmailTests(app), IClassFixture<SqlApp>;

public sealed class EmailOnRedisTests(RedisApp app) : EmailTests(app), IClassFixture<RedisApp>;
