using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody uses a mailed link that is not theirs, not for this, or not any more (ASVS 5.0, 6.4.1). Each gets the same page, and nothing changes.</summary>
public abstract class MailLinkTests(ConfirmingApp app)
{
    private const string NewPassword = "another good passphrase";

    private static readonly Link Confirm = new("/account/confirm-email", TokenPurpose.ConfirmEmail, "Password", Browser.Password);
    private static readonly Link Reset = new("/account/reset-password", TokenPurpose.ResetPassword, "NewPassword", NewPassword);

    public static TheoryData<string> Kinds => ["confirm", "reset"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whatever_is_wrong_with_a_link_the_answer_is_the_same_and_nothing_changes(string kind)
    {
        var link = Of(kind);
        var email = await NewAccountAsync(link);
        var good = await app.SealAsync(link.Purpose, email, TimeSpan.FromMinutes(20));
        await using var foreign = new ConfirmingApp();
        await foreign.InRequestAsync<AccountCreation>(accounts => accounts.RegisterAsync(email, "Someone", Browser.Password, null));
        var expired = await app.SealAsync(link.Purpose, email, TimeSpan.FromMinutes(1));
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        using var browser = app.NewBrowser();
        var antiforgery = (await browser.GetAsync("/account/login")).AntiforgeryToken;
        var answers = new List<(int Status, string Text)>();

        foreach (var token in new[]
        {
            "", "x", "../../etc/passwd", new string('A', 5000), good[..^1], good + "A", Flip(good), expired,
            await app.SealAsync(TokenPurpose.ChangeEmail, email, TimeSpan.FromMinutes(20)),
            await app.SealAsync((link == Reset ? Confirm : Reset).Purpose, email, TimeSpan.FromMinutes(20)),
            await foreign.SealAsync(link.Purpose, email, TimeSpan.FromMinutes(20)),
        })
        {
            var opened = await browser.GetAsync($"{link.Path}?t={Uri.EscapeDataString(token)}");
            var sent = await browser.PostAsync(link.Path, ("__RequestVerificationToken", antiforgery), ("t", token), (link.Field, link.Value));
            answers.AddRange([(opened.Status, opened.Text), (sent.Status, sent.Text)]);
        }

        var bare = await browser.GetAsync(link.Path);
        answers.Add((bare.Status, bare.Text));
        var (status, text) = Assert.Single(answers.Distinct());
        Assert.Equal(400, status);
        Assert.StartsWith("This link does not work", text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
        // Or the tests above would prove nothing: the link as it was made still works.
        Assert.Equal(302, (await browser.PostAsync(link.Path, ("__RequestVerificationToken", antiforgery), ("t", good), (link.Field, link.Value))).Status);
        Assert.NotNull(browser.SessionCookie);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_link_is_good_once_also_for_many_at_once(string kind)
    {
        var link = Of(kind);
        var email = await NewAccountAsync(link);
        var token = await app.SealAsync(link.Purpose, email, TimeSpan.FromMinutes(20));
        var browsers = Enumerable.Range(0, 4).Select(_ => app.NewBrowser()).ToList();
        var antiforgery = new List<string>();
        foreach (var browser in browsers)
            antiforgery.Add((await browser.GetAsync("/account/login")).AntiforgeryToken);

        var answers = await Task.WhenAll(browsers.Select((browser, i) => browser.PostAsync(link.Path,
            ("__RequestVerificationToken", antiforgery[i]), ("t", token), (link.Field, link.Value + (link == Reset ? i : "")))));

        Assert.Single(answers, answer => answer.Status == 302);
        Assert.All(answers.Where(answer => answer.Status != 302), answer => Assert.Equal(400, answer.Status));
        Assert.Single(browsers, browser => browser.SessionCookie is not null);
        Assert.Equal(400, (await browsers[0].GetAsync($"{link.Path}?t={token}")).Status);
    }

    [Fact]
    public async Task Another_change_of_the_password_retires_the_link()
    {
        using var owner = app.NewBrowser();
        var email = await NewAccountAsync(Reset);
        string first = await NextLinkAsync(), second = await NextLinkAsync(), third = await NextLinkAsync();
        await owner.ResetPasswordAsync(first, NewPassword);
        Assert.Equal(400, (await owner.GetAsync(second)).Status);

        var fourth = await NextLinkAsync();
        await (await owner.GetAsync("/account/change-password"))
            .Fill("CurrentPassword", NewPassword).Fill("NewPassword", Browser.Password).PressAsync("Change password");

        Assert.Equal(400, (await owner.GetAsync(third)).Status);
        Assert.Equal(400, (await owner.GetAsync(fourth)).Status);

        Task<string> NextLinkAsync()
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            return app.ResetLinkAsync(email);
        }
    }

    [Theory]
    [InlineData("confirm", 24 * 60)]
    [InlineData("reset", 20)]
    public async Task A_link_out_of_a_mail_lives_as_long_as_the_mail_says(string kind, int minutes)
    {
        using var browser = app.NewBrowser();
        var email = $"{Guid.NewGuid():N}@example.com";
        await browser.AskForAccountAsync(email);
        var mail = await app.Mail.NextAsync(email);
        if (kind == "reset")
            app.Clock.Advance(TimeSpan.FromMinutes(1));
        var link = kind == "confirm" ? mail.LinkTo(Confirm.Path) : await app.ResetLinkAsync(email);

        app.Clock.Advance(TimeSpan.FromMinutes(minutes - 1));
        Assert.Equal(200, (await browser.GetAsync(link)).Status);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(400, (await browser.GetAsync(link)).Status);
    }

    [Fact]
    public async Task Scanners_that_open_every_link_change_nothing()
    {
        using Browser scanner = app.NewBrowser(), owner = app.NewBrowser();
        var email = await NewAccountAsync(Reset);
        var link = await app.ResetLinkAsync(email);
        using var head = new HttpRequestMessage(HttpMethod.Head, link);

        await scanner.GetAsync(link);
        await scanner.SendAsync(head);
        await scanner.GetAsync(link);

        await owner.ResetPasswordAsync(link, NewPassword);
        Assert.NotNull(owner.SessionCookie);
        Assert.Null(scanner.SessionCookie);
    }

    [Fact]
    public async Task A_host_that_the_client_made_up_gets_into_no_link()
    {
        await using var own = await ProductionApp.StartAsync();
        using var browser = own.NewBrowser();
        await own.InRequestAsync<AccountCreation>(accounts => accounts.RegisterAsync("someone@example.com", "Someone", Browser.Password, null));
        browser.Headers["X-Forwarded-Host"] = "evil.example";
        browser.Headers["X-Original-Host"] = "evil.example";

        await browser.ForgetPasswordAsync("someone@example.com");
        browser.Headers["Host"] = "evil.example";
        Assert.Equal(400, (await browser.PostAsync("/account/forgot-password", ("Email", "someone@example.com"))).Status);

        var link = Assert.Single((await own.Mail.NextAsync("someone@example.com")).Links);
        Assert.StartsWith($"https://{ProductionApp.Host}/account/reset-password?t=", link.AbsoluteUri, StringComparison.Ordinal);
    }

    private static Link Of(string kind) => kind == "confirm" ? Confirm : Reset;

    /// <summary>One that the link can still do something for.</summary>
    private async Task<string> NewAccountAsync(Link link)
    {
        var email = (await app.NewAccountAsync()).Email!;
        if (link == Confirm)
            await app.ChangeAccountAsync(email, user => user.EmailConfirmed = false);
        return email;
    }

    private static string Flip(string token) => token[..20] + (token[20] == 'A' ? 'B' : 'A') + token[21..];

    private sealed record Link(string Path, TokenPurpose Purpose, string Field, string Value);
}

public sealed class MailLinkOnSqlTests(ConfirmingApp app) : MailLinkTests(app), IClassFixture<ConfirmingApp>;

public sealed class MailLinkOnRedisTests(ConfirmingRedisApp app) : MailLinkTests(app), IClassFixture<ConfirmingRedisApp>;
