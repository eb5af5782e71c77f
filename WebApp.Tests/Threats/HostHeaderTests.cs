using WebApp.Hosting;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>The Host header is whatever the client writes. Nothing may be answered to a foreign one, and no address be built from it (ASVS 5.0, 4.1.2).</summary>
[Trait("Lane", "Fast")]
public sealed class HostHeaderTests(ProductionApp app) : IClassFixture<ProductionApp>
{
    private static readonly string[] Paths = ["/", "/account", "/health/live", "/health/ready", "/nothing"];

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:443")]
    [InlineData("accounts.example.com.evil.example")]
    [InlineData("xaccounts.example.com")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("")]
    public async Task A_foreign_host_gets_a_page_for_operators_and_no_word_of_the_app(string host)
    {
        foreach (var path in Paths)
        {
            var answer = await AskAsync(path, host);

            Assert.Equal(400, answer.Status);
            Assert.Contains("<h1>This site has another address</h1>", answer.Text, StringComparison.Ordinal);
            Assert.Contains("App:PublicUrl", answer.Text, StringComparison.Ordinal);
            // Neither the right host, which strangers need not learn, nor what they wrote.
            Assert.DoesNotContain("example", answer.Text, StringComparison.Ordinal);
            Assert.Equal("no-store", answer.Header("Cache-Control"));
            Assert.StartsWith("default-src 'self'", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Null(answer.Header("Set-Cookie"));
            // The host's owner may have subdomains that speak plain http.
            Assert.Null(answer.Header("Strict-Transport-Security"));
        }
    }

    [Theory]
    [InlineData("accounts.example.com:evil")]
    [InlineData("accounts.example.com@evil.example")]
    [InlineData("accounts.example.com, evil.example")]
    [InlineData("evil.example\twarn: forged")]
    [InlineData("<script>alert(1)</script>")]
    public async Task What_is_no_host_at_all_gets_400_from_the_server_itself(string host)
    {
        foreach (var path in Paths)
        {
            var answer = await AskAsync(path, host);

            Assert.Equal(400, answer.Status);
            Assert.EndsWith("\r\n\r\n", answer.Text);
        }
    }

    // The page needs its style sheet. Files are the same for everyone.
    [Theory]
    [InlineData("/site.css")]
    [InlineData("/favicon.svg")]
    public async Task The_pages_looks_are_there_for_any_host_over_http_and_https(string path)
    {
        foreach (var scheme in new[] { "http", "https" })
        {
            var answer = await AskAsync(path, "evil.example", scheme);

            Assert.Equal(200, answer.Status);
            Assert.Null(answer.Header("Strict-Transport-Security"));
        }
    }

    [Fact]
    public async Task The_log_says_once_a_minute_which_host_was_asked_for_and_how_often()
    {
        await using var own = await ProductionApp.StartAsync();

        foreach (var host in new[] { "one.example", "two.example", "three.example" })
            await AskAsync(host);
        own.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskAsync("10.0.0.5:5000");

        const string Refused = "Warning WebApp.Hosting.WrongHostPage: Refused for a wrong Host header: ";
        var lines = own.Log.Lines.Where(line => line.StartsWith(Refused, StringComparison.Ordinal)).ToList();
        Assert.Equal(2, lines.Count);
        Assert.StartsWith(
            $"{Refused}1 since this was last said, now \"one.example\" from 203.0.113.50. This app answers to "
                + $"{ProductionApp.Host}.",
            lines[0],
            StringComparison.Ordinal);
        Assert.StartsWith(
            $"{Refused}3 since this was last said, now \"10.0.0.5:5000\" from", lines[1], StringComparison.Ordinal);

        Task AskAsync(string host) =>
            RawHttp.SendAsync(own.Address, "GET / HTTP/1.1", [("Host", host), ("X-Forwarded-For", "203.0.113.50")]);
    }

    [Theory]
    [InlineData("evil.example", "evil.example")]
    [InlineData("[::1]:5080", "[::1]:5080")]
    [InlineData("", "")]
    [InlineData("a\r\nwarn: forged", "a??warn:?forged")]
    [InlineData("\u001b[2Jx\u202Ey\u0085z", "?[2Jx?y?z")]
    public void A_host_in_the_log_is_one_line_of_plain_characters(string host, string logged) =>
        Assert.Equal(logged, WrongHostPage.Clean(host));

    [Fact]
    public void A_long_host_is_cut_in_the_log() =>
        Assert.Equal(new string('x', 100) + "...", WrongHostPage.Clean(new string('x', 5000)));

    [Fact]
    public async Task A_request_without_a_host_gets_400()
    {
        var answer = await RawHttp.SendAsync(app.Address, "GET / HTTP/1.0", [("X-Forwarded-Proto", "https")]);

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task A_host_in_the_request_line_does_not_get_round_the_check()
    {
        var answer = await RawHttp.SendAsync(app.Address, "GET http://evil.example/account HTTP/1.1", [("Host", ProductionApp.Host), ("X-Forwarded-Proto", "https")]);

        Assert.Equal(400, answer.Status);
    }

    [Theory]
    [InlineData("/account", "/account/login?returnUrl=%2Faccount")]
    [InlineData("/admin/users?q=x", "/account/login?returnUrl=%2Fadmin%2Fusers%3Fq%3Dx")]
    public async Task A_redirect_is_a_path_whatever_the_forwarded_host_says(string path, string location)
    {
        var answer = await RawHttp.SendAsync(app.Address, $"GET {path} HTTP/1.1",
            [("Host", $"{ProductionApp.Host}:8443"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example")]);

        Assert.Equal(302, answer.Status);
        Assert.Equal(location, answer.Header("Location"));
    }

    [Fact]
    public async Task Every_redirect_of_a_signed_in_person_is_a_path()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        form.Fill("Name", "Someone").Fill("Email", "redirects@example.com").Fill("Password", Browser.Password);

        Page[] answers =
        [
            await form.SendAsync("Create account"),
            await browser.PeekAsync("/admin/users"),
            await (await browser.GetAsync("/account/logout")).SendAsync("Sign out"),
        ];

        Assert.Equal(["/account/sessions", "/account/access-denied?returnUrl=%2Fadmin%2Fusers", "/"], answers.Select(a => a.Location));
    }

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("localhost.evil.example", 400)]
    [InlineData("localhost", 200)]
    [InlineData("[::1]:5080", 200)]
    [InlineData("LOCALHOST:5080", 200)]
    public async Task In_Development_only_this_machine_is_a_host(string host, int status)
    {
        await using var development = new TestApp();

        var answer = await RawHttp.SendAsync(development.Address, "GET / HTTP/1.1", [("Host", host)]);

        Assert.Equal(status, answer.Status);
    }

    // Names with other letters than ASCII's come in their ASCII form.
    [Theory]
    [InlineData("xn--mller-kva.example", 200)]
    [InlineData("xn--mller-kva.example:8443", 200)]
    [InlineData("muller.example", 400)]
    public async Task An_international_host_is_known_by_its_ASCII_form(string host, int status)
    {
        await using var own = new TestApp { Settings = { ["App:PublicUrl"] = "https://müller.example" } };

        Assert.Equal(status, (await RawHttp.SendAsync(own.Address, "GET / HTTP/1.1", [("Host", host)])).Status);
    }

    private Task<RawAnswer> AskAsync(string path, string host, string scheme = "https") =>
        RawHttp.SendAsync(app.Address, $"GET {path} HTTP/1.1", [("Host", host), ("X-Forwarded-Proto", scheme)]);
}
