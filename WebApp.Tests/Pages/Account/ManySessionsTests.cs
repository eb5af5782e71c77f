using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>The sessions page of somebody with very many.</summary>
public abstract class ManySessionsTests(ProxiedApp app)
{
    [Theory]
    [InlineData(10, 0)]
    [InlineData(11, 1)]
    [InlineData(100, 90)]
    public async Task The_latest_ten_stand_open_and_the_rest_can_be_unfolded(int count, int folded)
    {
        using var browser = app.NewBrowser().At(ProxiedApp.Home);
        await browser.RegisterAsync();
        var (key, store) = (app.KeyOf(browser), (IUserSessionStore)app.Services.GetService(typeof(IUserSessionStore))!);
        for (var other = 1; other < count; other++)
            await store.AddAsync(Samples.Session(app.Clock.GetUtcNow(), key.UserId), await store.GetGenerationAsync(key.UserId));

        var page = await browser.GetAsync("/account/sessions");

        Assert.Equal(count, page.SessionIds.Distinct().Count());
        Assert.Equal(folded, page.Document.QuerySelectorAll("details.more > ul.sessions > [data-session-id]").Length);
        Assert.Equal(count - folded, page.Document.QuerySelectorAll("section > ul.sessions > [data-session-id]").Length);
        Assert.Equal(folded == 0 ? null : $"{folded} more", page.Document.QuerySelector("details.more > summary")?.TextContent);
    }
}

public sealed class ManySessionsOnSqlTests(ProxiedApp app) : ManySessionsTests(app), IClassFixture<ProxiedApp>;

public sealed class ManySessionsOnRedisTests(ProxiedRedisApp app) : ManySessionsTests(app), IClassFixture<ProxiedRedisApp>;
