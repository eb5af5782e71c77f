using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>
/// What <c>/health/ready</c> says of Redis: whether requests can use it, and whether it may drop the key ring.
/// </summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TestApp _app = new();

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_policy_that_may_evict_the_key_ring_is_degraded_and_said_once()
    {
        foreach (var fine in new[] { "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction" })
        {
            await SetPolicyAsync(fine);
            Assert.Equal((200, "Healthy"), await ReadyAsync());
        }

        Assert.Equal(0, Warnings());
        foreach (var evicting in new[] { "allkeys-lru", "allkeys-lfu", "allkeys-random" })
        {
            await SetPolicyAsync(evicting);
            Assert.Equal((200, "Degraded"), await ReadyAsync());
        }

        Assert.Equal(1, Warnings());
        await SetPolicyAsync("noeviction");
        Assert.Equal((200, "Healthy"), await ReadyAsync());
        await SetPolicyAsync("allkeys-lru");
        await Eventually.TrueAsync(() => Warnings() == 2, "it is said again");
    }

    [Fact]
    public async Task A_Redis_that_refuses_scripts_reads_or_writes_is_not_ready_and_the_log_has_its_words()
    {
        await _app.UntilReadyAsync();

        await AssertRefusedAsync(
            ["ACL", "SETUSER", "default", "-evalsha", "-eval"], "has no permissions to run the 'evalsha' command",
            ["ACL", "SETUSER", "default", "+evalsha", "+eval"]);
        await AssertRefusedAsync(
            ["ACL", "SETUSER", "default", "-mget"], "has no permissions to run the 'mget' command",
            ["ACL", "SETUSER", "default", "+mget"]);
        await AssertRefusedAsync(
            ["CONFIG", "SET", "min-replicas-to-write", "1"], "NOREPLICAS Not enough good replicas to write.",
            ["CONFIG", "SET", "min-replicas-to-write", "0"]);
    }

    [Fact]
    public async Task A_Redis_whose_memory_is_full_is_ready_for_those_who_are_signed_in()
    {
        await _app.UntilReadyAsync();

        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Equal((200, "Healthy"), await ReadyAsync());
    }

    private async Task AssertRefusedAsync(string[] forbid, string words, string[] allow)
    {
        Assert.Equal("OK", (await _redis.CliAsync(forbid)).Trim());

        Assert.Equal((503, "Unhealthy"), await ReadyAsync());
        Assert.Contains(_app.Log.Lines, line =>
            line.StartsWith("Error WebApp.Sessions.Redis", StringComparison.Ordinal)
            && line.Contains(words, StringComparison.Ordinal));
        Assert.Equal("OK", (await _redis.CliAsync(allow)).Trim());
        Assert.Equal((200, "Healthy"), await ReadyAsync());
    }

    /// <summary>Returns when the app has seen it.</summary>
    private async Task SetPolicyAsync(string policy)
    {
        await _redis.ConfigSetAsync("maxmemory-policy", policy);
        var connection = _app.Services.GetRequiredService<RedisConnection>();
        await Eventually.TrueAsync(
            () => connection.IsVerified && connection.Masters.All(master => master.MaxMemoryPolicy == policy),
            $"the app knows of {policy}");
    }

    private async Task<(int Status, string Body)> ReadyAsync()
    {
        using var probe = _app.NewBrowser();
        var page = await probe.GetAsync("/health/ready");
        return (page.Status, page.Body);
    }

    private int Warnings() => _app.Log.Lines.Count(line =>
        line.StartsWith("Warning WebApp.", StringComparison.Ordinal)
        && line.Contains("maxmemory-policy", StringComparison.Ordinal));
}
