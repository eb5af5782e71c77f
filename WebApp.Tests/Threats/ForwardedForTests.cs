using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody writes an X-Forwarded-For of their own, to sign in under another address (ASVS 5.0, 4.1.3).</summary>
public sealed class ForwardedForTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-For", "203.0.113.9, 127.0.0.1")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("X-Real-IP", "203.0.113.9")]
    [InlineData("X-Original-For", "203.0.113.9")]
    public async Task Without_a_known_proxy_the_real_peer_is_shown(string header, string value)
    {
        using var browser = app.NewBrowser();
        browser.Headers[header] = value;

        var page = await browser.RegisterAsync();

        Assert.Contains("Address 127.0.0.1", page.Text);
        Assert.DoesNotContain("203.0.113.9", page.Text);
    }

    [Fact]
    public async Task Without_a_known_proxy_the_forwarded_scheme_is_ignored_too()
    {
        using var browser = app.NewBrowser();
        browser.Headers["X-Forwarded-Proto"] = "https";

        var page = await browser.GetAsync("/account/login");

        // Over https it would have to be Secure.
        Assert.DoesNotContain("secure", string.Join(' ', page.Headers["Set-Cookie"]), StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>Behind two proxies, the outer one known by its network, and a client who writes a header, too.</summary>
public sealed class ForwardedForBehindTwoProxiesTests
{
    [Theory]
    [InlineData("198.51.100.7, 10.0.0.2", "198.51.100.7")]
    [InlineData("198.51.100.7, 10.0.0.2, 10.9.9.9, 127.0.0.1", "198.51.100.7")]
    [InlineData("2001:db8::7, ::ffff:10.0.0.2", "2001:db8::7")]
    [InlineData("192.0.2.66, 198.51.100.7, 10.0.0.2", "198.51.100.7")]
    [InlineData("10.0.0.2, 198.51.100.7, 10.0.0.2", "198.51.100.7")]
    [InlineData("192.0.2.66, 198.51.100.7", "198.51.100.7")]
    [InlineData("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2")]
    public async Task The_first_that_is_no_proxy_counts_from_the_last_on(string forwarded, string shown)
    {
        await using var app = new TestApp { Settings = { ["ForwardedHeaders:KnownProxies"] = "127.0.0.1, 10.0.0.0/8" } };
        using var browser = app.NewBrowser();
        browser.Headers["X-Forwarded-For"] = forwarded;

        var page = await browser.RegisterAsync();

        Assert.Contains($"Address {shown}", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_of_many_people_has_a_limit_of_their_own()
    {
        await using var app = new TestApp
        {
            Settings = { ["ForwardedHeaders:KnownProxies"] = "127.0.0.1,10.0.0.2", ["RateLimits:Forgot:Permits"] = "1" },
        };

        foreach (var person in Enumerable.Range(1, 8))
        {
            using var browser = app.NewBrowser();
            browser.Headers["X-Forwarded-For"] = $"198.51.100.{person}, 10.0.0.2";
            Assert.Equal(200, await AskAsync(browser));
            Assert.Equal(429, await AskAsync(browser));
        }
    }

    private static async Task<int> AskAsync(Browser browser)
    {
        var form = await browser.GetAsync("/account/forgot-password");
        return (await form.Fill("Email", "nobody@example.com").PressAsync(form.Document.QuerySelector("main form button")!.TextContent.Trim())).Status;
    }
}

/// <summary>The other side: behind the proxies that the configuration names.</summary>
public sealed class ForwardedForBehindAProxyTests(ProductionApp app) : IClassFixture<ProductionApp>
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8::9", "2001:db8::9")]
    [InlineData("[2001:db8::9]:4711", "2001:db8::9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("10.66.66.66, 203.0.113.9", "203.0.113.9")]
    [InlineData("<script>, 203.0.113.9", "203.0.113.9")]
    public async Task From_a_known_proxy_the_last_address_counts(string forwarded, string shown)
    {
        using var browser = app.NewBrowser();
        browser.Headers["X-Forwarded-For"] = forwarded;

        var page = await browser.RegisterAsync();

        Assert.Contains($"Address {shown} ", page.Text);
        Assert.DoesNotContain("10.66.66.66", page.Text);
    }

    [Fact]
    public async Task The_audit_log_has_the_same_address_as_the_session()
    {
        using Browser browser = app.NewBrowser(), stranger = app.NewBrowser();
        browser.Headers["X-Forwarded-For"] = stranger.Headers["X-Forwarded-For"] = "::ffff:203.0.113.77";
        await browser.RegisterAsync();

        await stranger.TrySignInAsync(browser.Email, "not the password");

        var id = await app.UserIdAsync(browser.Email);
        var entries = await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 100);
        Assert.Equal(
            [(AuditAction.SignInFailed, "203.0.113.77"), (AuditAction.SignedIn, "203.0.113.77"), (AuditAction.Registered, "203.0.113.77")],
            entries.Where(e => e.SubjectId == id).Select(e => (e.Action, e.Address)));
    }

    [Fact]
    public async Task A_proxy_may_be_named_by_its_network()
    {
        await using var own = new TestApp();
        own.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.0/8";
        using var browser = own.NewBrowser();
        browser.Headers["X-Forwarded-For"] = "203.0.113.9";

        var page = await browser.RegisterAsync();

        Assert.Contains("Address 203.0.113.9", page.Text);
    }

    [Fact]
    public async Task Another_proxy_than_the_configured_one_is_nobody()
    {
        await using var own = new TestApp();
        own.Settings["ForwardedHeaders:KnownProxies:0"] = "192.0.2.1";
        using var browser = own.NewBrowser();
        browser.Headers["X-Forwarded-For"] = "203.0.113.9";

        var page = await browser.RegisterAsync();

        Assert.Contains("Address 127.0.0.1", page.Text);
    }

    [Fact]
    public async Task What_is_neither_an_address_nor_a_network_stops_the_start()
    {
        await using var own = new TestApp();
        own.Settings["ForwardedHeaders:KnownProxies:0"] = "proxy.example";

        var error = Assert.ThrowsAny<Exception>(() => own.Address);

        Assert.Contains("proxy.example", error.ToString());
    }
}
