using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed class RedisShortTermStoreTests(RedisServer redis) : ShortTermStoreContract, IClassFixture<RedisServer>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    [Fact]
    public async Task Its_key_lies_in_its_users_slot_and_goes_by_itself()
    {
        var (store, user) = (_app.ShortTerm, Guid.NewGuid());
        await store.KeepAsync(user, Guid.NewGuid(), [1], TimeSpan.FromMinutes(10));
        await store.KeepAsync(user, Guid.NewGuid(), [2], TimeSpan.FromMinutes(1));

        var key = $"{new RedisKeys(user).ShortTerm}";
        Assert.Equal($"{new RedisKeys(user).Index}".Split(':')[1], key.Split(':')[1]);
        var seconds = int.Parse(await redis.CliAsync("TTL", key));
        Assert.InRange(seconds, 600, 660);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_said_to_be()
    {
        await using var gone = await RedisStore.StartAsync($"127.0.0.1:{RedisServer.FreePort()}", _database, Clock, TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => gone.ShortTerm.KeepAsync(Guid.NewGuid(), Guid.NewGuid(), [1], TimeSpan.FromMinutes(1)));
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => gone.ShortTerm.FindAsync(Guid.NewGuid(), Guid.NewGuid()));
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => gone.ShortTerm.RemoveAsync(Guid.NewGuid(), Guid.NewGuid()));
    }

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    protected override async Task<IShortTermStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        return _app.ShortTerm;
    }
}
