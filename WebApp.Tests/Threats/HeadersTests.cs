using Microsoft.Net.Http.Headers;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// A page is framed, a script is slipped in, an answer stays in a shared cache, a cookie is read or sent in the clear: the headers that stop it
/// (ASVS 5.0, 3.3 and 3.4), on every kind of answer.
/// </summary>
public sealed class HeadersTests(ProductionApp app) : IClassFixture<ProductionApp>
{
    private static readonly Dictionary<string, string> Always = new()
    {
        ["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'",
        ["X-Content-Type-Options"] = "nosniff",
        ["Referrer-Policy"] = "same-origin",
        ["Permissions-Policy"] = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), "
            + "serial=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
    };

    private static readonly string[] NeverSent = ["Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-SourceFiles"];

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/account/login", 200)]
    [InlineData("GET", "/site.css", 200)]
    [InlineData("GET", "/favicon.svg", 200)]
    [InlineData("GET", "/health/live", 200)]
    [InlineData("GET", "/health/ready", 200)]
    [InlineData("GET", "/account", 302)]
    [InlineData("POST", "/account/login", 400)]
    [InlineData("GET", "/account/access-denied", 403)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/nothing.css", 404)]
    public async Task A_visitors_answer_has_them_all(string method, string path, int status)
    {
        using var browser = app.NewBrowser();

        var answer = await AskAsync(browser, method, path);

        Assert.Equal(status, answer.Status);
        AssertHeaders(answer);
        Assert.Equal("max-age=31536000; includeSubDomains", answer.Headers["Strict-Transport-Security"].Single());
    }

    // Even our own files, whose requests a proxy writes down, need not be told what proves who is there.
    [Theory]
    [InlineData("/account/reset-password")]
    [InlineData("/account/confirm-email")]
    [InlineData("/account/confirm-new-email")]
    [InlineData("/account/not-me")]
    public async Task A_page_with_a_token_in_its_address_tells_it_to_nobody_and_its_form_works_in_old_browsers(string path)
    {
        using var browser = app.NewBrowser();

        var page = await browser.PeekAsync($"{path}?t=sealed");

        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"].Single());
        // What browsers send then in the place of the origin; newer ones say where the form is from.
        browser.Headers["Origin"] = "null";
        Assert.Equal(400, (await browser.PostAsync($"{path}?t=sealed")).Status);
        browser.Headers["Sec-Fetch-Site"] = "cross-site";
        Assert.Equal(403, (await browser.PostAsync($"{path}?t=sealed")).Status);
    }

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/account/sessions", 200)]
    [InlineData("GET", "/admin/users", 302)]
    [InlineData("POST", "/account/sessions?handler=RevokeOthers", 400)]
    [InlineData("GET", "/account/access-denied", 403)]
    [InlineData("GET", "/nothing", 404)]
    public async Task No_answer_to_a_signed_in_person_is_kept_by_a_cache(string method, string path, int status)
    {
        using var browser = app.NewBrowser();
        await browser.RegisterAsync();

        var answer = await AskAsync(browser, method, path);

        Assert.Equal(status, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"].Single());
        AssertHeaders(answer);
        Assert.Contains("Strict-Transport-Security", answer.Headers.Keys);
    }

    [Fact]
    public async Task A_cross_site_post_is_refused_with_them_too()
    {
        using var browser = app.NewBrowser();
        await browser.RegisterAsync();
        browser.Headers["Sec-Fetch-Site"] = "cross-site";

        var answer = await browser.PostAsync("/account/logout");

        Assert.Equal(403, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"].Single());
        AssertHeaders(answer);
    }

    [Fact]
    public async Task A_failure_has_them_too_and_tells_nothing_of_itself()
    {
        await using var own = await ProductionApp.StartAsync();
        using var browser = own.NewBrowser();
        await browser.RegisterAsync();
        var form = await browser.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        await own.BreakAsync("AspNetUsers");

        foreach (var answer in new[] { await browser.PeekAsync("/account"), await form.SendAsync("Change password") })
        {
            Assert.Equal(500, answer.Status);
            Assert.Contains("Something went wrong on our side", answer.Text);
            Assert.DoesNotContain("AspNetUsers", answer.Body);
            Assert.Equal("no-store", answer.Headers["Cache-Control"].Single());
            AssertHeaders(answer);
            Assert.Contains("Strict-Transport-Security", answer.Headers.Keys);
        }
    }

    [Fact]
    public async Task An_unreachable_store_has_them_too_and_asks_to_come_back()
    {
        await using var own = await ProductionApp.StartAsync();
        using var browser = own.NewBrowser();
        await browser.RegisterAsync();
        using var visitor = own.NewBrowser();
        var form = await visitor.GetAsync("/account/login");
        await own.BreakAsync("Sessions");

        form.Fill("Email", browser.Email).Fill("Password", Browser.Password);
        foreach (var answer in new[] { await browser.PeekAsync("/account"), await browser.PostAsync("/account/logout"), await form.SendAsync("Sign in") })
        {
            Assert.Equal(503, answer.Status);
            Assert.Equal("5", answer.Headers["Retry-After"].Single());
            Assert.Equal("no-store", answer.Headers["Cache-Control"].Single());
            Assert.DoesNotContain("Set-Cookie", answer.Headers.Keys);
            AssertHeaders(answer);
            Assert.Contains("Strict-Transport-Security", answer.Headers.Keys);
        }
    }

    [Fact]
    public async Task Static_files_may_be_kept_and_pages_may_not()
    {
        using var browser = app.NewBrowser();

        Assert.DoesNotContain("Cache-Control", (await browser.GetAsync("/site.css")).Headers.Keys);
        Assert.Equal("no-store", (await browser.GetAsync("/")).Headers["Cache-Control"].Single());
    }

    [Fact]
    public async Task Strict_transport_is_asked_for_over_https_only()
    {
        using var browser = app.NewBrowser();
        browser.Headers.Remove("X-Forwarded-Proto");

        Assert.DoesNotContain("Strict-Transport-Security", (await browser.GetAsync("/")).Headers.Keys);
    }

    [Fact]
    public async Task Strict_transport_is_not_asked_for_in_Development()
    {
        await using var development = new TestApp();
        development.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        using var browser = development.NewBrowser();
        browser.Headers["X-Forwarded-Proto"] = "https";

        var answer = await browser.GetAsync("/");

        AssertHeaders(answer);
        Assert.DoesNotContain("Strict-Transport-Security", answer.Headers.Keys);
    }

    [Fact]
    public async Task Cookies_are_host_bound_secure_and_hidden_from_scripts_and_name_no_framework()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        form.Fill("Name", "Someone").Fill("Email", "cookies@example.com").Fill("Password", Browser.Password);
        var registered = await form.SendAsync("Create account");
        var ended = await browser.PostAsync("/account/sessions?handler=RevokeOthers",
            ("__RequestVerificationToken", (await browser.GetAsync("/account/sessions")).AntiforgeryToken));

        var cookies = SetCookieHeaderValue.ParseList([.. new[] { form, registered, ended }.SelectMany(a => a.Headers["Set-Cookie"])]);

        Assert.Equal(["__Host-antiforgery", "__Host-browser", "__Host-notice", "__Host-session"], cookies.Select(c => c.Name.Value).Distinct().Order());
        Assert.All(cookies, c => Assert.Equal((true, true, "/", default), (c.Secure, c.HttpOnly, c.Path.Value, c.Domain.Value)));
        Assert.DoesNotContain(cookies, c => c.SameSite is SameSiteMode.None or SameSiteMode.Unspecified);
    }

    [Fact]
    public async Task A_remembered_session_lives_as_long_as_it_can_and_another_until_the_browser_closes()
    {
        using var browser = app.NewBrowser();
        await browser.RegisterAsync();

        async Task<SetCookieHeaderValue> SignInAsync(bool remember)
        {
            var form = await browser.GetAsync("/account/login");
            form.Fill("Email", browser.Email).Fill("Password", Browser.Password);
            ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
            return (await form.SendAsync("Sign in")).SessionCookies.Single();
        }

        Assert.Null((await SignInAsync(remember: false)).Expires);
        Assert.Equal(app.Clock.GetUtcNow().AddDays(30), (await SignInAsync(remember: true)).Expires!.Value, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task No_page_has_a_script_or_a_style_that_the_policy_would_stop()
    {
        await using var own = new TestApp();
        using var staff = await own.SignedInAsync("ada@example.com");
        var userId = await own.UserIdAsync("alice@example.com");

        foreach (var path in new[] { "/", "/account", "/account/login", "/account/logout", "/account/register", "/account/sessions", "/account/change-password", "/account/security", "/account/security/authenticator", "/account/access-denied", "/admin/users", $"/admin/users/{userId}", "/admin/audit", "/nothing", "/unavailable.html", "/wrong-host.html" })
        {
            var document = (await staff.GetAsync(path)).Document;

            Assert.DoesNotContain(document.All, e => e.HasAttribute("style") || e.Attributes.Any(a => a.Name.StartsWith("on", StringComparison.Ordinal)));
            Assert.Empty(document.QuerySelectorAll("style, script:not([src]), iframe, object, embed, base, [src^='http'], [href^='javascript:']"));
        }
    }

    private static Task<Page> AskAsync(Browser browser, string method, string path)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = new FormUrlEncodedContent([]);
        return browser.SendAsync(request);
    }

    private static void AssertHeaders(Page answer)
    {
        foreach (var (name, value) in Always)
            Assert.Equal(value, answer.Headers[name].Single());
        Assert.DoesNotContain(answer.Headers.Keys, NeverSent.Contains);
        var cookies = answer.Headers.TryGetValue("Set-Cookie", out var values) ? string.Join(' ', values) : "";
        Assert.DoesNotContain("asp", cookies, StringComparison.OrdinalIgnoreCase);
    }
}
