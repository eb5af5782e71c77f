using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class SessionsTests(TestApp app)
{
    private const string AlreadyEnded = "That session had already ended.";

    [Fact]
    public async Task This_browser_stands_first_and_each_says_what_is_known_of_it()
    {
        using var laptop = await app.NewUserAsync();
        using var phone = app.NewBrowser(Browser.Safari);

        var page = await phone.SignInAsync(laptop.Email, remember: true);

        var sessions = page.Document.QuerySelectorAll("[data-session-id]");
        Assert.Equal(["true", null], sessions.Select(s => s.GetAttribute("aria-current")));
        Assert.Equal(["Safari on iOS", "Firefox on Windows"], sessions.Select(s => s.QuerySelector("h3")!.TextContent));
        Assert.Contains($"Last seen just now Signed in just now Expires in 14 days if it is not used; at the latest {At(TimeSpan.FromDays(30))} Address 127.0.0.1 Signed in with Password Kept signed in Yes", page.Text);
        Assert.Contains($"Last seen just now Signed in just now Expires in 1 hour if it is not used; at the latest {At(TimeSpan.FromHours(24))} Address 127.0.0.1 Signed in with Password Kept signed in No", page.Text);
        Assert.All(page.Document.QuerySelectorAll("main time"), time =>
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", time.GetAttribute("datetime")));
        Assert.Equal(page.SessionIds.Reverse(), (await laptop.GetAsync("/account/sessions")).SessionIds);

        string At(TimeSpan later) => (app.Clock.GetUtcNow() + later).ToString("yyyy-MM-dd HH:mm:ss 'UTC'");
    }

    [Fact]
    public async Task Without_another_session_and_without_an_end_it_says_so()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/account/sessions");

        Assert.Contains("You are not signed in anywhere else.", page.Text);
        Assert.Contains("Nothing here: no session was ended early.", page.Text);
        Assert.DoesNotContain("Sign out the other", page.Text);
    }

    [Fact]
    public async Task Another_session_is_ended_at_once_and_leaves_a_line()
    {
        using var laptop = await app.NewUserAsync();
        using var phone = app.NewBrowser(Browser.Safari);
        var phoneId = (await phone.SignInAsync(laptop.Email)).CurrentSessionId;

        var page = await (await laptop.GetAsync("/account/sessions")).PressAsync("Sign out", $"[data-session-id='{phoneId}']");

        Assert.Contains("That device has been signed out.", page.Text);
        Assert.DoesNotContain(phoneId, page.SessionIds);
        Assert.Contains("Recently ended Safari on iOS Ended by you just now: signed out from another device.", page.Text);
        Assert.Contains("You were signed out from another device, just now.", (await phone.GetAsync("/account")).Text);
    }

    [Fact]
    public async Task To_end_this_one_is_to_sign_out()
    {
        using var browser = await app.NewUserAsync();

        var page = await (await browser.GetAsync("/account/sessions")).PressAsync("Sign out", "[aria-current=true]");

        Assert.Equal("/", page.Address.AbsolutePath);
        Assert.Contains("You are signed out.", page.Text);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task All_others_end_together_and_are_counted()
    {
        using var browser = await app.NewUserAsync();
        using var phone = app.NewBrowser(Browser.Safari);
        using var tablet = app.NewBrowser();
        await phone.SignInAsync(browser.Email);
        await tablet.SignInAsync(browser.Email);

        var page = await (await browser.GetAsync("/account/sessions")).PressAsync("Sign out 2 other sessions");

        Assert.Contains("2 other sessions were signed out.", page.Text);
        Assert.Equal([page.CurrentSessionId], page.SessionIds);
        Assert.Equal("/account/login", (await phone.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await tablet.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task All_others_when_there_are_none_left_is_no_failure()
    {
        using var browser = await app.NewUserAsync();
        using var phone = app.NewBrowser(Browser.Safari);
        await phone.SignInAsync(browser.Email);
        var stale = await browser.GetAsync("/account/sessions");
        await (await phone.GetAsync("/account/logout")).PressAsync("Sign out");

        var page = await stale.PressAsync("Sign out the other session");

        Assert.Contains("You were not signed in anywhere else.", page.Text);
    }

    [Fact]
    public async Task Somebody_elses_unknown_and_ended_ones_get_the_same_answer_and_stay_as_they_are()
    {
        using var stranger = await app.NewUserAsync();
        var strangers = (await stranger.GetAsync("/account/sessions")).CurrentSessionId;
        using var browser = await app.NewUserAsync();
        var ended = (await browser.GetAsync("/account/sessions")).CurrentSessionId;
        await browser.SignInAsync(browser.Email);
        var token = (await browser.GetAsync("/account/sessions")).AntiforgeryToken;
        var answers = new List<string>();

        foreach (var id in new[] { strangers, ended, new('0', 32), "malformed", "", strangers.ToUpperInvariant() })
        {
            var page = await browser.FollowAsync(await browser.PostAsync("/account/sessions?handler=Revoke", ("id", id), ("__RequestVerificationToken", token)));
            answers.Add(page.Text);
        }

        Assert.Contains(AlreadyEnded, Assert.Single(answers.Distinct()));
        Assert.Equal(strangers, (await stranger.GetAsync("/account/sessions")).CurrentSessionId);
    }

    [Fact]
    public async Task A_session_that_was_replaced_in_the_same_browser_is_told_apart()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.SignInAsync(browser.Email);

        Assert.Contains("Ended by you just now: replaced by a newer session in the same browser.", page.Text);
    }
}

[Trait("Lane", "Fast")]
public sealed class SessionsOnSqlTests(SqlApp app) : SessionsTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Fast")]
public sealed class SessionsOnRedisTests(RedisApp app) : SessionsTests(app), IClassFixture<RedisApp>;
