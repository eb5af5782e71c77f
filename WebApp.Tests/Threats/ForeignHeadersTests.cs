using System.Text;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// What other sites and programs put into a browser's requests shuts nobody out: cookies of sibling sites, which browsers send to all of a domain, and
/// headers that are no UTF-8.
/// </summary>
public sealed class ForeignHeadersTests(SqlApp app) : IClassFixture<SqlApp>
{
    private static readonly string[] Paths = ["/", "/account", "/account/login", "/nothing", "/health/live", "/site.css"];

    // One character a byte: these are Latin-1, and bytes that are nothing in UTF-8.
    [Theory]
    [InlineData("User-Agent", Browser.Firefox + " K\u00e4the/1.0")]
    [InlineData("Referer", "https://www.example.com/caf\u00e9?q=\u00fc")]
    [InlineData("Accept-Language", "de, fr\u00e9")]
    [InlineData("X-Requested-With", "\u00ff\u00fe\u0080")]
    [InlineData("X-Forwarded-For", "\u00e9")]
    [InlineData("Origin", "https://caf\u00e9.example")]
    [InlineData("If-None-Match", "\"\u00e9\"")]
    public async Task A_header_with_any_bytes_is_answered_as_ever(string name, string value)
    {
        using var browser = await app.NewUserAsync();
        foreach (var path in Paths)
        {
            var plain = await AskAsync(path, ("Cookie", CookiesOf(browser)));
            var answer = await AskAsync(path, ("Cookie", CookiesOf(browser)), (name, value));

            Assert.Equal(plain.Status, answer.Status);
            Assert.True(answer.Status is 302 || answer.Text.Length > answer.Head.Length + 4, $"{path} has a body");
        }
    }

    [Theory]
    [InlineData("{0}; neighbour=caf\u00e9")]
    [InlineData("neighbour=caf\u00e9; {0}")]
    [InlineData("a=1; n\u00e9ighbour=x; {0}; b=2")]
    [InlineData("neighbour=\u00e9; {0}; other=\u00ff")]
    [InlineData("neighbour=\"caf\u00e9; x\"; {0}")]
    [InlineData("neighbour=a b,c; {0}")]
    [InlineData("neighbour=Z\u00c3\u00bcrich; {0}")]
    [InlineData("=nameless; {0}; ;;")]
    public async Task A_cookie_of_another_site_takes_nobodys_session_away_nor_a_forms_token(string header)
    {
        using var browser = await app.NewUserAsync();
        var cookies = string.Format(null, CompositeFormat.Parse(header), CookiesOf(browser));
        var form = await browser.GetAsync("/account/logout");

        Assert.Equal(200, (await AskAsync("/account", ("Cookie", cookies))).Status);

        var body = $"__RequestVerificationToken={Uri.EscapeDataString(form.AntiforgeryToken)}";
        var answer = await RawHttp.SendAsync(
            app.Address, "POST /account/logout HTTP/1.1", [("Host", app.Address.Authority), ("User-Agent", Browser.Firefox), ("Cookie", cookies), ("Content-Type", "application/x-www-form-urlencoded")], body);
        Assert.Equal(302, answer.Status);
    }

    // Kestrel takes a first line of 8 KB: a page's address, written into another's twice, would not come back.
    [Theory]
    [InlineData("/account?q=", 500)]
    [InlineData("/account?q=", 2_000)]
    [InlineData("/account?q=", 7_500)]
    [InlineData("/admin/users?q=%F0%9F%94%91&x=", 6_000)]
    public async Task A_long_address_asked_for_while_signed_out_leads_to_the_sign_in_and_on(string start, int length)
    {
        using var browser = await app.NewUserAsync();
        using var visitor = app.NewBrowser();
        var path = start + new string('\u00fc', length / 6);

        var asked = await visitor.GetAsync(path);

        Assert.Equal((200, "/account/login"), (asked.Status, asked.Address.AbsolutePath));
        Assert.InRange(asked.Address.PathAndQuery.Length, 1, 1100);
        var signedIn = await asked.Fill("Email", browser.Email).Fill("Password", Browser.Password).PressAsync("Sign in");
        Assert.True(signedIn.Status is 200 or 403 or 404, $"{signedIn.Address} got {signedIn.Status}");
        Assert.NotEqual("/account/login", signedIn.Address.AbsolutePath);
    }

    [Theory]
    [InlineData("/account/login")]
    [InlineData("/account/register")]
    [InlineData("/account/second-factor")]
    [InlineData("/account/confirm")]
    public async Task However_long_the_address_to_return_to_no_answer_has_a_long_one(string page)
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(new SessionPolicy().RecentSignIn);
        var path = $"{page}?returnUrl={Uri.EscapeDataString("/account?q=" + new string('x', 3000))}";

        var answer = await browser.PeekAsync(path);
        var posted = await browser.PostAsync(path, ("__RequestVerificationToken", "none"));

        Assert.All([answer, posted], one => Assert.InRange(one.Location?.Length ?? 0, 0, 1100));
        Assert.DoesNotContain(answer.Document.QuerySelectorAll("[href], [action]"), one => $"{one.GetAttribute("href")}{one.GetAttribute("action")}".Length > 1100);
    }

    [Fact]
    public async Task A_browser_without_cookies_is_told_that_they_are_needed()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        browser.Cookies.Clear();

        var answer = await form.Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword).PressAsync("Sign in");

        Assert.Equal(400, answer.Status);
        Assert.Contains("Your browser sent no cookie", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("another tab", answer.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", answer.Document.QuerySelector("main a.primary")!.GetAttribute("href"));
    }

    // Browsers leave strict cookies out when a link on another site is followed.
    [Theory]
    [InlineData("/")]
    [InlineData("/account/login")]
    [InlineData("/account/sessions")]
    public async Task A_link_from_another_site_in_a_second_tab_leaves_the_forms_in_the_first_alone(string path)
    {
        using var browser = await app.NewUserAsync();
        using var visitor = app.NewBrowser();
        var strict = await StrictCookiesAsync(browser);
        strict.UnionWith(await StrictCookiesAsync(visitor));
        var (form, visitorsForm) = (await browser.GetAsync("/account/logout"), await visitor.GetAsync("/account/login"));

        foreach (var one in new[] { browser, visitor })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", one.Cookies.Where(c => !strict.Contains(c.Key)).Select(c => $"{c.Key}={c.Value}")));
            await one.SendAsync(request);
        }

        Assert.Equal(302, (await form.SendAsync("Sign out", "main")).Status);
        Assert.Equal(302, (await visitorsForm.Fill("Email", browser.Email).Fill("Password", Browser.Password).SendAsync("Sign in", "main")).Status);
    }

    private static async Task<HashSet<string>> StrictCookiesAsync(Browser browser)
    {
        using var fresh = new HttpRequestMessage(HttpMethod.Get, "/account/login");
        fresh.Headers.TryAddWithoutValidation("Cookie", "none=1");
        var answer = await browser.SendAsync(fresh);
        return [.. answer.Headers["Set-Cookie"].Where(cookie => cookie.Contains("samesite=strict", StringComparison.OrdinalIgnoreCase)).Select(cookie => cookie.Split('=')[0])];
    }

    private static string CookiesOf(Browser browser) => string.Join("; ", browser.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"));

    private Task<RawAnswer> AskAsync(string path, params (string Name, string Value)[] headers) =>
        RawHttp.SendAsync(
            app.Address, $"GET {path} HTTP/1.1", [("Host", app.Address.Authority), .. headers.Append((Name: "User-Agent", Value: Browser.Firefox)).DistinctBy(header => header.Name)]);
}
