using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>A script asks how long the session goes on. To ask is no use of it; to want to stay is.</summary>
public abstract class RemainingTimeTests(TestApp app)
{
    private const string Path = "/account/remaining";
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    // The idle timeout as enforced, an hour and a minute: see SessionPolicy.IdleWindow.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(61);

    [Fact]
    public async Task The_answer_is_in_whole_seconds_and_never_more_than_is_left()
    {
        using var browser = await app.NewUserAsync();

        Assert.Equal((3660, 86_400), await AskAsync(browser));
        app.Clock.Advance(Moment);
        Assert.Equal((3659, 86_399), await AskAsync(browser));
        app.Clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal((659, 83_399), await AskAsync(browser));
    }

    [Fact]
    public async Task Asking_does_not_keep_a_session_alive()
    {
        using var browser = await app.NewUserAsync();
        for (var minute = 0; minute < 60; minute++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await AskAsync(browser);
        }

        Assert.Equal((60, 82_800), await AskAsync(browser));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AssertRefusedAsync(browser);
    }

    [Fact]
    public async Task Staying_does()
    {
        using var browser = await app.NewUserAsync();
        var page = await browser.GetAsync("/account");
        app.Clock.Advance(Window - Moment);

        var answer = await StayAsync(browser, page);

        Assert.Equal((3660, 82_740), Read(answer));
        app.Clock.Advance(Window - Moment);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Staying_takes_a_form_of_this_session()
    {
        using Browser browser = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var page = await browser.GetAsync("/account");

        Assert.Equal(400, (await browser.PostAsync(Path)).Status);
        browser.SessionCookie = other.SessionCookie;
        Assert.Equal(400, (await StayAsync(browser, page)).Status);
    }

    [Fact]
    public async Task Staying_gets_past_no_absolute_deadline()
    {
        using var browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        var page = await browser.GetAsync("/account");
        Assert.True(await app.Services.GetRequiredService<SessionManager>().ShortenAsync(key.UserId, key.SessionId, app.Clock.GetUtcNow() + TimeSpan.FromSeconds(90)));

        Assert.Equal((3660, 90), Read(await StayAsync(browser, page)));
        app.Clock.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal((401, ""), await StatusAsync(StayAsync(browser, page)));
        await AssertRefusedAsync(browser);
    }

    [Fact]
    public async Task Who_is_signed_out_gets_a_bare_401_and_is_led_nowhere()
    {
        using Browser visitor = app.NewBrowser(), browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        await app.Services.GetRequiredService<SessionManager>().RevokeAsync(key.UserId, key.SessionId, RevocationReason.SignedOutElsewhere);

        await AssertRefusedAsync(visitor);
        await AssertRefusedAsync(browser);
    }

    [Fact]
    public async Task A_locked_session_is_told_nothing_and_can_not_stay()
    {
        using var browser = await app.NewUserAsync();
        var page = await browser.GetAsync("/account");
        var key = app.KeyOf(browser);
        Assert.True(await app.Services.GetRequiredService<SessionManager>().LockAsync(key.UserId, key.SessionId, LockReason.User));

        Assert.Equal((204, ""), await StatusAsync(browser.PeekAsync(Path)));
        Assert.Equal("/account/confirm?returnUrl=%2Faccount%2Fremaining", (await StayAsync(browser, page)).Location);
        Assert.Null((await browser.GetAsync("/account")).Document.QuerySelector("#deadline"));
    }

    [Fact]
    public async Task Pages_carry_what_the_script_needs_for_those_who_are_signed_in_only()
    {
        using Browser visitor = app.NewBrowser(), browser = await app.NewUserAsync();

        var region = (await browser.GetAsync("/account?x=1")).Document.QuerySelector("#deadline")!;

        Assert.Equal((Path, "3660", "status", ""), (region.GetAttribute("data-url"), region.GetAttribute("data-left"), region.GetAttribute("role"), region.TextContent));
        Assert.Null((await visitor.GetAsync("/")).Document.QuerySelector("#deadline"));
    }

    private static async Task<(long Idle, long Absolute)> AskAsync(Browser browser) => Read(await browser.PeekAsync(Path));

    private static Task<Page> StayAsync(Browser browser, Page page) => browser.PostAsync(Path, ("__RequestVerificationToken", page.AntiforgeryToken));

    private static (long Idle, long Absolute) Read(Page answer)
    {
        Assert.Equal(200, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"].Single());
        var json = JsonDocument.Parse(answer.Body).RootElement;
        return (json.GetProperty("idle").GetInt64(), json.GetProperty("absolute").GetInt64());
    }

    private static async Task AssertRefusedAsync(Browser browser) => Assert.Equal((401, ""), await StatusAsync(browser.PeekAsync(Path)));

    private static async Task<(int, string)> StatusAsync(Task<Page> asking) => ((await asking).Status, (await asking).Body);
}

public sealed class RemainingTimeOnSqlTests(SqlApp app) : RemainingTimeTests(app), IClassFixture<SqlApp>;

public sealed class RemainingTimeOnRedisTests(RedisApp app) : RemainingTimeTests(app), IClassFixture<RedisApp>;
