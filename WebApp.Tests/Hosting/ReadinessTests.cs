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
        await AssertRefusedAsync(
            ["REPLICAOF", "127.0.0.1", "1"], "READONLY You can't write against a read only replica.",
            ["REPLICAOF", "NO", "ONE"]);
    }

    // As Redis does when a snapshot could not be written.
    [Fact]
    public async Task A_Redis_that_can_not_save_and_so_refuses_writes_is_not_ready()
    {
        await _app.UntilReadyAsync();
        await _redis.CliAsync("CONFIG", "SET", "save", "3600 1");
        Directory.CreateDirectory(Path.Combine(_redis.Directory, "dump.rdb"));
        await _redis.CliAsync("BGSAVE");
        await Eventually.TrueAsync(
            async () => (await _redis.CliAsync("INFO", "persistence")).Contains(
                "rdb_last_bgsave_status:err", StringComparison.Ordinal),
            "it could not save");

        Assert.Equal((503, "Unhealthy"), await ReadyAsync());
        Assert.Contains(_app.Log.Lines, line => line.Contains("MISCONF", StringComparison.Ordinal));

        Directory.Delete(Path.Combine(_redis.Directory, "dump.rdb"));
        await _redis.CliAsync("BGSAVE");
        await Eventually.TrueAsync(async () => await ReadyAsync() == (200, "Healthy"), "it saves again");
    }

    [Fact]
    public async Task A_Redis_whose_memory_is_full_is_ready_for_those_who_are_signed_in()
    {
        await _app.UntilReadyAsync();

        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Equal((200, "Healthy"), await ReadyAsync());
    }

    // Then a user's index may go, and no sign-out would find the sessions that it named.
    [Fact]
    public async Task A_Redis_that_can_be_full_and_may_evict_any_key_is_not_ready()
    {
        await SetPolicyAsync("allkeys-lfu");
        Assert.Equal((200, "Degraded"), await ReadyAsync());

        await _redis.ConfigSetAsync("maxmemory", "1gb");

        await Eventually.TrueAsync(async () => await ReadyAsync() == (503, "Unhealthy"), "it is seen");
        Assert.Contains(_app.Log.Lines, line => line.Contains("Not ready: Redis may evict", StringComparison.Ordinal));
        await _redis.ConfigSetAsync("maxmemory-policy", "volatile-lfu");
        await Eventually.TrueAsync(async () => await ReadyAsync() == (200, "Healthy"), "it is seen");
    }

    // It answers every probe: only those who sign in notice.
    [Fact]
    public async Task A_Redis_that_refused_a_sign_in_for_lack_of_memory_is_degraded_until_there_is_room()
    {
        await _app.UntilReadyAsync();
        using var browser = _app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword);
        await _redis.ConfigSetAsync("maxmemory", "1");
        Assert.Equal(503, (await form.SendAsync("Sign in")).Status);

        Assert.Equal((200, "Degraded"), await ReadyAsync());

        await _redis.ConfigSetAsync("maxmemory", "0");
        await browser.SignInAsync("alice@example.com", Browser.DemoPassword);
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
