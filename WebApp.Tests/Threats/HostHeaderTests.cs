using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>The Host header is whatever the client writes. Nothing may be answered to a foreign one, and no address be built from it (ASVS 5.0, 4.1.2).</summary>
[Trait("Lane", "Fast")]
public sealed class HostHeaderTests(ProductionApp app) : IClassFixture<ProductionApp>
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:443")]
    [InlineData("accounts.example.com.evil.example")]
    [InlineData("xaccounts.example.com")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("accounts.example.com:evil")]
    [InlineData("accounts.example.com@evil.example")]
    [InlineData("accounts.example.com, evil.example")]
    [InlineData("")]
    public async Task A_foreign_host_gets_400_and_no_word_of_the_app(string host)
    {
        foreach (var path in new[] { "/", "/account", "/health/live", "/site.css" })
        {
            var answer = await RawHttp.SendAsync(app.Address, $"GET {path} HTTP/1.1", [("Host", host), ("X-Forwarded-Proto", "https")]);

            Assert.Equal(400, answer.Status);
            Assert.EndsWith("\r\n\r\n", answer.Text);
        }
    }

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
    public async Task In_Development_only_this_machine_is_a_host(string host, int status)
    {
        await using var development = new TestApp();

        var answer = await RawHttp.SendAsync(development.Address, "GET / HTTP/1.1", [("Host", host)]);

        Assert.Equal(status, answer.Status);
    }
}
