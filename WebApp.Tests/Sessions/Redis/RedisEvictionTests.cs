using System.Globalization;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What a full Redis drops, by each policy, ends sessions, and lets none escape that is to end.</summary>
public sealed class RedisEvictionTests : IAsyncLifetime
{
    private const int Users = 60;

    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new();
    private readonly List<UserSession> _sessions = [];
    private RedisStore _app = null!;

    private IUserSessionStore Store => _app.Store;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);
        await _app.UntilVerifiedAsync();
        foreach (var user in Enumerable.Range(0, Users).Select(_ => Guid.NewGuid()))
        {
            for (var i = 0; i < 3; i++)
                _sessions.Add(await AddAsync(user));
        }
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    [Theory]
    [InlineData("volatile-lru")]
    [InlineData("volatile-lfu")]
    [InlineData("volatile-ttl")]
    [InlineData("volatile-random")]
    public async Task Whatever_is_dropped_no_session_is_left_that_no_sign_out_finds(string policy)
    {
        var users = _sessions.Select(session => session.UserId).Distinct().ToList();
        var underWay = new Dictionary<Guid, UserGeneration>();
        foreach (var user in users)
            underWay[user] = await Store.GetGenerationAsync(user);
        // What was taken away before memory ran full, and holds for sign-ins under way.
        await Store.RevokeAllAsync(users[0], null, Samples.Revocation(_clock.GetUtcNow()));
        await Store.RequireRightsAsync(users[1], 9);
        var before = await KeysAsync();

        await FillAsync(policy);

        var dropped = before.Except(await KeysAsync()).ToList();
        Assert.NotEmpty(dropped);
        Assert.All(dropped, key => Assert.StartsWith("us:", key, StringComparison.Ordinal));
        await MakeRoomAsync();
        Assert.NotEmpty(await LiveAsync());

        // Sign-ins under way are refused, and have to have the new rights.
        Assert.Null(await Store.AddAsync(Samples.Session(_clock.GetUtcNow(), users[0]), underWay[users[0]]));
        var added = Samples.Session(_clock.GetUtcNow(), users[1]) with { RequiredRightsVersion = 0 };
        Assert.NotNull(await Store.AddAsync(added, underWay[users[1]]));
        Assert.Equal(9, (await Store.FindAsync(added.UserId, added.Id))!.RequiredRightsVersion);

        // A limit ends all but one.
        foreach (var user in users.Skip(2).Take(10))
        {
            var live = (await LiveAsync()).Where(session => session.UserId == user).Select(session => session.Id);
            added = Samples.Session(_clock.GetUtcNow(), user);
            Assert.Equal(live.ToHashSet(), (await Store.AddAsync(added, underWay[user], limit: 1))!.ToHashSet());
            _sessions.Add(added);
        }

        // Changed rights reach all.
        foreach (var user in users)
            await Store.RequireRightsAsync(user, 12);
        Assert.All(await LiveAsync(), session => Assert.Equal(12, session.RequiredRightsVersion));

        // So do "sign out others" and a forced sign-out.
        var spared = (await LiveAsync())[0];
        await Store.RevokeAllAsync(spared.UserId, spared.Id, Samples.Revocation(_clock.GetUtcNow()));
        Assert.Equal(spared.Id, Assert.Single(await LiveAsync(), session => session.UserId == spared.UserId).Id);
        foreach (var user in users)
            await Store.RevokeAllAsync(user, null, Samples.Revocation(_clock.GetUtcNow()));
        Assert.Empty(await LiveAsync());
    }

    [Fact]
    public async Task Without_eviction_nothing_is_dropped_and_new_sessions_are_refused()
    {
        var before = await KeysAsync();

        await FillAsync("noeviction");
        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Subset((await KeysAsync()).ToHashSet(), before.ToHashSet());
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => AddAsync(Guid.NewGuid()));
        Assert.Equal(3, (await Store.RevokeAllAsync(_sessions[0].UserId, null, Samples.Revocation(_clock.GetUtcNow()))).Count);
    }

    // Else an index could go, and leave its sessions. The mark is the one such loss that is made up for.
    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("allkeys-lfu")]
    [InlineData("allkeys-random")]
    public async Task A_policy_that_drops_what_has_no_time_to_live_is_seen(string policy)
    {
        var before = await KeysAsync();

        await FillAsync(policy);

        Assert.Contains(before.Except(await KeysAsync()), key => !key.StartsWith("us:", StringComparison.Ordinal));
        await Eventually.TrueAsync(
            () => _app.Connection.Masters is [{ EvictsAnyKey: true }], "the app knows that it may lose what it needs");
    }

    /// <summary>Until Redis has dropped a good part of what was there, or refuses.</summary>
    private async Task FillAsync(string policy)
    {
        await _redis.ConfigSetAsync("maxmemory-policy", policy);
        // Looks at all there is: a sample could pass by what expires first.
        await _redis.ConfigSetAsync("maxmemory-samples", "64");
        var used = await _redis.InfoAsync("memory", "used_memory");
        await _redis.ConfigSetAsync("maxmemory", (used + 20_000).ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < 500 && await _redis.InfoAsync("stats", "evicted_keys") < Users; i++)
        {
            var answer = await _redis.CliAsync("SET", $"filler-{i}", new string('x', 4000));
            if (answer.Contains("OOM", StringComparison.Ordinal))
                return;
        }
    }

    private Task MakeRoomAsync() => _redis.ConfigSetAsync("maxmemory", "0");

    private async Task<List<UserSession>> LiveAsync()
    {
        var live = new List<UserSession>();
        foreach (var session in _sessions)
        {
            if (await Store.FindAsync(session.UserId, session.Id) is { Revocation: null } found)
                live.Add(found);
        }

        return live;
    }

    private async Task<UserSession> AddAsync(Guid user)
    {
        var session = Samples.Session(_clock.GetUtcNow(), user);
        Assert.NotNull(await Store.AddAsync(session, await Store.GetGenerationAsync(user)));
        return session;
    }

    private async Task<IReadOnlyList<string>> KeysAsync() => (await _redis.CliAsync("KEYS", "*"))
        .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Where(key => !key.StartsWith("filler", StringComparison.Ordinal)).ToList();
}
