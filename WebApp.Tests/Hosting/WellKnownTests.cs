using System.Globalization;
using System.Text.Json;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>The addresses that password managers, browsers and people look for on every site.</summary>
public sealed class WellKnownTests
{
    [Fact]
    public async Task A_password_manager_is_led_to_the_page_that_changes_passwords_and_only_there()
    {
        await using var app = new TestApp();
        using Browser visitor = app.NewBrowser(), owner = await app.NewUserAsync();

        foreach (var browser in new[] { visitor, owner })
        {
            var answer = await browser.PeekAsync("/.well-known/change-password");
            Assert.Equal((302, "/account/change-password"), (answer.Status, answer.Location));
            // By which it knows that the site does not answer everything with 200.
            Assert.Equal(404, (await browser.PeekAsync("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")).Status);
        }

        Assert.Equal(200, (await owner.GetAsync("/.well-known/change-password")).Status);
    }

    [Fact]
    public async Task Passkeys_are_made_and_managed_at_addresses_of_the_public_host()
    {
        await using var app = new ProductionApp();
        await app.InitializeAsync();
        using var visitor = app.NewBrowser();

        var answer = await visitor.PeekAsync("/.well-known/passkey-endpoints");

        Assert.StartsWith("application/json", answer.Headers["Content-Type"].Single(), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(answer.Body);
        foreach (var name in new[] { "enroll", "manage" })
            Assert.Equal($"https://{ProductionApp.Host}/account/security/passkeys", json.RootElement.GetProperty(name).GetString());
        using var owner = app.NewBrowser();
        await owner.RegisterAsync();
        Assert.Equal(200, (await owner.PeekAsync("/account/security/passkeys")).Status);
    }

    [Fact]
    public async Task Who_finds_a_hole_learns_whom_to_tell_where_anybody_listens()
    {
        await using var deaf = new TestApp();
        using var unheard = deaf.NewBrowser();
        Assert.Equal(404, (await unheard.PeekAsync("/.well-known/security.txt")).Status);
        await using var app = new ProductionApp { Settings = { ["App:SecurityContact"] = "mailto:security@example.com" } };
        await app.InitializeAsync();
        using var visitor = app.NewBrowser();

        var answer = await visitor.PeekAsync("/.well-known/security.txt");

        Assert.Equal("text/plain; charset=utf-8", answer.Headers["Content-Type"].Single());
        var fields = answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).ToDictionary(field => field[0], field => field[1]);
        Assert.Equal("mailto:security@example.com", fields["Contact"]);
        Assert.Equal($"https://{ProductionApp.Host}/.well-known/security.txt", fields["Canonical"]);
        var expires = DateTimeOffset.ParseExact(fields["Expires"], "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(expires - app.Clock.GetUtcNow(), TimeSpan.FromDays(30), TimeSpan.FromDays(364));
    }

    [Fact]
    public async Task They_are_there_for_a_locked_session_too_and_are_no_use_of_it()
    {
        await using var app = new TestApp();
        using var owner = await app.NewUserAsync();
        owner.Headers["User-Agent"] = Browser.Safari;
        Assert.Equal("/account/confirm", (await owner.GetAsync("/account")).Address.AbsolutePath);

        Assert.Equal("/account/change-password", (await owner.PeekAsync("/.well-known/change-password")).Location);
        Assert.Equal(200, (await owner.PeekAsync("/.well-known/passkey-endpoints")).Status);
    }
}
