using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>The page of a bulk sign-out keeps itself up to date, also behind a proxy that holds events back.</summary>
public sealed class BulkProgressTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Where_no_event_ever_comes_the_page_asks()
    {
        var id = await chromium.App.ConfirmedAsync(await chromium.App.StaffAsync("sam@example.com"), await chromium.App.NewPeopleAsync(2));
        await using var tab = await chromium.NewTabAsync();
        await tab.SignInAsync("sam@example.com");
        var held = 0;
        await tab.Page.RouteAsync("**/progress", async route =>
        {
            // What is neither answered nor passed on is what a proxy does that collects the whole answer first.
            if (route.Request.Headers["accept"].Contains("text/event-stream", StringComparison.Ordinal))
                Interlocked.Increment(ref held);
            else
                await route.ContinueAsync();
        });

        await tab.Page.GotoAsync($"/admin/bulk/{id}");
        await Expect(tab.Page.Locator("[data-words]")).ToContainTextAsync("It begins in 30 seconds");
        chromium.App.Clock.Advance(BulkScene.Hold);

        await Eventually.TrueAsync(async () =>
        {
            chromium.App.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await tab.TextAsync()).Contains("2 of 2 people done", StringComparison.Ordinal);
        }, "the page says that all are done");
        Assert.NotEqual(0, held);
        Assert.Empty(tab.Complaints);
    }
}
