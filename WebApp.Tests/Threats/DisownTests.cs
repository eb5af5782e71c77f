using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody has got into an account, and its owner says so by the link of a notice. And: somebody has got hold of such a link.</summary>
public abstract class DisownTests(TestApp app)
{
    private const string NotMePath = "/account/not-me";
    private const string Button = "It wasn't me: close it to everyone";
    private const string ResetButton = "Set the new password";
    private const string DeadLink = "This link does not work";
    private const string NewPassword = "seven green kettles by the window";

    [Fact]
    public async Task A_sign_in_on_a_new_device_is_told_and_its_link_throws_the_thief_out_for_good()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser(Browser.Safari);
        await thief.SignInAsync(owner.Email);

        var notice = await app.Mail.NextAsync(owner.Email);
        Assert.Equal("Signed in on a new device", notice.Subject);
        Assert.Contains("Safari on iOS", notice.Text);
        var done = await DisownAsync(notice);

        Assert.Contains("Your account is closed to everyone", done.Text);
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
        await thief.TrySignInAsync(owner.Email, Browser.Password);
        Assert.False(await IsSignedInAsync(thief));
        Assert.Contains(await app.AuditOfAsync(await app.UserIdAsync(owner.Email)), e => e.Action == AuditAction.AccountDisowned);
    }

    [Fact]
    public async Task The_owner_comes_back_by_the_mailed_reset_and_the_thief_does_not()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser(Browser.Safari);
        await thief.SignInAsync(owner.Email);
        await DisownAsync(await app.Mail.NextAsync(owner.Email));

        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(owner.Email));

        await anywhere.SignInAsync(owner.Email, NewPassword);
        await thief.TrySignInAsync(owner.Email, Browser.Password);
        Assert.False(await IsSignedInAsync(thief));
    }

    [Fact]
    public async Task The_first_device_and_a_known_one_are_not_told_of()
    {
        using var owner = await app.NewUserAsync();
        await owner.SignInAsync(owner.Email);
        await owner.SignInAsync(owner.Email);
        using var second = app.NewBrowser();
        await second.SignInAsync(owner.Email);

        await app.Mail.NextAsync(owner.Email);
        Assert.True(await app.Mail.IsEmptyAsync(owner.Email));
    }

    [Fact]
    public async Task A_changed_password_is_told_and_the_link_of_the_notice_closes_the_account()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        await app.Mail.NextAsync(owner.Email);
        var form = await thief.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "the thief has chosen this one").PressAsync("Change password");

        var notice = await app.Mail.NextAsync(owner.Email);
        Assert.Equal("Your password was changed", notice.Subject);
        await DisownAsync(notice);

        Assert.False(await IsSignedInAsync(thief));
        await thief.TrySignInAsync(owner.Email, "the thief has chosen this one");
        Assert.False(await IsSignedInAsync(thief));
    }

    [Fact]
    public async Task A_factor_that_a_thief_set_up_goes_again()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        await app.Mail.NextAsync(owner.Email);
        await thief.SetUpAppAsync(app.Clock);

        var notice = await app.Mail.NextAsync(owner.Email);
        Assert.Equal("How you sign in was changed", notice.Subject);
        Assert.Contains("An authenticator app was set up", notice.Text);
        await DisownAsync(notice);
        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(owner.Email));

        Assert.True(await IsSignedInAsync(anywhere));
        Assert.Contains("Not set up.", (await anywhere.GetAsync("/account/security")).Text);
    }

    [Fact]
    public async Task A_factor_that_a_thief_took_away_is_back_and_what_was_used_stays_used()
    {
        var (owner, authenticator, codes) = await app.NewUserWithAppAsync();
        await owner.TrySignInAsync(owner.Email, Browser.Password);
        await owner.EnterRecoveryCodeAsync(codes[0]);
        await app.Mail.ClearAsync(owner.Email);
        // The owner's own browser, left open.
        var page = await owner.GetAsync("/account/security/remove-authenticator");
        ((AngleSharp.Html.Dom.IHtmlInputElement)page.Document.QuerySelector("[name=TurnOff][type=checkbox]")!).IsChecked = true;
        await page.PressAsync(page.Document.QuerySelector("main form button")!.TextContent.Trim());
        Assert.Contains("Not set up.", (await owner.GetAsync("/account/security")).Text);

        await DisownAsync(await app.Mail.NextAsync(owner.Email));
        using var anywhere = app.NewBrowser();
        var step = await ResetAsync(anywhere, await app.Mail.NextAsync(owner.Email));

        Assert.Equal("/account/second-factor", step.Address.AbsolutePath);
        Assert.Equal("/account/second-factor", (await anywhere.EnterRecoveryCodeAsync(codes[0])).Address.AbsolutePath);
        app.Clock.Advance(TimeSpan.FromSeconds(60));
        await (await anywhere.GetAsync("/account/second-factor")).EnterCodeAsync(authenticator.Code);
        Assert.True(await IsSignedInAsync(anywhere));
        owner.Dispose();
    }

    [Fact]
    public async Task A_thief_who_changed_the_address_can_not_undo_what_the_owner_undid()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        await thief.SignInAsync(owner.Email);
        await app.Mail.NextAsync(owner.Email);
        var bad = $"{Guid.NewGuid():N}@example.com";
        await (await thief.GetAsync("/account/email")).Fill("Email", bad).PressAsync("Send the link");
        await (await thief.GetAsync((await app.Mail.NextAsync(bad)).LinkTo("/account/confirm-new-email"))).PressAsync("Use this address");
        var form = await thief.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "the thief has chosen this one").PressAsync("Change password");
        var toThief = await app.Mail.NextAsync(bad);

        await DisownAsync(await app.Mail.NextAsync(owner.Email));
        var page = await thief.GetAsync(toThief.LinkTo(NotMePath));

        Assert.Contains(DeadLink, page.Text);
        await app.Mail.NextAsync(owner.Email);
        Assert.True(await app.Mail.IsEmptyAsync(bad));
        await thief.TrySignInAsync(bad, "the thief has chosen this one");
        Assert.False(await IsSignedInAsync(thief));
    }

    [Fact]
    public async Task A_thief_who_registers_with_the_old_address_does_not_keep_the_owner_from_coming_back()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        var (old, bad) = (owner.Email, $"{Guid.NewGuid():N}@example.com");
        await thief.SignInAsync(old);
        await app.Mail.NextAsync(old);
        await ChangeAddressAsync(thief, bad);
        var notice = await app.Mail.NextAsync(old);

        using var second = app.NewBrowser();
        var register = await second.GetAsync("/account/register");
        var refused = await register.Fill("Name", "Somebody").Fill("Email", old).Fill("Password", Browser.Password).PressAsync("Create account");
        Assert.Contains("There is an account with this address already", refused.Text);
        // And one that was made where addresses are confirmed, and never was.
        await app.AddAccountRowAsync(old, confirmed: false);

        Assert.Contains("We have mailed you a link", (await DisownAsync(notice)).Text);
        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(old));
        Assert.Contains(old, (await anywhere.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task Where_the_address_is_somebody_elses_by_now_the_account_stays_closed_to_everybody()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        var (old, bad) = (owner.Email, $"{Guid.NewGuid():N}@example.com");
        await thief.SignInAsync(old);
        await app.Mail.NextAsync(old);
        await ChangeAddressAsync(thief, bad);
        var notice = await app.Mail.NextAsync(old);
        await app.AddAccountRowAsync(old, confirmed: true);

        Assert.Contains("Please contact support", (await DisownAsync(notice)).Text);

        await (await thief.GetAsync("/account/forgot-password")).Fill("Email", bad).PressAsync("Send the link");
        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(bad));
        Assert.False(await IsSignedInAsync(anywhere));
        await anywhere.TrySignInAsync(bad, NewPassword);
        Assert.False(await IsSignedInAsync(anywhere));
    }

    [Fact]
    public async Task A_thiefs_passkey_under_the_id_of_the_owners_goes_again_and_the_owners_is_back()
    {
        using var owner = await app.NewUserAsync();
        using var passkey = new SoftPasskey(app.Address);
        await owner.AddPasskeyAsync(passkey);
        using var other = new SoftPasskey(app.Address);
        await owner.AddPasskeyAsync(other);
        await app.Mail.ClearAsync(owner.Email);
        // In the owner's browser, left open.
        using var copy = new SoftPasskey(app.Address) { Id = passkey.Id };
        await RemovePasskeyAsync(owner, passkey);
        var notice = await app.Mail.NextAsync(owner.Email);
        await owner.AddPasskeyAsync(copy);

        await DisownAsync(notice);
        await app.Mail.NextAsync(owner.Email);
        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(owner.Email));

        Assert.Equal("/account/second-factor", (await anywhere.GetAsync("/account/second-factor")).Address.AbsolutePath);
        using var thief = app.NewBrowser();
        await thief.UseAsync(copy);
        Assert.False(await IsSignedInAsync(thief));
        await thief.UseAsync(passkey);
        Assert.True(await IsSignedInAsync(thief));
    }

    [Fact]
    public async Task A_passkey_id_that_a_thief_took_to_another_account_keeps_nobody_from_coming_back()
    {
        using var owner = await app.NewUserAsync();
        using var passkey = new SoftPasskey(app.Address);
        await owner.AddPasskeyAsync(passkey);
        using var other = new SoftPasskey(app.Address);
        await owner.AddPasskeyAsync(other);
        await app.Mail.ClearAsync(owner.Email);
        await RemovePasskeyAsync(owner, passkey);
        var notice = await app.Mail.NextAsync(owner.Email);
        using var thief = await app.NewUserAsync();
        using var copy = new SoftPasskey(app.Address) { Id = passkey.Id };
        await thief.AddPasskeyAsync(copy);

        Assert.Contains("closed to everyone", (await DisownAsync(notice)).Text);

        using var anywhere = app.NewBrowser();
        await anywhere.UseAsync(passkey);
        Assert.False(await IsSignedInAsync(anywhere));
    }

    [Fact]
    public async Task A_recovery_code_that_was_used_since_is_not_brought_back_by_new_ones()
    {
        var (owner, _, codes) = await app.NewUserWithAppAsync();
        await app.Mail.ClearAsync(owner.Email);
        using var second = app.NewBrowser();
        await second.TrySignInAsync(owner.Email, Browser.Password);
        await second.EnterRecoveryCodeAsync(codes[9]);
        var notice = await app.Mail.NextAsync(owner.Email);
        await second.TrySignInAsync(owner.Email, Browser.Password);
        await second.EnterRecoveryCodeAsync(codes[0]);
        var page = await second.GetAsync("/account/security/recovery-codes");
        await page.PressAsync(page.Document.QuerySelector("main form button")!.TextContent.Trim());
        await app.Mail.NextAsync(owner.Email);

        await DisownAsync(notice);
        using var anywhere = app.NewBrowser();
        await ResetAsync(anywhere, await app.Mail.NextAsync(owner.Email));

        Assert.Equal("/account/second-factor", (await anywhere.EnterRecoveryCodeAsync(codes[0])).Address.AbsolutePath);
        Assert.Equal("/account/sessions", (await anywhere.EnterRecoveryCodeAsync(codes[1])).Address.AbsolutePath);
        owner.Dispose();
    }

    [Fact]
    public async Task An_address_that_was_only_a_detour_gets_no_way_back()
    {
        using var owner = await app.NewUserAsync();
        using var thief = app.NewBrowser();
        var (old, bad) = (owner.Email, $"{Guid.NewGuid():N}@example.com");
        await thief.SignInAsync(old);
        await app.Mail.NextAsync(old);
        await ChangeAddressAsync(thief, bad);
        await app.Mail.NextAsync(old);
        var form = await thief.GetAsync("/account/change-password");
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "the thief has chosen this one").PressAsync("Change password");
        var toThief = await app.Mail.NextAsync(bad);

        await ChangeAddressAsync(thief, old);

        var last = await app.Mail.NextAsync(bad);
        Assert.Empty(last.Links);
        Assert.Contains(DeadLink, (await thief.GetAsync(toThief.LinkTo(NotMePath))).Text);
    }

    [Fact]
    public async Task Programs_that_follow_links_close_nothing()
    {
        using var owner = await app.NewUserAsync();
        using var second = app.NewBrowser();
        await second.SignInAsync(owner.Email);
        var link = (await app.Mail.NextAsync(owner.Email)).LinkTo(NotMePath);

        using var scanner = app.NewBrowser("Scanner/1.0");
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await scanner.GetAsync(link)).Status);

        Assert.True(await IsSignedInAsync(owner));
    }

    [Fact]
    public async Task The_link_is_good_for_fourteen_days_and_once()
    {
        await using var own = new TestApp();
        using var owner = await own.NewUserAsync();
        using var second = own.NewBrowser();
        await second.SignInAsync(owner.Email);
        var link = (await own.Mail.NextAsync(owner.Email)).LinkTo(NotMePath);

        own.Clock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromSeconds(1));
        using var anywhere = own.NewBrowser();
        var form = await anywhere.GetAsync(link);
        Assert.Contains("Was it somebody else?", form.Text);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(DeadLink, (await form.PressAsync(Button)).Text);
        own.Clock.Advance(TimeSpan.FromSeconds(-1));
        Assert.Contains("closed to everyone", (await form.PressAsync(Button)).Text);
        Assert.Contains(DeadLink, (await form.PressAsync(Button)).Text);
    }

    [Fact]
    public async Task Many_wrong_tries_are_told_once()
    {
        using var owner = await app.NewUserAsync();
        using var stranger = app.NewBrowser();
        for (var i = 0; i < 6; i++)
            await stranger.TrySignInAsync(owner.Email, $"wrong guess number {i}");

        Assert.Equal("Many wrong tries to sign in", (await app.Mail.NextAsync(owner.Email)).Subject);
        await app.SettledAsync();
        Assert.True(await app.Mail.IsEmptyAsync(owner.Email));
        Assert.Single(await app.AuditOfAsync(await app.UserIdAsync(owner.Email)), e => e.Action == AuditAction.AccountLocked);
    }

    [Fact]
    public async Task What_support_ended_is_told_with_its_reason()
    {
        using var owner = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{await app.UserIdAsync(owner.Email)}");
        await staff.PostAsync(page.Address.AbsolutePath + "?handler=ForceSignOutAll",
            ("__RequestVerificationToken", page.AntiforgeryToken), ("reason", "ReportedTheft"), ("caseReference", "C-77"));

        var notice = await app.Mail.NextAsync(owner.Email);

        Assert.Equal("Sessions of yours were ended", notice.Subject);
        Assert.Contains("reported theft", notice.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("C-77", notice.Text);
        Assert.True(await app.Mail.IsEmptyAsync(owner.Email));
    }

    private async Task ChangeAddressAsync(Browser browser, string address)
    {
        await (await browser.GetAsync("/account/email")).Fill("Email", address).PressAsync("Send the link");
        await (await browser.GetAsync((await app.Mail.NextAsync(address)).LinkTo("/account/confirm-new-email"))).PressAsync("Use this address");
    }

    private static async Task RemovePasskeyAsync(Browser browser, SoftPasskey passkey)
    {
        var page = await browser.GetAsync($"/account/security/remove-passkey?id={passkey.IdText}");
        await page.PressAsync(page.Document.QuerySelector("main form button")!.TextContent.Trim());
    }

    private static async Task<bool> IsSignedInAsync(Browser browser) => (await browser.GetAsync("/account")).Address.AbsolutePath == "/account";

    private static async Task<Page> ResetAsync(Browser browser, ReceivedMail mail)
    {
        var form = await browser.GetAsync(mail.LinkTo("/account/reset-password"));
        return await form.Fill("NewPassword", NewPassword).PressAsync(ResetButton);
    }

    private async Task<Page> DisownAsync(ReceivedMail notice)
    {
        using var anywhere = app.NewBrowser("Mail/1.0");
        return await (await anywhere.GetAsync(notice.LinkTo(NotMePath))).PressAsync(Button);
    }
}

public sealed class DisownOnSqlTests(SqlApp app) : DisownTests(app), IClassFixture<SqlApp>;

public sealed class DisownOnRedisTests(RedisApp app) : DisownTests(app), IClassFixture<RedisApp>;
