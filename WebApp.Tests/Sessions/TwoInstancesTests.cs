using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>Two instances of the app over one Redis and one database: people don't notice which one answers.</summary>
public sealed class TwoInstancesTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TestApp _one = new();
    private TestApp _two = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        await StartAsync(_one);
        _two = new() { Database = _one.Database, Clock = _one.Clock };
        await StartAsync(_two);
    }

    public async Task DisposeAsync()
    {
        await _two.DisposeAsync();
        await _one.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_session_of_one_works_on_the_other_and_one_that_ends_there_is_refused_here_at_once()
    {
        using var browser = await _one.NewUserAsync();
        using Browser there = At(_two, browser), another = _two.NewBrowser();
        Assert.Equal("/account", (await there.GetAsync("/account")).Address.AbsolutePath);
        await another.SignInAsync(browser.Email);

        for (var round = 0; round < 10; round++)
        {
            await browser.SignInAsync(browser.Email);
            Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);

            await (await another.GetAsync("/account/sessions")).PressAsync("Sign out the other session");

            var page = await browser.GetAsync("/account");
            Assert.Equal("/account/login", page.Address.AbsolutePath);
            Assert.Contains("You were signed out from another device", page.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_flushed_key_ring_is_put_back_so_that_one_that_starts_later_reads_the_same_cookies()
    {
        using var before = await _one.NewUserAsync();
        var keys = await _redis.CliAsync("LRANGE", "DataProtection-Keys", "0", "-1");

        await _redis.FlushAllAsync();

        await Eventually.TrueAsync(async () => await _redis.CliAsync("LRANGE", "DataProtection-Keys", "0", "-1") == keys, "the key ring is put back, once");
        Assert.Contains("This session expired", (await before.GetAsync("/account")).Text, StringComparison.Ordinal);
        await before.SignInAsync(before.Email);
        await using var later = new TestApp { Database = _one.Database, Clock = _one.Clock };
        await StartAsync(later);
        using var there = At(later, before);
        Assert.Equal("/account", (await there.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_flushed_key_ring_is_put_back_beside_the_keys_of_one_that_was_quicker()
    {
        var keys = await KeysAsync();

        await _redis.FlushAllAsync();
        await _redis.CliAsync("RPUSH", "DataProtection-Keys", "<another />");

        await Eventually.TrueAsync(async () => (await KeysAsync()).ToHashSet(StringComparer.Ordinal).SetEquals(["<another />", .. keys]), "both are there");
        Assert.Equal(keys.Length + 1, (await KeysAsync()).Length);
    }

    [Fact]
    public async Task One_that_starts_while_Redis_has_no_keys_makes_none_of_its_own()
    {
        var keys = await KeysAsync();
        await Eventually.TrueAsync(() => CopiesAsync(keys.Length), "the keys are copied");
        await _redis.FlushAllAsync();

        await using var later = new TestApp { Database = _one.Database, Clock = _one.Clock };
        await StartAsync(later);

        await Eventually.TrueAsync(async () => (await KeysAsync()).Length > 0, "the keys are put back");
        Assert.Equal(keys, await KeysAsync());
    }

    [Fact]
    public async Task A_form_of_one_can_be_sent_to_the_other()
    {
        using var browser = await _one.NewUserAsync();
        var token = (await browser.GetAsync("/account/sessions")).AntiforgeryToken;
        using var there = At(_two, browser);

        var answer = await there.PostAsync("/account/sessions?handler=RevokeOthers", ("__RequestVerificationToken", token));

        Assert.Equal((302, "/account/sessions"), (answer.Status, answer.Location));
    }

    [Fact]
    public async Task An_instance_that_starts_later_reads_the_same_keys()
    {
        using var browser = await _one.NewUserAsync();
        await using var three = new TestApp { Database = _one.Database, Clock = _one.Clock };
        await StartAsync(three);

        using var there = At(three, browser);

        Assert.Equal("/account", (await there.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
    }

    [Fact]
    public async Task A_session_outlives_the_instance_that_began_it()
    {
        await using var three = new TestApp { Database = _one.Database, Clock = _one.Clock };
        await StartAsync(three);
        using var browser = await three.NewUserAsync();
        using var there = At(_two, browser);

        await three.DisposeAsync();

        Assert.Equal("/account", (await there.GetAsync("/account")).Address.AbsolutePath);
    }

    private async Task<bool> CopiesAsync(int count)
    {
        await using var db = await _one.Services.GetRequiredService<IDbContextFactory<SessionsDbContext>>().CreateDbContextAsync();
        return await db.RingKeys.CountAsync() == count;
    }

    private async Task StartAsync(TestApp app)
    {
        app.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        await app.UntilReadyAsync();
    }

    private static Browser At(TestApp app, Browser browser)
    {
        var there = app.NewBrowser();
        foreach (var (name, value) in browser.Cookies)
            there.Cookies[name] = value;
        return there;
    }

    private async Task<string[]> KeysAsync() =>
        (await _redis.CliAsync("LRANGE", "DataProtection-Keys", "0", "-1")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
