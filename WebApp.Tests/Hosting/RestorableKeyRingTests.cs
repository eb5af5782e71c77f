using Microsoft.EntityFrameworkCore;
using WebApp.Hosting;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>The key ring is in Redis, but it must not be lost with Redis.</summary>
[Trait("Lane", "Fast")]
public sealed class RestorableKeyRingTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    public async Task InitializeAsync()
    {
        await redis.FlushAllAsync();
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, new TestClock());
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    // Authenticators' keys and links in mail are sealed by it, and would be worthless.
    [Fact]
    public async Task What_Redis_lost_while_no_instance_ran_is_read_from_the_copy_and_put_back()
    {
        var before = NewRing();
        before.StoreElement(new("key"), "");
        await before.CopyAsync();
        await redis.FlushAllAsync();

        var after = NewRing();

        Assert.Equal("key", Assert.Single(after.GetAllElements()).Name);
        Assert.Equal(1, await after.RestoreAsync());
        Assert.Equal("<key />", (await redis.CliAsync("LRANGE", "DataProtection-Keys", "0", "-1")).Trim());
        Assert.Equal(0, await after.RestoreAsync());
    }

    [Fact]
    public async Task What_was_in_Redis_before_there_was_a_copy_is_copied()
    {
        await redis.CliAsync("RPUSH", "DataProtection-Keys", "<old />");
        var ring = NewRing();
        Assert.Single(ring.GetAllElements());

        await ring.CopyAsync();
        await ring.CopyAsync();

        await using var db = _database.CreateDbContext();
        Assert.Equal("<old />", (await db.RingKeys.SingleAsync()).Element);
    }

    // The keeper would end with an exception, and the app with it.
    [Fact]
    public async Task What_is_no_key_in_Redis_keeps_nothing_from_being_put_back()
    {
        var ring = NewRing();
        ring.StoreElement(new("key"), "");
        await redis.FlushAllAsync();
        await redis.CliAsync("RPUSH", "DataProtection-Keys", "no XML");

        Assert.Equal(1, await ring.RestoreAsync());
        Assert.Equal(0, await ring.RestoreAsync());
    }

    // Else it would make a key of its own, while others run with those that Redis has just lost.
    [Fact]
    public async Task There_is_no_ring_while_Redis_has_none_and_the_copy_can_not_be_read()
    {
        await using (var db = _database.CreateDbContext())
            await db.Database.ExecuteSqlRawAsync("DROP TABLE RingKeys");

        Assert.Throws<SessionStoreUnavailableException>(NewRing().GetAllElements);

        await redis.CliAsync("RPUSH", "DataProtection-Keys", "<key />");
        Assert.Single(NewRing().GetAllElements());
    }

    private RestorableKeyRing NewRing() => new(_app.Connection, new(_database));
}
