using System.Net.Http.Headers;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages;

[Trait("Lane", "Fast")]
public sealed class ErrorTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Theory]
    [InlineData("/nothing/here")]
    [InlineData("/error/404")]
    [InlineData("/error/500")]
    [InlineData("/error")]
    [InlineData("/account/nothing")]
    public async Task What_is_not_there_gets_a_page_that_says_so_and_leads_home(string path)
    {
        using var browser = app.NewBrowser();

        var page = await browser.GetAsync(path);

        Assert.Equal(404, page.Status);
        Assert.Contains("There is no such page", page.Text);
        Assert.Equal(["/"], page.Document.QuerySelectorAll("main a").Select(a => a.GetAttribute("href")));
    }

    [Fact]
    public async Task Who_is_signed_in_stays_so_on_an_error_page()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/nothing");

        Assert.Contains("Signed in as Someone", page.Document.QuerySelector("header")!.TextContent);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_failure_says_whose_it_is_and_gives_a_number_that_the_log_has()
    {
        await using var own = new TestApp();
        using var browser = await own.NewUserAsync();
        await own.BreakAsync("AspNetUsers");

        var page = await browser.GetAsync("/account");

        Assert.Equal(500, page.Status);
        Assert.Contains("Something went wrong on our side You did nothing wrong.", page.Text);
        Assert.Matches("^[0-9a-f]{32}$", page.Document.QuerySelector("main code")!.TextContent);
        Assert.DoesNotContain("SQLite", page.Body);
    }

    [Fact]
    public async Task A_form_that_is_too_large_is_refused_with_words()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.PostAsync("/account/change-password", ("NewPassword", new('x', 200_000)));

        Assert.Equal(413, page.Status);
        Assert.Contains("That is too much at once", page.Text);
        Assert.Equal("close", page.Headers["Connection"].Single());
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", "NewPassword=%00")]
    [InlineData("application/json", "{}")]
    public async Task What_can_not_be_read_is_not_blamed_on_the_pages_age(string contentType, string body)
    {
        using var browser = await app.NewUserAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/account/change-password") { Content = new StringContent(body, new MediaTypeHeaderValue(contentType)) };

        var page = await browser.SendAsync(request);

        Assert.Equal(400, page.Status);
        Assert.Contains("We could not read that request", page.Text);
    }

    [Fact]
    public async Task A_method_that_a_page_does_not_take_is_refused_with_words()
    {
        using var browser = await app.NewUserAsync();
        var token = (await browser.GetAsync("/account")).AntiforgeryToken;

        var page = await browser.PostAsync("/account", ("__RequestVerificationToken", token));

        Assert.Equal(405, page.Status);
        Assert.Contains("That can't be done here", page.Text);
    }

    [Fact]
    public async Task No_access_is_said_to_whom_it_concerns()
    {
        using var browser = await app.NewUserAsync();

        var page = await browser.GetAsync("/admin/audit");

        Assert.Equal(403, page.Status);
        Assert.Contains("This page is not for your account You are signed in as Someone, and this account may not open that page or do that. Nothing was changed.", page.Text);
    }

    [Fact]
    public async Task The_way_to_a_private_page_leads_over_the_sign_in_and_back()
    {
        using var browser = app.NewBrowser();

        var page = await browser.PeekAsync("/account?tab=1");

        Assert.Equal("/account/login?returnUrl=%2Faccount%3Ftab%3D1", page.Location);
    }
}
