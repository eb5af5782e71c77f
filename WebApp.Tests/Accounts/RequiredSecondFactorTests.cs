using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>Staff whose role needs a second factor, and who have none yet.</summary>
public sealed class RequiredSecondFactorTests : IAsyncLifetime
{
    private readonly TestApp _app = new();

    public RequiredSecondFactorTests() => _app.Settings["Accounts:RequireTwoFactor:Support"] = "true";

    [Theory]
    [InlineData("/")]
    [InlineData("/account")]
    [InlineData("/account/sessions")]
    [InlineData("/account/change-password")]
    [InlineData("/account/login")]
    [InlineData("/admin/users")]
    [InlineData("/admin/audit")]
    [InlineData("/no/such/page")]
    public async Task Every_way_leads_to_the_set_up(string path)
    {
        using var support = await _app.SignedInAsync("sam@example.com");

        var page = await support.PeekAsync(path);
        var posted = await support.PostAsync(path);

        Assert.Equal((303, "/account/security"), (page.Status, page.Location));
        Assert.Equal((303, "/account/security"), (posted.Status, posted.Location));
        Assert.Contains("Your role needs a second factor.", (await support.FollowAsync(page)).Text);
    }

    [Fact]
    public async Task Once_it_is_set_up_the_very_next_request_passes()
    {
        using var support = await _app.SignedInAsync("sam@example.com");

        await support.SetUpAppAsync(_app.Clock);

        Assert.Equal((200, "/admin/users"), await WhereAsync(support, "/admin/users"));
    }

    // He has the password only, and waits for the owner to set up what is missing.
    [Fact]
    public async Task A_thiefs_session_ends_when_the_owner_sets_it_up_also_without_the_tick()
    {
        using Browser owner = await _app.SignedInAsync("sam@example.com"), thief = await _app.SignedInAsync("sam@example.com");
        var form = await owner.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(_app.Clock, form.Document.QuerySelector("#key")!.TextContent);
        Assert.Null(form.Document.QuerySelector("[name=EndOthers]"));
        Assert.Contains("Your other sessions are signed out", form.Text, StringComparison.Ordinal);

        var done = await owner.PostAsync("/account/security/authenticator", ("Token", form.Document.QuerySelector("#Token")!.GetAttribute("value")!),
            ("Code", authenticator.Code), ("EndOthers", "false"), ("__RequestVerificationToken", form.AntiforgeryToken));

        Assert.Contains("One other session was ended.", done.Text, StringComparison.Ordinal);
        Assert.Equal((200, "/admin/users"), await WhereAsync(owner, "/admin/users"));
        Assert.Equal((200, "/account/login"), await WhereAsync(thief, "/admin/users"));
    }

    [Fact]
    public async Task Once_there_is_a_factor_the_tick_is_the_persons_to_set()
    {
        using var support = await _app.SignedInAsync("sam@example.com");
        await support.SetUpAppAsync(_app.Clock);

        Assert.NotNull((await support.GetAsync("/account/security/authenticator")).Document.QuerySelector("#EndOthers"));
    }

    [Fact]
    public async Task The_last_factor_can_not_be_removed()
    {
        using var support = await _app.SignedInAsync("sam@example.com");
        await support.SetUpAppAsync(_app.Clock);

        var page = await support.GetAsync("/account/security/remove-authenticator");
        var posted = await support.PostAsync("/account/security/remove-authenticator",
            ("__RequestVerificationToken", (await support.GetAsync("/account/logout")).AntiforgeryToken), ("TurnOff", "true"));

        Assert.Contains("It is your last second factor, and your role needs one.", page.Text);
        Assert.Contains("Your role needs a second factor. Set up another one first, then remove this one.", posted.Text);
        Assert.Contains("10 of 10 left.", (await support.GetAsync("/account/security")).Text);
    }

    [Fact]
    public async Task Signing_out_and_confirming_are_open_and_other_roles_are_not_concerned()
    {
        using Browser support = await _app.SignedInAsync("sam@example.com"), admin = await _app.SignedInAsync("ada@example.com");
        using var user = await _app.NewUserAsync();

        Assert.Equal((200, "/admin/users"), await WhereAsync(admin, "/admin/users"));
        Assert.Equal((200, "/account"), await WhereAsync(user, "/account"));
        _app.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal((200, "/account/confirm"), await WhereAsync(support, "/account/security/authenticator"));
        Assert.Equal(200, (await support.PeekAsync("/account/remaining")).Status);
        foreach (var path in new[] { "/account/forgot-password", "/account/reset-password", "/account/confirm-email", "/account/check-mail" })
            Assert.Equal(path, (await support.GetAsync(path)).Address.AbsolutePath);
        await (await support.GetAsync("/account/security")).PressAsync("Sign out", "header");
        Assert.Null(support.SessionCookie);
    }

    [Fact]
    public async Task Outside_Development_it_is_asked_of_all_staff_unless_told_otherwise()
    {
        await using var production = new ProductionApp();
        production.Settings.Remove("Accounts:RequireTwoFactor:Support");
        production.Settings.Remove("Accounts:RequireTwoFactor:Admin");
        await production.InitializeAsync();
        using Browser support = production.NewBrowser(), admin = production.NewBrowser();

        await support.SignInAsync((await production.NewAccountAsync("Support")).Email!);
        await admin.SignInAsync((await production.NewAccountAsync("Admin")).Email!);

        Assert.Equal("/account/security", (await support.PeekAsync("/admin/users")).Location);
        Assert.Equal("/account/security", (await admin.PeekAsync("/admin/users")).Location);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _app.DisposeAsync();

    private static async Task<(int, string)> WhereAsync(Browser browser, string path)
    {
        var page = await browser.GetAsync(path);
        return (page.Status, page.Address.AbsolutePath);
    }
}
