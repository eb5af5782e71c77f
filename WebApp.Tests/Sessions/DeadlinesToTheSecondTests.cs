using AngleSharp.Html.Dom;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>
/// Every kind of deadline, to the second, by the app's clock alone. With a resolution of "last seen" of a second, so that what the page promises and
/// what is enforced are no further apart.
/// </summary>
public abstract class DeadlinesToTheSecondTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected TestApp App { get; } = new()
    {
        Settings =
        {
            ["Sessions:LastSeenResolution"] = "00:00:01",
            ["Sessions:IdleTimeout"] = "00:10:00",
            ["Sessions:AbsoluteTimeout"] = "01:00:00",
            ["Sessions:RememberedIdleTimeout"] = "02:00:00",
            ["Sessions:RememberedAbsoluteTimeout"] = "08:00:00",
            ["Sessions:SharedTimeout"] = "00:05:00",
            ["Sessions:Roles:Support:IdleTimeout"] = "00:03:00",
            ["Sessions:Roles:Support:AbsoluteTimeout"] = "00:30:00",
        },
    };

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await App.DisposeAsync();

    public static TheoryData<string, string, bool, string, string> Kinds => new()
    {
        { "bob@example.com", "Sign in", false, "00:10:00", "01:00:00" },
        { "bob@example.com", "Sign in", true, "02:00:00", "08:00:00" },
        { "bob@example.com", "Sign in on a shared computer", true, "00:10:00", "00:05:00" },
        // A role's terms hold for remembered sessions, too.
        { "sam@example.com", "Sign in", true, "00:03:00", "00:30:00" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_unused_session_ends_in_the_second_that_it_should(string email, string button, bool remember, string idle, string absolute)
    {
        using var browser = await SignInAsync(email, button, remember);
        using var late = await SignInAsync(email, button, remember);
        // A second for the resolution of "last seen"; the absolute deadline has none.
        var end = new[] { TimeSpan.Parse(idle) + Second, TimeSpan.Parse(absolute) }.Min();

        App.Clock.Advance(end - Second);
        Assert.True(await IsSignedInAsync(browser));
        App.Clock.Advance(Second);

        Assert.False(await IsSignedInAsync(late));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_session_in_use_ends_in_the_second_that_it_should(string email, string button, bool remember, string idle, string absolute)
    {
        using var browser = await SignInAsync(email, button, remember);
        var (start, end) = (App.Clock.GetUtcNow(), App.Clock.GetUtcNow() + TimeSpan.Parse(absolute));
        while (App.Clock.GetUtcNow() + (TimeSpan.Parse(idle) / 2) < end - Second)
        {
            App.Clock.Advance(TimeSpan.Parse(idle) / 2);
            await UseAsync(browser);
        }

        App.Clock.SetUtcNow(end - Second);
        await UseAsync(browser);
        App.Clock.SetUtcNow(end);

        Assert.False(await IsSignedInAsync(browser));
        Assert.Equal(TimeSpan.Parse(absolute), App.Clock.GetUtcNow() - start);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_moves_no_deadline()
    {
        using var browser = await SignInAsync("bob@example.com", "Sign in on a shared computer", remember: false);
        var (start, before) = (App.Clock.GetUtcNow(), await FindAsync(browser));
        App.Clock.Advance(TimeSpan.FromMinutes(4));
        await UseAsync(browser);

        App.Clock.Advance(TimeSpan.FromMinutes(-3));
        Assert.True(await IsSignedInAsync(browser));

        // Nor does use at the earlier time take back what was seen later.
        var after = await FindAsync(browser);
        Assert.Equal(before.AbsoluteDeadline, after.AbsoluteDeadline);
        Assert.Equal(start + TimeSpan.FromMinutes(4), after.LastSeenAt);
        App.Clock.SetUtcNow(start + TimeSpan.FromMinutes(5) - Second);
        Assert.True(await IsSignedInAsync(browser));
        App.Clock.Advance(Second);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task The_page_shows_both_deadlines_and_says_which_of_them_use_puts_off()
    {
        using var browser = await SignInAsync("bob@example.com", "Sign in", remember: false);
        var end = App.Clock.GetUtcNow() + TimeSpan.FromHours(1);

        var fresh = await browser.GetAsync("/account/sessions");
        Assert.Contains($"Expires in 10 minutes if it is not used; at the latest {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", fresh.Text, StringComparison.Ordinal);

        using var shared = await SignInAsync("bob@example.com", "Sign in on a shared computer", remember: false);
        var own = (await shared.GetAsync("/account/sessions")).Document.QuerySelector("[aria-current=true]")!.TextContent;
        Assert.Contains("in 5 minutes", own, StringComparison.Ordinal);
        Assert.DoesNotContain("if it is not used", own, StringComparison.Ordinal);
    }

    private async Task<Browser> SignInAsync(string email, string button, bool remember)
    {
        var browser = App.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", email).Fill("Password", Browser.DemoPassword);
        ((IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
        await form.PressAsync(button);
        return browser;
    }

    private async Task<UserSession> FindAsync(Browser browser) =>
        (await App.Services.GetRequiredService<IUserSessionStore>().FindAsync(App.KeyOf(browser).UserId, App.KeyOf(browser).SessionId))!;

    private static async Task<bool> IsSignedInAsync(Browser browser) => (await browser.PeekAsync("/account")).Status == 200;

    /// <summary>The use is recorded off the request's path.</summary>
    private async Task UseAsync(Browser browser)
    {
        Assert.True(await IsSignedInAsync(browser));
        await Eventually.TrueAsync(async () => (await FindAsync(browser)).LastSeenAt == App.Clock.GetUtcNow(), "the use was recorded");
    }
}

public sealed class DeadlinesToTheSecondOnSqlTests : DeadlinesToTheSecondTests;

public sealed class DeadlinesToTheSecondOnRedisTests : DeadlinesToTheSecondTests
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
