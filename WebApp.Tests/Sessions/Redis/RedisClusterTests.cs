using WebApp.Hosting.RateLimits;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>The contract on a Redis Cluster, whose nodes refuse a script that needs keys of another slot.</summary>
public sealed class RedisClusterTests(RedisCluster cluster) : UserSessionStoreRaces, IClassFixture<RedisCluster>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    protected override int Rounds => Effort.Of(100, usual: 40);

    [Fact]
    public async Task Users_are_spread_over_all_nodes_and_every_node_is_watched()
    {
        var users = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => (await AddAsync()).UserId));

        foreach (var user in users)
            Assert.Single(await Store.ListAsync(user));
        foreach (var node in cluster.Nodes)
            Assert.NotEqual("0", (await node.CliAsync("DBSIZE")).Trim());
        Assert.Equal(3, _app.Connection.Masters.Select(master => master.Identity).Distinct().Count());
    }

    [Fact]
    public async Task A_node_that_comes_back_from_an_old_snapshot_revives_nobody()
    {
        var node = cluster.Nodes[1];
        var sessions = new List<UserSession>();
        for (var i = 0; i < 30; i++)
            sessions.Add(await AddAsync());
        await node.CliAsync("SAVE");
        foreach (var session in sessions)
            await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Clock.GetUtcNow()));

        await node.StopAsync();
        await Eventually.TrueAsync(() => !_app.Connection.IsVerified || _app.Connection.Masters.Count == 2, "the loss of a node is noticed");
        await node.StartAsync();

        foreach (var session in sessions)
            await Eventually.TrueAsync(async () => await IsRevokedAsync(session), "the session can be looked up again");
    }

    [Fact]
    public async Task Counters_of_an_address_can_be_asked_together_and_addresses_are_spread_over_all_nodes()
    {
        var counters = new RedisCounters(_app.Connection);
        var rate = new Rate(Interval: 30_000_000, Window: 60_000_000);
        var now = Rate.Moment(Clock.GetUtcNow());

        for (ulong address = 0; address < 60; address++)
        {
            await counters.AddAsync(LimitedAct.FailedProofs, new(4, address), rate, now);
            Assert.Equal(0, await counters.TakeAsync(LimitedAct.SignIn, new(4, address), rate, rate, now));
            await counters.AddAsync(LimitedAct.FailedProofs, new(4, address), rate, now);
            Assert.Equal(30_000_000, await counters.TakeAsync(LimitedAct.SignIn, new(4, address), rate, rate, now));
        }

        foreach (var node in cluster.Nodes)
            Assert.NotEmpty((await node.CliAsync("KEYS", "rl:*")).Trim());
    }

    [Fact]
    public async Task The_sessions_of_all_nodes_are_found_and_counted_together()
    {
        foreach (var node in cluster.Nodes)
            await node.CliAsync("FLUSHALL");
        var sessions = new List<UserSession>();
        for (var i = 0; i < 60; i++)
            sessions.Add(await AddAsync());
        var moved = await Store.TouchAsync(sessions[0].UserId, sessions[0].Id, new(Clock.GetUtcNow().AddMinutes(1), null) { Country = "LI" });
        await Store.LockAsync(sessions[1].UserId, sessions[1].Id, new(Clock.GetUtcNow(), LockReason.Travel));

        var first = await Store.ListAllAsync(new(), null, 40);
        var second = await Store.ListAllAsync(new(), first.Next, 40);

        Assert.Equal(60, first.Sessions.Concat(second.Sessions).Select(s => s.Id).Distinct().Count());
        Assert.Null(second.Next);
        Samples.AssertSame(moved!, Assert.Single((await Store.ListAllAsync(new() { Country = "LI" }, null, 40)).Sessions));
        Assert.Equal(sessions[9].Id, Assert.Single(await Store.FindByIdPrefixAsync($"{sessions[9].Id}"[..12], 5)).Id);
        Assert.Equal(new(60, 1, 1), await Store.CountAsync());
    }

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(cluster.ConnectionString, _database, Clock);
        await Eventually.TrueAsync(() => _app.Connection is { IsVerified: true, Masters.Count: 3 }, "all three masters are verified");
        return _app.Store;
    }

    /// <summary>False while it can't be said; fails if the session lives.</summary>
    private async Task<bool> IsRevokedAsync(UserSession session)
    {
        try
        {
            var found = await Store.FindAsync(session.UserId, session.Id);
            Assert.NotNull(found?.Revocation);
            return true;
        }
        catch (SessionStoreUnavailableException)
        {
            return false;
        }
    }
}
