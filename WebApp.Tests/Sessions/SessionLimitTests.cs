using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>How many sessions a person can have at once, and what happens at the limit (ASVS 5.0, 7.1.2).</summary>
public abstract class SessionLimitTests : IAsyncLifetime
{
    protected TestApp App { get; } = new()
    {
        Settings =
        {
            ["Sessions:MaxPerUser"] = "2",
            ["Sessions:Roles:Support:MaxPerUser"] = "1",
            ["Sessions:Roles:Support:IdleTimeout"] = "00:15:00",
            ["Sessions:Roles:Support:AbsoluteTimeout"] = "08:00:00",
        },
    };

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await App.DisposeAsync();

    [Fact]
    public async Task One_session_more_ends_the_one_used_least_recently_and_both_are_told()
    {
        using Browser first = await App.NewUserAsync(), second = App.NewBrowser(Browser.Safari), third = App.NewBrowser();
        App.Clock.Advance(TimeSpan.FromMinutes(1));
        await second.SignInAsync(first.Email);
        App.Clock.Advance(TimeSpan.FromMinutes(1));

        var page = await third.SignInAsync(first.Email);

        Assert.Contains("You were signed in on too many devices. The session used least recently was ended.", page.Text, StringComparison.Ordinal);
        Assert.Equal(2, page.SessionIds.Count);
        Assert.Contains("Ended by a security rule just now: more sessions than allowed", page.Text, StringComparison.Ordinal);
        Assert.Contains("A security rule ended this session, just now.", (await first.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Equal("/account", (await second.GetAsync("/account")).Address.AbsolutePath);
        var entry = Assert.Single(await App.AuditOfAsync(App.KeyOf(third).UserId), e => e.Action == AuditAction.SessionEnded);
        Assert.Equal((nameof(RevocationReason.TooMany), null), (entry.Reason, entry.ActorId));
    }

    [Fact]
    public async Task A_role_can_have_one_session_only_and_a_short_one()
    {
        using Browser first = await App.SignedInAsync("sam@example.com"), second = App.NewBrowser(Browser.Safari);

        var page = await second.SignInAsync("sam@example.com", Browser.DemoPassword, remember: true);

        Assert.Single(page.SessionIds);
        Assert.Contains("Expires in 16 minutes", page.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await first.GetAsync("/account")).Address.AbsolutePath);
        App.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Contains("This session expired", (await second.GetAsync("/account")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signing_in_again_in_the_same_browser_ends_no_other_session()
    {
        using Browser first = await App.NewUserAsync(), second = App.NewBrowser();
        await second.SignInAsync(first.Email);

        var page = await second.SignInAsync(first.Email);

        Assert.Equal(2, page.SessionIds.Count);
        Assert.Null(page.Document.QuerySelector(".notice"));
        Assert.Equal("/account", (await first.GetAsync("/account")).Address.AbsolutePath);
    }
}

public sealed class SessionLimitOnSqlTests : SessionLimitTests;

public sealed class SessionLimitOnRedisTests : SessionLimitTests
{
    private readonly RedisServer _redis = new();

    public override async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        App.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        await App.UntilReadyAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
