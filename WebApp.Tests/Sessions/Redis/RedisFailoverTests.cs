using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>A master with an asynchronous replica: what the replica has not heard of when it takes over must hold all the same.</summary>
public sealed class RedisFailoverTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _master = new() { Options = ["--repl-diskless-sync-delay", "0"] };
    private RedisServer _replica = null!;
    private RedisStore _app = null!;

    public async Task InitializeAsync()
    {
        await _master.StartAsync();
        _replica = new() { Options = ["--replicaof", $"127.0.0.1 {_master.Port}"] };
        await _replica.StartAsync();
        await Eventually.TrueAsync(async () => (await _replica.CliAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows");
        _app = await RedisStore.StartAsync($"{_master.ConnectionString},{_replica.ConnectionString}", _database, _clock, TimeSpan.FromSeconds(1));
        await _app.UntilVerifiedAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _replica.DisposeAsync();
        await _master.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public Task A_replica_that_never_heard_of_a_revocation_does_not_undo_it_when_it_takes_over() => FailOverAfterAsync(
        session => _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow())),
        found => Assert.NotNull(found.Revocation));

    [Fact]
    public Task A_replica_that_never_heard_of_a_lock_does_not_undo_it_when_it_takes_over() => FailOverAfterAsync(
        session => _app.Store.LockAsync(session.UserId, session.Id, new(_clock.GetUtcNow(), LockReason.User)),
        found => Assert.Equal(LockReason.User, found.Lock?.Reason));

    [Fact]
    public Task A_replica_that_never_heard_of_changed_rights_does_not_undo_them_when_it_takes_over() => FailOverAfterAsync(
        session => _app.Store.RequireRightsAsync(session.UserId, 77),
        found => Assert.Equal(77, found.RequiredRightsVersion));

    [Fact]
    public Task A_replica_that_never_heard_that_everyones_sessions_were_ended_does_not_undo_it_when_it_takes_over() => FailOverAfterAsync(
        _ => _app.Store.EndEveryoneAsync(Samples.Revocation(_clock.GetUtcNow()), spared: null),
        found => Assert.NotNull(found.Revocation));

    private async Task FailOverAfterAsync(Func<UserSession, Task> act, Action<UserSession> assert)
    {
        var session = Samples.Session(_clock.GetUtcNow());
        await _app.Store.AddAsync(session, default);
        await Eventually.TrueAsync(async () => (await _replica.CliAsync("EXISTS", $"{new RedisKeys(session.UserId).Record(session.Id)}")).Trim() == "1", "the session has reached the replica");
        // It keeps what it has, and hears no more of its master.
        await _replica.CliAsync("REPLICAOF", "127.0.0.1", "1");
        await act(session);
        await _master.StopAsync();
        await _replica.CliAsync("REPLICAOF", "NO", "ONE");

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                assert((await _app.Store.FindAsync(session.UserId, session.Id))!);
                return true;
            }
            catch (SessionStoreUnavailableException)
            {
                return false;
            }
        }, "the replica is in use");
    }

    [Fact]
    public async Task A_frozen_replica_holds_nobody_up()
    {
        await _replica.FreezeAsync();

        await _master.ThroughoutLooksAsync(4, () => _app.Store.ListAsync(Guid.NewGuid()));

        Assert.True(_app.Connection.IsVerified);
        await _replica.ThawAsync();
    }
}
