using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public sealed class ProfileTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Fact]
    public async Task It_shows_name_address_and_since_when_and_leads_on()
    {
        using var browser = app.NewBrowser();
        await browser.RegisterAsync("<i>Ann</i>");

        var page = await browser.GetAsync("/account");

        Assert.Contains($"Name <i>Ann</i> E-mail address {browser.Email} Member since {app.Clock.GetUtcNow():d MMMM yyyy}", page.Text);
        Assert.Equal($"{app.Clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}", page.Document.QuerySelector("main time")!.GetAttribute("datetime"));
        Assert.Equal(
            ["/account/sessions", "/account/activity", "/account/security", "/account/change-password", "/account/name", "/account/email", "/account/data", "/account/delete"],
            page.Document.QuerySelectorAll("main a").Select(a => a.GetAttribute("href")));
    }

    [Fact]
    public async Task Staff_are_led_to_the_people_too()
    {
        using var browser = await app.SignedInAsync("sam@example.com");

        var page = await browser.GetAsync("/account");

        Assert.Contains("/admin/users", page.Document.QuerySelectorAll("main a").Select(a => a.GetAttribute("href")));
    }
}
