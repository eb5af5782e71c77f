using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting.RateLimits;

/// <summary>Two instances on one Redis: what an address has is the same wherever it comes in.</summary>
public sealed class SharedCountersTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TestClock _clock = new();
    private LimitedApp _one = null!;
    private LimitedApp _other = null!;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        (_one, _other) = (NewApp(), NewApp());
        await Task.WhenAll(_one.UntilReadyAsync(), _other.UntilReadyAsync());
    }

    public async Task DisposeAsync()
    {
        await _redis.ThawAsync();
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task What_is_taken_at_one_is_gone_at_the_other()
    {
        using Browser here = _one.NewBrowserAt("203.0.113.9"), there = _other.NewBrowserAt("203.0.113.9");
        Assert.NotEqual(429, await LimitedApp.TryAsync(here));

        Assert.Equal(LimitedApp.Permits - 1, await LimitedApp.UseUpAsync(there));

        Assert.Equal(429, await LimitedApp.TryAsync(here));
        _clock.Advance(LimitedApp.Window);
        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(here));
    }

    [Fact]
    public async Task Of_sixty_at_once_at_both_no_more_pass_than_the_limit()
    {
        using Browser here = _one.NewBrowserAt("203.0.113.10"), there = _other.NewBrowserAt("203.0.113.10");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => LimitedApp.TryAsync(i % 2 == 0 ? here : there)));

        Assert.Equal(LimitedApp.Permits, answers.Count(status => status != 429));
    }

    [Fact]
    public async Task A_request_is_one_script_and_its_keys_name_no_address_and_go_by_themselves()
    {
        using var browser = _one.NewBrowserAt("203.0.113.11");
        await LimitedApp.TryAsync(browser);

        var commands = await _redis.CommandsOfAsync(() => LimitedApp.TryAsync(browser));

        Assert.Equal("evalsha", Assert.Single(commands, command => command.Script is null && command.NamesAnybody).Name);
        var keys = (await _redis.CliAsync("KEYS", "rl:*")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^rl:\\{[0-9a-f]{24}\\}:SignIn$", Assert.Single(keys));
        Assert.InRange(int.Parse(await _redis.CliAsync("PTTL", keys[0])), 1, (int)LimitedApp.Window.TotalMilliseconds);
    }

    [Fact]
    public async Task While_Redis_hangs_each_instance_counts_alone_and_says_so_once()
    {
        using var browser = _one.NewBrowserAt("203.0.113.12");
        await _redis.FreezeAsync();

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser));
        Assert.Single(_one.Log.Lines, line => line.Contains("Requests are counted by each instance alone until Redis answers", StringComparison.Ordinal));

        await _redis.ThawAsync();
        await _one.UntilReadyAsync();
        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser));
    }

    [Fact]
    public async Task When_its_memory_is_full_the_instance_counts_alone()
    {
        using var browser = _one.NewBrowserAt("203.0.113.13");
        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Equal(LimitedApp.Permits, await LimitedApp.UseUpAsync(browser));
    }

    private LimitedApp NewApp() => new()
    {
        Clock = _clock,
        Settings = { ["ConnectionStrings:Redis"] = _redis.ConnectionString, ["Sessions:CommandTimeout"] = "00:00:03" },
    };
}
