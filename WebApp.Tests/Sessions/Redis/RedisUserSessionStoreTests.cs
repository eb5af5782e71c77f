using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

public sealed class RedisUserSessionStoreTests(RedisServer redis) : UserSessionStoreRaces, IClassFixture<RedisServer>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        return _app.Store;
    }
}
