using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.RateLimits;

/// <summary>How often one address may send a form (ASVS 5.0, 6.3.1).</summary>
public sealed class RateLimitTests(LimitedApp app) : IClassFixture<LimitedApp>
{
    [Theory]
    [InlineData("/account/login")]
    [InlineData("/account/login?handler=MakeRoom")]
    [InlineData("/account/register")]
    [InlineData("/account/confirm")]
    [InlineData("/account/change-password")]
    [InlineData("/Account/LOGIN/")]
    public async Task Each_form_that_judges_a_proof_or_makes_an_account_is_limited_and_the_page_stays_free(string path)
    {
        using var browser = app.NewBrowserAt(LimitedApp.NewAddress());

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser, path));

        for (var i = 0; i < 2 * LimitedApp.Permits; i++)
            Assert.NotEqual(429, (await browser.PeekAsync(path.Split('?')[0])).Status);
        Assert.NotEqual(429, await LimitedApp.TryAsync(browser, "/account/logout"));
        Assert.NotEqual(429, await LimitedApp.TryAsync(browser, "/account/remaining"));
        Assert.Equal(200, (await browser.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await browser.GetAsync("/site.css")).Status);
    }

    [Fact]
    public async Task Retry_After_is_true_to_the_second()
    {
        var clock = app.Clock.GetUtcNow();
        using var browser = app.NewBrowserAt(LimitedApp.NewAddress());
        await LimitedApp.UseUpAsync(browser);

        var wait = TimeSpan.FromSeconds(int.Parse((await browser.PostAsync("/account/login")).Headers["Retry-After"].Single()));

        Assert.Equal(LimitedApp.Window / LimitedApp.Permits, wait);
        app.Clock.SetUtcNow(clock + wait - TimeSpan.FromSeconds(1));
        var refused = await browser.PostAsync("/account/login");
        Assert.Equal((429, "1"), (refused.Status, refused.Headers["Retry-After"].Single()));
        app.Clock.SetUtcNow(clock + wait);
        Assert.Equal(1, await LimitedApp.UseUpAsync(browser));
        app.Clock.SetUtcNow(clock + wait + LimitedApp.Window);
        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser));
    }

    [Fact]
    public async Task The_page_says_when_to_come_back_but_not_why_and_asks_for_nothing_to_be_kept()
    {
        using var browser = app.NewBrowserAt(LimitedApp.NewAddress());
        await LimitedApp.UseUpAsync(browser);

        var page = await browser.PostAsync("/account/login", ("Email", "alice@example.com"), ("Password", Browser.DemoPassword));

        Assert.Equal(429, page.Status);
        Assert.Equal("Too many tries The last one was not looked at. Wait 2 minutes, then go back and try again. Go to the home page", page.Text);
        Assert.Equal("no-store", page.Headers["Cache-Control"].Single());
        Assert.DoesNotContain(Browser.DemoPassword, page.Body, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
    }

    [Fact]
    public async Task Each_kind_of_form_and_each_address_has_its_own_count()
    {
        using Browser browser = app.NewBrowserAt(LimitedApp.NewAddress()), other = app.NewBrowserAt(LimitedApp.NewAddress());
        await LimitedApp.UseUpAsync(browser);

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser, "/account/register"));
        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(other));
    }

    [Theory]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:1:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:2:1::1", "2001:db8:2:2::1", false)]
    [InlineData("203.0.113.81", "::ffff:203.0.113.81", true)]
    [InlineData("203.0.113.82", "203.0.113.83", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public async Task An_IPv6_address_counts_by_its_64_and_IPv4_is_the_same_in_either_spelling(string one, string another, bool together)
    {
        using Browser browser = app.NewBrowserAt(one), other = app.NewBrowserAt(another);
        await LimitedApp.UseUpAsync(browser);

        Assert.Equal(together ? 0 : LimitedApp.Permits, await LimitedApp.UseUpAsync(other));
    }

    [Theory]
    [InlineData("Cut")]
    [InlineData("None")]
    public async Task However_little_of_an_address_is_kept_each_is_counted_by_itself(string kept)
    {
        await using var own = new LimitedApp { Settings = { ["Privacy:Addresses"] = kept, ["RateLimits:FailedProofs:Permits"] = "2" } };
        using Browser flooder = own.NewBrowserAt("203.0.113.21"), guesser = own.NewBrowserAt("203.0.113.22"), neighbour = own.NewBrowserAt("203.0.113.23");
        await LimitedApp.UseUpAsync(flooder);
        for (var wrong = 0; wrong < 2; wrong++)
            await guesser.TrySignInAsync("alice@example.com", "not the password");

        Assert.Equal(429, await LimitedApp.TryAsync(guesser));

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(neighbour));
        Assert.Contains(own.Log.Lines, line => line.Contains("requests were refused since this was last said", StringComparison.Ordinal));
        Assert.DoesNotContain(own.Log.Lines, line => line.Contains("203.0.113.2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_sites_page_can_not_use_up_what_its_visitor_has()
    {
        using var victim = app.NewBrowserAt(LimitedApp.NewAddress());
        victim.Headers["Sec-Fetch-Site"] = "cross-site";
        for (var i = 0; i < 2 * LimitedApp.Permits; i++)
            Assert.Equal(403, await LimitedApp.TryAsync(victim));
        victim.Headers.Remove("Sec-Fetch-Site");

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(victim));
    }

    [Fact]
    public async Task Somebody_signed_in_is_told_in_the_frame_of_their_own_pages()
    {
        using var browser = app.NewBrowserAt(LimitedApp.NewAddress());
        await browser.RegisterAsync();
        await LimitedApp.UseUpAsync(browser, "/account/confirm");

        var page = await browser.PostAsync("/account/confirm");

        Assert.Equal(429, page.Status);
        Assert.Contains("Signed in as Someone", page.Document.QuerySelector("header")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_strangers_word_on_the_address_changes_nothing()
    {
        await using var own = new TestApp { Settings = { ["RateLimits:SignIn:Permits"] = "3" } };
        using var browser = own.NewBrowser();
        await LimitedApp.UseUpAsync(browser);

        for (var i = 1; i < 10; i++)
        {
            browser.Headers["X-Forwarded-For"] = $"203.0.113.{i}";
            Assert.Equal(429, await LimitedApp.TryAsync(browser));
        }
    }

    [Fact]
    public async Task Being_refused_is_one_warning_a_minute()
    {
        await using var own = new LimitedApp();
        using var browser = own.NewBrowserAt("203.0.113.9");
        await LimitedApp.UseUpAsync(browser);
        for (var i = 0; i < 5; i++)
            await LimitedApp.TryAsync(browser);
        own.Clock.Advance(TimeSpan.FromMinutes(1));
        await LimitedApp.TryAsync(browser);

        var warnings = own.Log.Lines.Where(line => line.StartsWith("Warning WebApp.Hosting.RateLimits", StringComparison.Ordinal)).ToList();

        Assert.Equal(2, warnings.Count);
        Assert.Contains("6 requests were refused since this was last said, the last one for SignIn from 203.0.113.9", warnings[1], StringComparison.Ordinal);
    }
}
