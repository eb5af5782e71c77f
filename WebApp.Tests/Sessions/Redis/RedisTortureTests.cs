using StackExchange.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>
/// Why the guard exists: the bare client refuses commands or never completes them when they come in bursts. The guarded one must not,
/// and when a later version of the client needs no guard, this is the test that will say so.
/// </summary>
public sealed class RedisTortureTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Theory]
    [InlineData(50)]
    [InlineData(500)]
    public async Task Commands_in_bursts_all_succeed(int burst)
    {
        const int callers = 4;
        var commands = Effort.Of(500_000, usual: 40_000);
        using var database = new SqliteDatabase();
        await using var app = await RedisStore.StartAsync(redis.ConnectionString, database, TimeProvider.System);
        await app.UntilVerifiedAsync();
        RedisKey key = $"count-{burst}";

        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (var sent = 0; sent < commands / callers; sent += burst)
                await Task.WhenAll(Enumerable.Range(0, burst).Select(_ => Task.Run(() => app.Connection.RunAsync(db => db.StringIncrementAsync(key)))));
        })));

        Assert.Equal(commands, (long)Assert.Single(await app.Connection.GetAsync([key])));
    }
}
