using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed class RedisUserSessionStoreTests(RedisServer redis) : UserSessionStoreRaces, IClassFixture<RedisServer>
{
    private const int Lanes = 10;

    private readonly SqliteDatabase _database = new();
    private readonly List<(RedisStore App, SqliteDatabase Journal)> _races = [];
    private RedisStore _app = null!;

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
        foreach (var (app, journal) in _races)
        {
            await app.DisposeAsync();
            journal.Dispose();
        }
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        return _app.Store;
    }

    protected override async Task<IReadOnlyList<IUserSessionStore>> OpenRaceStoresAsync()
    {
        while (_races.Count < Lanes)
        {
            var journal = new SqliteDatabase();
            _races.Add((await RedisStore.StartAsync(redis.ConnectionString, journal, Clock), journal));
        }

        await Task.WhenAll(_races.Select(race => race.App.UntilVerifiedAsync()));

        return [.. _races.Select(race => race.App.Store)];
    }
}
