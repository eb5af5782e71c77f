using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What holds for look-ups that share a command.</summary>
public sealed class RedisLookupsTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    public async Task InitializeAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, new TestClock());
        await _app.UntilVerifiedAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task Those_that_are_asked_for_while_one_is_under_way_are_one_command_and_each_gets_its_own_answer()
    {
        await redis.CliAsync(["MSET", .. Enumerable.Range(0, 100).SelectMany(i => new[] { $"key{i}", $"value{i}" })]);
        List<Task<RedisLookup>> found = [];

        var commands = await redis.CommandsOfAsync(async () =>
        {
            await redis.FreezeAsync();
            for (var i = 0; i < 100; i++)
                found.Add(FindAsync($"key{i}"));
            await redis.ThawAsync();
            await Task.WhenAll(found);
        });

        Assert.Equal(2, commands.Count(command => command.Name == "mget" && command.Text.Contains("key", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"value{i}"), found.Select(task => (string?)task.Result.Value));
    }

    [Fact]
    public async Task A_command_is_bounded_and_what_is_beyond_does_not_wait_for_another()
    {
        const int Count = (3 * RedisLookups.MaxBatch) + 10;
        var commands = await redis.CommandsOfAsync(async () =>
        {
            await redis.FreezeAsync();
            var found = Enumerable.Range(0, Count).Select(i => FindAsync($"none{i}")).ToList();
            await redis.ThawAsync();
            Assert.All(await Task.WhenAll(found), lookup => Assert.True(lookup.Value.IsNull));
        });

        int[] sizes = [.. commands
            .Where(command => command.Name == "mget" && command.Text.Contains("none", StringComparison.Ordinal))
            .Select(command => command.Text.Split(' ').Length - 2)];
        Assert.Equal(Count, sizes.Sum());
        Assert.InRange(sizes.Max(), 1, RedisLookups.MaxBatch);
        Assert.Equal(5, sizes.Length);
    }

    [Fact]
    public async Task All_that_wait_fail_in_time_when_Redis_does_not_answer_and_are_served_when_it_does()
    {
        await using var app = await RedisStore.StartAsync(
            redis.ConnectionString, _database, new TestClock(), TimeSpan.FromSeconds(1));
        await app.UntilVerifiedAsync();
        await redis.FreezeAsync();
        var waiting = Enumerable.Range(0, 50).Select(_ => app.Lookups.FindAsync("key", 0).AsTask()).ToList();

        foreach (var lookup in waiting)
            await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => lookup);

        await redis.ThawAsync();
        await app.UntilVerifiedAsync();
        await app.Lookups.FindAsync("key", 0);
    }

    [Fact]
    public async Task A_caller_that_blocks_its_thread_holds_up_none_of_the_others()
    {
        using var release = new ManualResetEventSlim();
        await redis.FreezeAsync();
        var blocking = Enumerable.Range(0, 3).Select(_ => BlockAsync()).ToList();
        var others = Enumerable.Range(0, 20).Select(_ => FindAsync("key")).ToList();
        await redis.ThawAsync();

        await Task.WhenAll(others);
        await FindAsync("key");

        Assert.DoesNotContain(blocking, task => task.IsCompleted);
        release.Set();
        await Task.WhenAll(blocking);

        async Task BlockAsync()
        {
            await _app.Lookups.FindAsync("key", 0);
            release.Wait();
        }
    }

    private Task<RedisLookup> FindAsync(RedisKey key) => _app.Lookups.FindAsync(key, 0).AsTask();
}
