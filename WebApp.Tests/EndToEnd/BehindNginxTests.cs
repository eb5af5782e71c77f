using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.EndToEnd;

/// <summary>What people see through the proxy that most put in front, as it comes.</summary>
public sealed class BehindNginxTests : IAsyncLifetime
{
    private readonly TestApp _app = new() { Settings = { ["ForwardedHeaders:KnownProxies"] = "127.0.0.1, 10.0.0.2" } };
    private NginxServer _nginx = null!;

    public async Task InitializeAsync() => _nginx = await NginxServer.StartAsync(_app.Address);

    public async Task DisposeAsync()
    {
        await _nginx.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_late_form_of_a_hundred_addresses_comes_back_whole()
    {
        using var staff = await SignedInAsync("sam@example.com");
        var list = string.Join('\n', Enumerable.Range(0, 100).Select(number => $"person.number{number}@department.example.org"));
        var page = (await staff.GetAsync("/admin/bulk/new")).Pick("list").Fill("list", list).Fill("caseReference", "CASE-1");
        _app.Clock.Advance(new SessionPolicy().RecentSignIn);

        var asked = await page.PressAsync("Preview");
        Assert.Equal((200, "/account/confirm"), (asked.Status, asked.Address.AbsolutePath));
        var back = await asked.Fill("Password", Browser.DemoPassword).PressAsync("Confirm");

        Assert.Equal((200, "/admin/bulk/new"), (back.Status, back.Address.AbsolutePath));
        Assert.Equal(list, back.Document.QuerySelector("textarea[name=list]")!.TextContent.ReplaceLineEndings("\n").Trim());
    }

    [Fact]
    public async Task Behind_another_proxy_the_session_names_the_person()
    {
        using var browser = new Browser(_nginx.Address);
        browser.Headers["X-Forwarded-For"] = "192.0.2.66, 198.51.100.7, 10.0.0.2";

        var page = await browser.RegisterAsync();

        Assert.Contains("Address 198.51.100.7", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_was_asked_for_with_a_long_address_leads_to_the_sign_in()
    {
        using var visitor = new Browser(_nginx.Address);

        var page = await visitor.GetAsync("/account?q=" + new string('x', 7_000));

        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
    }

    private async Task<Browser> SignedInAsync(string email)
    {
        var browser = new Browser(_nginx.Address);
        await browser.SignInAsync(email, Browser.DemoPassword);
        return browser;
    }
}
