using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.RateLimits;

/// <summary>Proofs that were wrong, from one address, whatever the form and whoever the account.</summary>
public abstract class FailedProofsTests(ProxiedApp app)
{
    protected const string Limit = "4";
    private static readonly int Permits = int.Parse(Limit);

    [Fact]
    public async Task Failures_at_every_form_count_together_and_right_proofs_do_not()
    {
        var address = LimitedApp.NewAddress();
        using Browser owner = app.NewBrowser().At(LimitedApp.NewAddress()), browser = app.NewBrowser().At(address);
        await owner.RegisterAsync();
        for (var i = 0; i <= Permits; i++)
            await browser.SignInAsync(owner.Email);

        var form = await browser.GetAsync("/account/change-password");
        await browser.PostAsync("/account/confirm", ("__RequestVerificationToken", form.AntiforgeryToken), ("Password", "not the password at all"));
        await form.Fill("CurrentPassword", "not the password at all").Fill("NewPassword", "another good passphrase").PressAsync("Change password");
        using var stranger = app.NewBrowser().At(address);
        Assert.Equal(200, (await stranger.TrySignInAsync("nobody@example.com", "not the password at all")).Status);
        Assert.Equal(200, (await stranger.TrySignInAsync("nobody@example.com", "not the password at all")).Status);

        foreach (var path in new[] { "/account/login", "/account/confirm", "/account/change-password", "/account/register" })
            Assert.Equal(429, await LimitedApp.TryAsync(browser, path));
        Assert.Equal(429, (await stranger.TrySignInAsync(owner.Email, Browser.Password)).Status);
        Assert.Null(stranger.SessionCookie);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task After_the_wait_there_is_one_more_try_and_its_failure_closes_the_door_again()
    {
        using var browser = app.NewBrowser().At(LimitedApp.NewAddress());
        for (var i = 0; i < Permits; i++)
            Assert.Equal(200, (await browser.TrySignInAsync("nobody@example.com", "not the password at all")).Status);
        var refused = await browser.TrySignInAsync("nobody@example.com", "not the password at all");
        Assert.Equal(429, refused.Status);

        app.Clock.Advance(TimeSpan.FromSeconds(int.Parse(refused.Headers["Retry-After"].Single())));

        Assert.Equal(200, (await browser.TrySignInAsync("nobody@example.com", "not the password at all")).Status);
        Assert.Equal(429, (await browser.TrySignInAsync("nobody@example.com", "not the password at all")).Status);
    }
}

public sealed class FailedProofsOnSqlTests(FailedProofsOnSqlTests.App app) : FailedProofsTests(app), IClassFixture<FailedProofsOnSqlTests.App>
{
    public sealed class App : ProxiedApp
    {
        public App() => Settings["RateLimits:FailedProofs:Permits"] = Limit;
    }
}

public sealed class FailedProofsOnRedisTests : FailedProofsTests, IAsyncLifetime
{
    private readonly ProxiedRedisApp _app;

    public FailedProofsOnRedisTests()
        : this(new ProxiedRedisApp { Settings = { ["RateLimits:FailedProofs:Permits"] = Limit } })
    {
    }

    private FailedProofsOnRedisTests(ProxiedRedisApp app)
        : base(app) => _app = app;

    public Task InitializeAsync() => _app.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_app).DisposeAsync();
}
