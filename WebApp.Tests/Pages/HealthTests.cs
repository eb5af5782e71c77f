using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages;

public abstract class HealthTests(TestApp app)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task It_is_well_in_one_word(string path)
    {
        using var browser = app.NewBrowser();

        var page = await browser.PeekAsync(path);

        Assert.Equal((200, "Healthy"), (page.Status, page.Body));
        Assert.DoesNotContain("Set-Cookie", page.Headers.Keys);
    }
}

[Trait("Lane", "Fast")]
public sealed class HealthOnSqlTests(SqlApp app) : HealthTests(app), IClassFixture<SqlApp>
{
    [Fact]
    public async Task Without_its_tables_the_app_lives_but_is_not_ready_and_does_not_say_why()
    {
        await using var own = new ProductionApp();
        using var browser = own.NewBrowser();

        var live = await browser.PeekAsync("/health/live");
        var ready = await browser.PeekAsync("/health/ready");

        Assert.Equal((200, 503), (live.Status, ready.Status));
        Assert.Equal("Unhealthy", ready.Body);
        Assert.Contains(own.Log.Lines, line => line.Contains("Migrations are pending", StringComparison.Ordinal));
    }
}

[Trait("Lane", "Fast")]
public sealed class HealthOnRedisTests(RedisApp app) : HealthTests(app), IClassFixture<RedisApp>;
