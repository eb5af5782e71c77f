using AngleSharp.Dom;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A link to our sign-in page that, after signing in, leads to the attacker's copy of it. Nothing here depends on the session store.</summary>
[Trait("Lane", "Fast")]
public sealed class OpenRedirectTests(SqlApp app) : IAsyncLifetime, IClassFixture<SqlApp>
{
    private const string Home = "/account/sessions";
    private Browser _browser = null!;

    public static TheoryData<string> Disguises =>
    [
        "https://evil.example", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
        "https:evil.example", "https:/evil.example", "http:\\\\evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", "evil.example/account",
        "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "/%09/evil.example",
        "%2f%2fevil.example", "/%2fevil.example", "/%5cevil.example", "/..//evil.example", "/.//evil.example", "/x/..//evil.example", "/%2e%2e//evil.example",
        "/..\\\\evil.example", "/\u2028/evil.example", "/@evil.example", "//localhost@evil.example", "~/\\evil.example", "~//evil.example", "~/", "?//evil.example",
        "/\0/evil.example", "/\ufffd//evil.example", "#//evil.example", "", " ",
    ];

    public async Task InitializeAsync() => _browser = await app.NewUserAsync();

    [Theory]
    [MemberData(nameof(Disguises))]
    public async Task However_another_site_is_disguised_the_sign_in_stays_on_this_one(string returnUrl)
    {
        var form = await _browser.GetAsync($"/account/login?returnUrl={Uri.EscapeDataString(returnUrl)}");
        form.Fill("Email", _browser.Email).Fill("Password", Browser.Password);

        var answer = await form.SendAsync("Sign in");

        Assert.Equal(302, answer.Status);
        // As browsers read it (the URL standard), not as .NET does.
        var target = new Url(new Url(app.Address.OriginalString), answer.Location!);
        Assert.Equal($"{app.Address.Host}:{app.Address.Port}", target.Host);
        Assert.Equal("http", target.Scheme);
        Assert.Matches("^/([^/\\\\]|$)", answer.Location);
        Assert.DoesNotMatch("[\\x00-\\x20\\x7f]", answer.Location);
    }

    [Theory]
    [InlineData("/account/logout")]
    [InlineData("/Account/LogOut/")]
    [InlineData("/account/%6Cogout")]
    [InlineData("/account/logout?x=1")]
    [InlineData("/account/./logout")]
    [InlineData("/account/login?returnUrl=%2Faccount")]
    [InlineData("/account/register")]
    [InlineData("/account/access-denied")]
    public async Task Pages_that_make_no_sense_after_signing_in_are_not_returned_to(string returnUrl)
    {
        var page = await _browser.SignInAsync(_browser.Email, path: $"/account/login?returnUrl={Uri.EscapeDataString(returnUrl)}");

        Assert.Equal(Home, page.Address.AbsolutePath);
    }

    [Theory]
    [InlineData("/account/change-password")]
    [InlineData("/?q=a%20b&c=%2F%2Fd")]
    [InlineData("/?q=%C3%BC")]
    [InlineData("/account?x=https://evil.example")]
    public async Task A_page_of_this_site_is_returned_to(string returnUrl)
    {
        var page = await _browser.SignInAsync(_browser.Email, path: $"/account/login?returnUrl={Uri.EscapeDataString(returnUrl)}");

        Assert.Equal(returnUrl, page.Address.PathAndQuery);
    }

    [Fact]
    public async Task The_page_that_was_asked_for_survives_a_wrong_password_and_a_form_that_is_not_filled()
    {
        using var browser = app.NewBrowser();
        var page = await browser.GetAsync("/account/change-password?from=mail");

        page = await page.PressAsync("Sign in");
        page = await page.Fill("Email", _browser.Email).Fill("Password", "not the password").PressAsync("Sign in");
        page = await page.Fill("Email", _browser.Email).Fill("Password", Browser.Password).PressAsync("Sign in");

        Assert.Equal("/account/change-password?from=mail", page.Address.PathAndQuery);
    }

    [Fact]
    public async Task The_page_that_was_asked_for_survives_the_way_over_the_registration()
    {
        using var browser = app.NewBrowser();
        var signIn = await browser.GetAsync("/account/change-password");

        var register = await browser.GetAsync(signIn.Document.QuerySelector("main a[href*=register]")!.GetAttribute("href")!);
        register.Fill("Name", "New").Fill("Email", $"{Guid.NewGuid():N}@example.com").Fill("Password", Browser.Password);
        var page = await register.PressAsync("Create account");

        Assert.Equal("/account/change-password", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task Another_site_is_no_place_to_go_after_registration_either()
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register?returnUrl=%2F%2Fevil.example");
        form.Fill("Name", "New").Fill("Email", $"{Guid.NewGuid():N}@example.com").Fill("Password", Browser.Password);

        var answer = await form.SendAsync("Create account");

        Assert.Equal(Home, answer.Location);
    }

    [Fact]
    public async Task The_way_back_from_dismissing_a_notice_stays_on_the_sign_in_page()
    {
        using var browser = app.NewBrowser();
        var token = (await browser.GetAsync("/account/login")).AntiforgeryToken;

        var answer = await browser.PostAsync("/account/login?handler=Dismiss&returnUrl=//evil.example", ("__RequestVerificationToken", token));

        Assert.StartsWith("/account/login", answer.Location);
    }

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
    }
}
