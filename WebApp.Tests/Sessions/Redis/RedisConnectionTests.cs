using System.Diagnostics;
using WebApp.Hosting;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>What the one way to Redis does when Redis misbehaves.</summary>
public sealed class RedisConnectionTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new();
    private RedisStore _app = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock, Timeout);
        await _app.UntilVerifiedAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task A_frozen_server_holds_up_a_call_for_the_time_out_and_later_calls_not_at_all()
    {
        await _redis.FreezeAsync();

        var first = await FailInTimeAsync(() => _app.Store.FindAsync(Guid.NewGuid(), SessionId.New()));
        var next = _app.Store.FindAsync(Guid.NewGuid(), SessionId.New());

        Assert.True(first > Timeout * 0.9, $"It was given up after {first}");
        Assert.True(next.IsCompleted, "It is waited for nothing");
        await FailAsync(() => next);
        await _redis.ThawAsync();
        await WorksAsync();
    }

    [Fact]
    public async Task The_key_ring_which_blocks_a_thread_is_bounded_too()
    {
        var keys = new RestorableKeyRing(_app.Connection, new(_database));
        keys.StoreElement(new("key"), "");
        Assert.Equal("key", Assert.Single(keys.GetAllElements()).Name);
        await _redis.FreezeAsync();

        await FailInTimeAsync(() => Task.Run(keys.GetAllElements));

        await _redis.ThawAsync();
    }

    [Fact]
    public async Task What_was_given_up_on_during_a_freeze_is_not_done_after_it()
    {
        var session = await AddAsync();
        var refused = Samples.Session(_clock.GetUtcNow());
        await _redis.FreezeAsync();

        await Task.WhenAll(
            FailAsync(() => _app.Store.AddAsync(refused, default)),
            FailAsync(() => _app.Store.TouchAsync(session.UserId, session.Id, new(_clock.GetUtcNow().AddMinutes(1), null))),
            FailAsync(() => _app.Store.UpdateTicketAsync(session.UserId, session.Id, new byte[] { 1 }, 0)));
        await _redis.ThawAsync();
        await _app.UntilVerifiedAsync();

        // They were sent before the freeze ended, on the connection that these calls use: by now the server has run them.
        Assert.Null(await _app.Store.FindAsync(refused.UserId, refused.Id));
        Samples.AssertSame(session, await _app.Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task Not_after_is_told_by_the_clock_of_Redis_not_by_the_apps()
    {
        _clock.Advance(TimeSpan.FromDays(-400));

        var session = await AddAsync();

        Samples.AssertSame(session, await _app.Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task A_server_that_is_killed_fails_calls_and_is_used_again_when_it_is_back()
    {
        await _redis.StopAsync();
        await Eventually.TrueAsync(() => !_app.Connection.IsVerified, "the broken connection is noticed");
        var whileDown = _app.Store.ListAsync(Guid.NewGuid());
        Assert.True(whileDown.IsCompleted, "It is waited for nothing");
        await FailAsync(() => whileDown);

        await _redis.StartAsync();

        await WorksAsync();
    }

    [Fact]
    public async Task A_connection_on_which_nothing_ever_comes_is_given_up_for_a_new_one()
    {
        await using var link = new TcpLink(_redis.Port);
        await using var app = await RedisStore.StartAsync(link.ConnectionString, _database, _clock, Timeout);
        await app.UntilVerifiedAsync();

        link.Strand(true);
        link.Break();
        await Eventually.TrueAsync(() => link.Stranded >= 2, "the client connects anew");
        link.Strand(false);

        await Yardstick.WithinAsync(TimeSpan.FromSeconds(15), output, app.UntilVerifiedAsync);
    }

    [Fact]
    public async Task Open_connections_that_fall_silent_are_given_up_for_new_ones()
    {
        await using var link = new TcpLink(_redis.Port);
        await using var app = await RedisStore.StartAsync(link.ConnectionString, _database, _clock, Timeout);
        await app.UntilVerifiedAsync();

        link.SilenceOpenOnes();

        await Eventually.TrueAsync(() => !app.Connection.IsVerified, "the silence is noticed");
        await app.UntilVerifiedAsync();
        Assert.Empty(await app.Store.ListAsync(Guid.NewGuid()));
    }

    [Fact]
    public async Task A_server_that_has_forgotten_its_scripts_is_taught_them_again()
    {
        await AddAsync();
        for (var round = 0; round < 5; round++)
        {
            await _redis.CliAsync("SCRIPT", "FLUSH");
            await AddAsync();
        }
    }

    // It may have gone back in time, and the client tells of it only after it has begun to use it.
    [Fact]
    public async Task A_reply_over_a_connection_that_the_monitor_has_not_looked_at_does_not_count()
    {
        var client = await _app.Connection.RunAsync(db => Task.FromResult(db.Multiplexer));
        var probe = await _app.Connection.ProbeAsync();
        Assert.True(probe.Covers(client));

        await _redis.CliAsync("CLIENT", "KILL", "TYPE", "normal");
        await Eventually.TrueAsync(() => client.IsConnected && !probe.Covers(client), "the client has connected anew");

        Assert.True((await LookAsync()).Covers(client));

        // Several connections may be lost, one after the other.
        async Task<RedisProbe> LookAsync()
        {
            RedisProbe? seen = null;
            await Eventually.TrueAsync(async () => (seen = await _app.Connection.ProbeAsync()).Covers(client), "it is looked at");
            return seen!;
        }
    }

    [Fact]
    public async Task An_app_may_start_before_its_server()
    {
        await using var late = new RedisServer();
        await using var app = await RedisStore.StartAsync(late.ConnectionString, _database, _clock, Timeout);
        await FailInTimeAsync(() => app.Store.ListAsync(Guid.NewGuid()));

        await late.StartAsync();

        await app.UntilVerifiedAsync();
        Assert.Empty(await app.Store.ListAsync(Guid.NewGuid()));
    }

    [Fact]
    public async Task Calls_made_while_the_app_starts_wait_for_the_connection()
    {
        await using var app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);

        Assert.Empty(await app.Store.ListAsync(Guid.NewGuid()));
    }

    [Fact]
    public async Task Health_can_see_the_round_trip_and_what_the_server_does_when_full()
    {
        await _redis.ConfigSetAsync("maxmemory-policy", "allkeys-lru");

        await Eventually.TrueAsync(() => _app.Connection.Masters is [{ MaxMemoryPolicy: "allkeys-lru" }], "the change of policy is seen");
        Assert.NotEqual(TimeSpan.Zero, await _app.Connection.RunAsync(db => db.PingAsync()));
    }

    [Fact]
    public async Task Failures_say_nothing_of_keys_and_arguments()
    {
        await _redis.CliAsync("SET", "secret-key", "text");

        var wrongType = await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => _app.Connection.RunAsync(db => db.ListRightPushAsync("secret-key", "secret-value")));
        await _redis.StopAsync();
        var stopped = await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => _app.Connection.GetAsync(["secret-key"]));

        Assert.Contains("WRONGTYPE", wrongType.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrongType.ToString().Split("   at ")[0], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", stopped.ToString().Split("   at ")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_fails_is_logged_with_the_words_of_Redis_but_without_keys_and_values()
    {
        var faulty = new RedisScript("faulty", "return clock()");

        var failure = await Assert.ThrowsAsync<SessionStoreUnavailableException>(
            () => _app.Connection.EvaluateAsync(faulty, ["us:{s00}:secret-key"], "secret-value"));

        const string Words = "Script attempted to access nonexistent global variable 'clock'";
        Assert.Contains($"Redis refused faulty: ERR user_script:1: {Words}", failure.Message, StringComparison.Ordinal);
        var line = Assert.Single(_app.Log.Lines, line => line.Contains("refused faulty", StringComparison.Ordinal));
        Assert.StartsWith("Error ", line, StringComparison.Ordinal);
        Assert.Contains(Words, line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message + line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_Redis_can_not_load_keeps_calls_back_and_the_log_has_the_words_of_Redis()
    {
        var broken = new RedisScriptSet(_ => "retrun 1", new Dictionary<string, object>());
        broken.Add("broken");

        await using var app = await RedisStore.StartAsync(
            _redis.ConnectionString, _database, _clock, Timeout, moreScripts: broken);

        await Eventually.TrueAsync(() => IsSaid("Redis is not in use"), "the monitor says that Redis is not in use");
        Assert.True(IsSaid("broken (load): ERR Error compiling script (new function): user_script:1: '=' expected near '1'"));
        await FailAsync(() => app.Store.ListAsync(Guid.NewGuid()));
        Assert.False(app.Connection.IsVerified);

        bool IsSaid(string text) => app.Log.Lines.Any(line => line.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_restarted_has_all_scripts_before_it_is_used()
    {
        var scripts = new RedisScripts().Set.Scripts;
        await _redis.StopAsync();
        await Eventually.TrueAsync(() => !_app.Connection.IsVerified, "the broken connection is noticed");

        await _redis.StartAsync();
        await _app.UntilVerifiedAsync();

        Assert.True(await _redis.InfoAsync("memory", "number_of_cached_scripts") >= scripts.Count);
    }

    [Fact]
    public async Task A_caller_that_blocks_its_thread_after_a_call_holds_up_nobody()
    {
        using var release = new ManualResetEventSlim();
        var blocked = Task.Run(async () =>
        {
            await _app.Connection.GetAsync(["key"]);
            release.Wait();
        });

        for (var call = 0; call < 100; call++)
            await _app.Connection.GetAsync(["key"]);

        Assert.False(blocked.IsCompleted);
        release.Set();
        await blocked;
    }

    private async Task<UserSession> AddAsync()
    {
        var session = Samples.Session(_clock.GetUtcNow());
        Assert.NotNull(await _app.Store.AddAsync(session, default));
        return session;
    }

    private async Task WorksAsync()
    {
        await _app.UntilVerifiedAsync();
        await AddAsync();
    }

    /// <summary>How long it took to fail.</summary>
    private async Task<TimeSpan> FailInTimeAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        await Yardstick.WithinAsync(Timeout * 4, output, () => FailAsync(call));
        return Stopwatch.GetElapsedTime(started);
    }

    private static Task<SessionStoreUnavailableException> FailAsync(Func<Task> call) => Assert.ThrowsAsync<SessionStoreUnavailableException>(call);
}
