using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed partial class EndEveryoneOnRedisTests(RedisServer redis) : EndEveryoneContract, IClassFixture<RedisServer>
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

    // The one moment at which it is wanted may be that at which Redis is down.
    [Fact]
    public async Task What_Redis_could_not_be_asked_for_is_seen_through_when_it_is_back()
    {
        await EndEveryoneAsync();
        var session = await AddAsync();
        await using var other = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock, TimeSpan.FromSeconds(1));
        await other.UntilVerifiedAsync();
        await redis.FreezeAsync();
        try
        {
            await Assert.ThrowsAsync<SessionStoreUnavailableException>(() => other.Store.EndEveryoneAsync(new(Now, RevocationReason.Maintenance), spared: null));
        }
        finally
        {
            await redis.ThawAsync();
        }

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await other.Store.FindAsync(session.UserId, session.Id))!.Revocation?.Reason == RevocationReason.Maintenance;
            }
            catch (SessionStoreUnavailableException)
            {
                return false;
            }
        }, "the end is told");
    }

    [Fact]
    public async Task A_part_of_Redis_that_can_not_be_told_does_not_keep_the_others_from_what_is_to_be_repeated()
    {
        var user = new Guid("5d0f7a52-8c1f-4f0e-9a0e-3b0c5f6e7d01");
        await redis.CliAsync("DEL", "ue:{s02}:");
        await redis.CliAsync("LPUSH", "ue:{s02}:", "no copy");
        await using (var db = _database.CreateDbContext())
        {
            var number = (await Store.GetGenerationAsync(user)).Epoch + 1;
            db.Epochs.Add(new() { Number = number, At = Now, Reason = RevocationReason.Maintenance });
            db.RevocationJournal.Add(new()
            {
                UserId = user,
                Tag = RedisKeys.TagOf(user),
                At = Now.AddMinutes(-1),
                RightsVersion = 7,
                KeepUntil = Now.AddDays(1),
            });
            await db.SaveChangesAsync();
        }

        try
        {
            await Eventually.TrueAsync(async () => (await redis.CliAsync("EXISTS", $"{new RedisKeys(user).Rights}")).Trim() == "1", "the rights are repeated");
        }
        finally
        {
            await redis.CliAsync("DEL", "ue:{s02}:");
        }
    }

    // Else its start would cost all others what they remember.
    [Fact]
    public async Task An_instance_that_starts_has_no_news_of_an_end_that_is_known()
    {
        await EndEveryoneAsync();

        var commands = await redis.CommandsOfAsync(async () =>
        {
            await using var other = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
            await other.UntilVerifiedAsync();
        });

        // It does tell the end, to which there is nothing new.
        Assert.Contains(commands, command => command.Names("ue:{s00}:") && command.Script is null);
        Assert.DoesNotContain(commands, command => command.Name == "publish" && command.Script?.Names("ue:{s") == true);
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

    [Fact]
    public async Task Who_signed_in_in_an_epoch_that_neither_the_database_nor_a_copy_knows_is_not_found()
    {
        await EndEveryoneAsync();
        var session = await AddAsync();
        await SqlAsync("DELETE FROM Epochs");
        await ForgetAsync(session);
        await using var started = await RedisStore.StartAsync(redis.ConnectionString, _database, Clock);
        await started.UntilVerifiedAsync();

        Assert.Null(await started.Store.FindAsync(session.UserId, session.Id));
        Assert.Empty(await started.Store.ListAsync(session.UserId));
        Assert.False(await started.Store.CountRefusedAsync(session.UserId, session.Id, Now, null));
        await ForgetAllAsync();
    }

    [Fact]
    public async Task A_copy_that_is_missing_is_told_what_the_others_say_if_the_database_has_gone_back()
    {
        await EndEveryoneAsync();
        var session = await AddAsync();
        Assert.NotNull(await Store.FindAsync(session.UserId, session.Id));
        await SqlAsync("DELETE FROM Epochs");

        await ForgetAsync(session);

        Assert.Null((await Store.FindAsync(session.UserId, session.Id))!.Revocation);
        Assert.Single(await Store.ListAsync(session.UserId));
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

    // That is the sweeper's work, and nobody waits for it.
    [Fact]
    public async Task A_page_for_staff_leaves_what_ended_where_it_is()
    {
        var session = await AddAsync(Samples.Session(Now) with { LastSeenAt = Now.AddSeconds(-1) });
        var size = await redis.CliAsync("STRLEN", KeyOf(session));
        await EndEveryoneAsync();

        Assert.DoesNotContain((await Store.ListAllAsync(new(), after: null, 50)).Sessions, s => s.Id == session.Id);

        Assert.Equal(size, await redis.CliAsync("STRLEN", KeyOf(session)));
    }

    [Fact]
    public async Task It_takes_as_many_commands_for_many_sessions_as_for_few()
    {
        List<UserSession> sessions = [];
        while (sessions.Count < 50)
            sessions.Add(await AddAsync());

        var commands = await redis.CommandsOfAsync(EndEveryoneAsync);

        Assert.Equal(256, commands.Where(command => command.Script is null).SelectMany(command => EpochKey().Matches(command.Text)).Select(key => key.Value).Distinct().Count());
        // The sweeper, which comes now and then, repairs a part of the lists.
        Assert.InRange(sessions.Count(session => commands.Any(command => command.Names($"{session.Id}"))), 0, 25);
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

    [GeneratedRegex(@"ue:\{s[0-9a-f]{2}\}:", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EpochKey();

    private static string KeyOf(UserSession session) => $"{new RedisKeys(session.UserId).Record(session.Id)}";

    /// <summary>The copies of the users' tags, and the one that look-ups read.</summary>
    private async Task ForgetAsync(params UserSession[] sessions)
    {
        Assert.Equal("1", (await redis.CliAsync("DEL", "ue:{s00}:")).Trim());
        foreach (var session in sessions)
            await redis.CliAsync("DEL", $"ue:{{s{session.UserId.ToString()[^2..]}}}:");
    }

    /// <summary>For the tests that follow, in which databases begin anew.</summary>
    private async Task ForgetAllAsync() =>
        await redis.CliAsync(["DEL", .. Enumerable.Range(0, 256).Select(tag => $"ue:{{s{tag:x2}}}:")]);

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
