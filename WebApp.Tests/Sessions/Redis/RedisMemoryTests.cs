using System.Security.Cryptography;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What a session costs Redis, in memory and in round trips, and what still works when memory is full.</summary>
public sealed class RedisMemoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new();
    private RedisStore _app = null!;

    private IUserSessionStore Store => _app.Store;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);
        await _app.UntilVerifiedAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task A_session_takes_at_most_a_kibibyte_of_memory()
    {
        const int count = 1000;
        // Warms up what grows once: connections, buffers, the scripts.
        await AddAsync();
        var before = await _redis.InfoAsync("memory", "used_memory");

        for (var i = 0; i < count; i++)
        {
            // A sealed ticket with a name and an address of usual length; the user agent is a browser's.
            var session = Samples.Session(_clock.GetUtcNow()) with { Ticket = RandomNumberGenerator.GetBytes(295) };
            Assert.NotNull(await Store.AddAsync(session, default));
        }

        var each = (await _redis.InfoAsync("memory", "used_memory") - before) / count;
        output.WriteLine($"{each} bytes a session, one session a user");
        Assert.InRange(each, 1, 1024);
    }

    [Fact]
    public async Task Finding_a_session_is_one_command_and_listing_is_one_script()
    {
        var session = await AddAsync();
        await AddAsync(session.UserId);
        await Store.ListAsync(session.UserId);
        await _redis.CliAsync("CONFIG", "RESETSTAT");

        await Store.FindAsync(session.UserId, session.Id);

        Assert.Equal((1, 0, 0), (await _redis.CallsAsync("get"), await _redis.CallsAsync("evalsha"), await _redis.CallsAsync("eval")));
        await _redis.CliAsync("CONFIG", "RESETSTAT");

        await Store.ListAsync(session.UserId);

        Assert.Equal((1, 0), (await _redis.CallsAsync("evalsha"), await _redis.CallsAsync("eval")));
        Assert.Equal((1, 2, 0), (await _redis.CallsAsync("zrange"), await _redis.CallsAsync("get"), await _redis.CallsAsync("zrem")));
    }

    [Fact]
    public async Task A_list_forgets_what_has_gone()
    {
        var session = await AddAsync();
        var stays = await AddAsync(session.UserId);
        await _redis.CliAsync("DEL", $"us:{Tag(session.UserId)}:{session.Id}");

        Samples.AssertSame(stays, Assert.Single(await Store.ListAsync(session.UserId)));

        Assert.Equal("1", (await _redis.CliAsync("ZCARD", $"uu:{Tag(session.UserId)}:{session.UserId:N}")).Trim());
    }

    [Fact]
    public async Task Every_key_goes_by_itself()
    {
        var session = await AddAsync();
        await Store.RevokeAllAsync(session.UserId, null, Samples.Revocation(_clock.GetUtcNow()));

        var live = await AddAsync();

        Assert.InRange(await TtlAsync($"us:{Tag(session.UserId)}:{session.Id}"), TimeSpan.FromHours(23.9), TimeSpan.FromMinutes(24 * 60 + 1));
        Assert.InRange(await TtlAsync($"uu:{Tag(session.UserId)}:{session.UserId:N}"), TimeSpan.FromHours(23.9), TimeSpan.FromMinutes(24 * 60 + 1));
        Assert.InRange(await TtlAsync($"ug:{Tag(session.UserId)}:{session.UserId:N}"), TimeSpan.FromMinutes(59), UserGeneration.Lifetime);
        Assert.InRange(await TtlAsync($"us:{Tag(live.UserId)}:{live.Id}"), TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(61));
        Assert.InRange(await TtlAsync($"uu:{Tag(live.UserId)}:{live.UserId:N}"), TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task Full_memory_stops_sign_ins_but_no_revocation()
    {
        var user = Guid.NewGuid();
        var (one, two, spared, other) = (await AddAsync(user), await AddAsync(user), await AddAsync(user), await AddAsync());
        await _redis.ConfigSetAsync("maxmemory", "1");

        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => AddAsync());
        Assert.True(await Store.RevokeAsync(user, one.Id, Samples.Revocation(_clock.GetUtcNow())));
        Assert.Equal([two.Id], await Store.RevokeAllAsync(user, spared.Id, Samples.Revocation(_clock.GetUtcNow())));

        Assert.NotNull((await Store.FindAsync(user, one.Id))?.Revocation);
        Assert.NotNull((await Store.FindAsync(user, two.Id))?.Revocation);
        Assert.NotEqual(default, await Store.GetGenerationAsync(user));
        // A session in use does not go idle for want of memory.
        Assert.NotNull(await Store.TouchAsync(other.UserId, other.Id, new(_clock.GetUtcNow().AddMinutes(5), null)));
        Samples.AssertSame(spared, await Store.FindAsync(user, spared.Id));
    }

    [Fact]
    public async Task Full_memory_does_not_stop_a_user_without_sessions_from_revoking_all()
    {
        var user = Guid.NewGuid();
        await _redis.ConfigSetAsync("maxmemory", "1");

        Assert.Empty(await Store.RevokeAllAsync(user, null, Samples.Revocation(_clock.GetUtcNow())));

        Assert.NotEqual(default, await Store.GetGenerationAsync(user));
    }

    [Fact]
    public async Task A_record_of_an_unknown_version_is_not_found_and_revoking_removes_it()
    {
        var (one, two) = (await AddAsync(), await AddAsync());
        foreach (var session in new[] { one, two })
            await _redis.CliAsync("SETRANGE", $"us:{Tag(session.UserId)}:{session.Id}", "0", "Z");

        Assert.Null(await Store.FindAsync(one.UserId, one.Id));
        Assert.Empty(await Store.ListAsync(one.UserId));
        Assert.Null(await Store.TouchAsync(one.UserId, one.Id, new(_clock.GetUtcNow().AddMinutes(5), null)));
        Assert.True(await Store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(_clock.GetUtcNow())));
        Assert.Equal([two.Id], await Store.RevokeAllAsync(two.UserId, null, Samples.Revocation(_clock.GetUtcNow())));

        Assert.Empty((await _redis.CliAsync("KEYS", "us:*")).Trim());
    }

    private async Task<UserSession> AddAsync(Guid? userId = null)
    {
        var session = Samples.Session(_clock.GetUtcNow(), userId);
        Assert.NotNull(await Store.AddAsync(session, default));
        return session;
    }

    private async Task<TimeSpan> TtlAsync(string key) =>
        TimeSpan.FromMilliseconds(long.Parse(await _redis.CliAsync("PTTL", key), System.Globalization.CultureInfo.InvariantCulture));

    private static string Tag(Guid userId) => $"{{s{userId.ToByteArray(bigEndian: true)[^1]:x2}}}";
}
