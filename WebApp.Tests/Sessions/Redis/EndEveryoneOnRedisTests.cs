using System.Globalization;
using Microsoft.Data.Sqlite;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

public sealed class EndEveryoneOnRedisTests(RedisServer redis) : EndEveryoneContract, IClassFixture<RedisServer>
{
    private readonly SqliteDatabase _database = new();
    private RedisStore _app = null!;

    [Fact]
    public async Task Every_instance_finds_them_ended_with_its_next_request()
    {
        await using var other = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        var session = await AddAsync();
        Assert.NotNull(await other.Store.FindAsync(session.UserId, session.Id));

        await EndEveryoneAsync();

        Assert.NotNull((await other.Store.FindAsync(session.UserId, session.Id))!.Revocation);
    }

    // Evicted, or flushed: nobody may take it for "never".
    [Fact]
    public async Task A_copy_of_the_epoch_that_is_missing_is_asked_of_the_database()
    {
        var ended = await AddAsync();
        await EndEveryoneAsync();
        var session = await AddAsync();
        await ForgetAsync(ended, session);

        Assert.NotNull((await Store.FindAsync(ended.UserId, ended.Id))!.Revocation);
        Assert.Null((await Store.FindAsync(session.UserId, session.Id))!.Revocation);

        await ForgetAsync(ended, session);
        await SqlAsync("ALTER TABLE Epochs RENAME TO Hidden");
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => Store.FindAsync(ended.UserId, ended.Id));
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => Store.ListAsync(ended.UserId));
        await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => Store.AddAsync(Samples.Session(Now, session.UserId), default));

        await SqlAsync("ALTER TABLE Hidden RENAME TO Epochs");
        Assert.NotNull((await Store.FindAsync(ended.UserId, ended.Id))!.Revocation);
    }

    // The process that was asked to died between its two steps.
    [Fact]
    public async Task An_end_that_Redis_never_heard_of_is_told_by_any_instance()
    {
        var session = await AddAsync();
        var number = (await Store.GetGenerationAsync(session.UserId)).Epoch + 1;

        await SqlAsync($"INSERT INTO Epochs (Number, At, Reason) VALUES ({number}, {Now.ToUnixTimeMilliseconds()}, {(int)RevocationReason.Maintenance})");

        await Eventually.TrueAsync(async () => (await Store.FindAsync(session.UserId, session.Id))!.Revocation?.Reason == RevocationReason.Maintenance, "the end is told");
    }

    // Its epochs are counted anew, but what Redis was told must not come to mean something else.
    [Fact]
    public async Task A_database_from_a_backup_does_not_keep_anybodys_session_from_ending()
    {
        await EndEveryoneAsync();
        await EndEveryoneAsync();
        var session = await AddAsync();
        await SqlAsync("DELETE FROM Epochs");

        await EndEveryoneAsync();

        Assert.NotNull((await Store.FindAsync(session.UserId, session.Id))!.Revocation);
    }

    // A record has room for seven bits of the epoch's number.
    [Fact]
    public async Task A_session_does_not_come_back_when_the_numbers_begin_again()
    {
        var session = await AddAsync();
        var number = (await Store.GetGenerationAsync(session.UserId)).Epoch;
        Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.NotNull(await Store.TouchAsync(session.UserId, session.Id, new(Now, null)));
        Clock.Advance(TimeSpan.FromMinutes(45));

        await SqlAsync($"INSERT INTO Epochs (Number, At, Reason) VALUES ({number + 127}, {Now.ToUnixTimeMilliseconds()}, 24)");
        await EndEveryoneAsync();

        Assert.Equal(number + 128, (await Store.GetGenerationAsync(session.UserId)).Epoch);
        Assert.NotNull((await Store.FindAsync(session.UserId, session.Id))!.Revocation);
    }

    // Whatever waits in the records may not come back when the copy of the epoch is lost, and it takes room.
    [Fact]
    public async Task What_ended_is_put_away_as_tombstones()
    {
        var session = await AddAsync();
        var size = long.Parse(await redis.CliAsync("STRLEN", KeyOf(session)), CultureInfo.InvariantCulture);
        await Store.EndEveryoneAsync(new(Now, RevocationReason.Maintenance, "INC-3"), spared: null);

        await PutAwayAsync();

        Assert.InRange(long.Parse(await redis.CliAsync("STRLEN", KeyOf(session)), CultureInfo.InvariantCulture), 1, size - 100);
        Assert.Equal(new(Now, RevocationReason.Maintenance, "INC-3"), (await Store.FindAsync(session.UserId, session.Id))!.Revocation);
        Assert.True(await Store.CountRefusedAsync(session.UserId, session.Id, Now, null));
        Assert.Single(await Store.ListAsync(session.UserId));
    }

    [Fact]
    public async Task It_takes_as_many_commands_for_many_sessions_as_for_few()
    {
        for (var i = 0; i < 50; i++)
            await AddAsync();
        await redis.CliAsync("CONFIG", "RESETSTAT");

        await EndEveryoneAsync();

        Assert.InRange(await redis.CallsAsync("evalsha") + await redis.CallsAsync("eval"), 256, 256 + 40);
    }

    public override async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _database.Dispose();
    }

    protected override async Task PutAwayAsync()
    {
        for (var list = 0; list < RedisIndexSweeper.Lists; list += 64)
            await Task.WhenAll(Enumerable.Range(list, 64).Select(_app.Index.RepairAsync));
    }

    protected override async Task<IUserSessionStore> OpenAsync()
    {
        _app = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        await _app.UntilVerifiedAsync();
        return _app.Store;
    }

    private static string KeyOf(UserSession session) => $"{new RedisKeys(session.UserId).Record(session.Id)}";

    private async Task ForgetAsync(params UserSession[] sessions)
    {
        foreach (var session in sessions)
            Assert.Equal("1", (await redis.CliAsync("DEL", $"ue:{{s{session.UserId.ToString()[^2..]}}}:")).Trim());
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new SqliteConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
