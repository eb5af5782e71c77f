using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>
/// What a Redis may have lost of the journal is repeated on it, and nothing else. Each loss is made at a chosen step.
/// </summary>
public sealed partial class RedisRecoveryTests : IAsyncLifetime
{
    /// <summary>All users are of one tag, so that their changes are counted together.</summary>
    private const byte Tag = 0x5c;

    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new() { Options = ["--enable-debug-command", "yes"] };
    private readonly List<RedisStore> _apps = [];

    private RedisStore App => _apps[0];

    private static string Mark => $"{RedisKeys.MarkOf(Tag)}";

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task A_start_on_a_Redis_that_has_everything_repeats_nothing()
    {
        for (var i = 0; i < 10; i++)
            await RevokeAsync(await AddAsync());
        await App.Store.RevokeAllAsync(NewUser(), null, Samples.Revocation(_clock.GetUtcNow()));
        await App.Store.RequireRightsAsync(NewUser(), 3);

        var other = await StartAsync();

        Assert.Equal(0, RepeatedBy(other));
    }

    [Fact]
    public async Task A_restart_that_lost_nothing_repeats_nothing()
    {
        for (var i = 0; i < 10; i++)
            await RevokeAsync(await AddAsync());
        await SnapshotAsync();

        await RestoreAsync();

        Assert.Equal(0, RepeatedBy(App));
        await RevokeAsync(await AddAsync());
        await SnapshotAsync();
        await RestoreAsync();
        Assert.Equal(0, RepeatedBy(App));
    }

    [Fact]
    public async Task What_came_after_the_snapshot_is_repeated_and_nothing_before_it()
    {
        for (var i = 0; i < 10; i++)
            await RevokeAsync(await AddAsync());
        var sessions = await AddAsync(5);
        await SnapshotAsync();
        foreach (var session in sessions)
            await RevokeAsync(session);

        await RestoreAsync();

        Assert.Equal(5, RepeatedBy(App));
        await AssertRevokedAsync(sessions);
        Assert.Equal(0, RepeatedBy(await StartAsync()));
    }

    // Places that were lost must not be given again: what lost them would pass for done.
    [Fact]
    public async Task A_snapshot_that_comes_back_twice_revives_nobody_the_second_time()
    {
        var (one, two) = (await AddAsync(), await AddAsync());
        await SnapshotAsync();
        await RevokeAsync(one);
        await RestoreAsync();
        Assert.Equal(1, RepeatedBy(App));

        await RevokeAsync(two);
        await RestoreAsync();

        Assert.Equal(2, RepeatedBy(App));
        await AssertRevokedAsync(one, two);
    }

    // The client may connect to a server that came back, and have it run commands, before the monitor looks.
    [Fact]
    public async Task A_change_that_slips_in_before_the_monitor_looks_hides_nothing_that_was_lost()
    {
        var (lost, slips) = (await AddAsync(), await AddAsync());
        await SnapshotAsync();
        await RevokeAsync(lost);
        // Without it no server is made fit for use.
        await SqlAsync("ALTER TABLE Epochs RENAME TO Hidden");
        await RestoreAsync(isUsed: false);

        var scripts = new RedisScripts();
        var change = await Eventually.AnyAsync(async () => RedisChange.Read(await App.Connection.EvaluateUnverifiedAsync(
            scripts.Revoke, [new RedisKeys(slips.UserId).Record(slips.Id)],
            RedisKeys.UserBytes(slips.UserId), _clock.GetUtcNow().ToUnixTimeMilliseconds(), RedisKeys.IdBytes(slips.Id),
            RedisSessionRecord.WriteRevocation(Samples.Revocation(_clock.GetUtcNow())))));

        Assert.True(change.IsDone);
        Assert.Null(change.Place);
        await SqlAsync("ALTER TABLE Hidden RENAME TO Epochs");
        await App.UntilVerifiedAsync();
        await AssertRevokedAsync(lost);
    }

    // As an instance writes it that has not noticed yet that its server is no longer the one.
    [Fact]
    public async Task A_place_on_a_server_that_is_gone_counts_for_nothing_on_the_one_that_took_over()
    {
        var (before, late) = (await AddAsync(), await AddAsync());
        await RevokeAsync(before);
        await SnapshotAsync();
        var old = Assert.Single(await RowsAsync());
        await RestoreAsync();
        await RevokeAsync(await AddAsync());
        await RevokeAsync(await AddAsync());

        await using (var db = _database.CreateDbContext())
        {
            var at = _clock.GetUtcNow();
            db.RevocationJournal.Add(new()
            {
                UserId = late.UserId,
                Tag = Tag,
                SessionId = late.Id,
                At = at,
                Reason = RevocationReason.SignedOutElsewhere,
                KeepUntil = at.AddDays(1),
                Lineage = old.Lineage,
                Place = old.Place + 1,
            });
            await db.SaveChangesAsync();
        }

        Assert.Equal(1, RepeatedBy(await StartAsync()));
        await AssertRevokedAsync(late);
    }

    [Fact]
    public async Task With_the_mark_of_a_tag_gone_all_of_that_tag_is_repeated_and_nothing_else()
    {
        for (var i = 0; i < 4; i++)
            await RevokeAsync(await AddAsync());
        await App.Store.RevokeAsync(new Guid([.. new byte[15], 1]), SessionId.New(), Samples.Revocation(_clock.GetUtcNow()));
        await _redis.CliAsync("DEL", Mark);

        Assert.Equal(4, RepeatedBy(await StartAsync()));
        Assert.Equal(0, RepeatedBy(await StartAsync()));
    }

    [Fact]
    public async Task A_mark_that_goes_while_it_is_in_use_comes_back_and_what_was_not_counted_is()
    {
        await RevokeAsync(await AddAsync());
        await _redis.FlushAllAsync();

        await RevokeAsync(await AddAsync());
        // The call that wrote it has ended.
        _clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(
            () => App.Log.Lines.Count(line => Repeated().IsMatch(line)) == 2, "what the marks said is made up for");
        Assert.All(await RowsAsync(), row => Assert.NotNull(row.Place));
        Assert.Equal(0, RepeatedBy(await StartAsync()));
    }

    // A machine that is put back to an earlier state brings the server back as it ran, with the id that it had.
    [Fact]
    public async Task Data_that_goes_back_while_the_server_runs_on_revives_nobody()
    {
        var (one, two) = (await AddAsync(), await AddAsync());
        // The app knows how many commands it had run.
        await _redis.ThroughoutLooksAsync(2, () => Task.CompletedTask);
        await _redis.CliAsync("SAVE");
        await RevokeAsync(one);
        await _redis.CliAsync("DEBUG", "RELOAD", "NOSAVE");
        Assert.Null((await FindAsync(one))?.Revocation);

        // Its counters go back with it.
        await _redis.CliAsync("CONFIG", "RESETSTAT");

        await Eventually.TrueAsync(
            async () => (await FindAsync(one))?.Revocation is not null, "what was lost is repeated");
        await RevokeAsync(two);
        Assert.Equal(0, RepeatedBy(await StartAsync()));
    }

    [Fact]
    public async Task A_try_that_fails_is_gone_on_with_where_it_stopped()
    {
        const int rows = 30_000;
        var user = NewUser();
        await WriteRowsAsync(rows, at => new JournalRow
        {
            UserId = user,
            Tag = Tag,
            SessionId = SessionId.New(),
            At = at,
            Reason = RevocationReason.SignedOutElsewhere,
            KeepUntil = at.AddDays(1),
            Lineage = 1,
        });
        var last = NewUser();
        await WriteRowsAsync(1, at => new JournalRow
        {
            UserId = last,
            Tag = Tag,
            At = at,
            RightsVersion = 7,
            KeepUntil = at.AddDays(1),
            Lineage = 1,
        });
        // Of a wrong kind, so that the script fails on it.
        await _redis.CliAsync("LPUSH", $"{new RedisKeys(last).Rights}", "x");
        var other = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);
        _apps.Add(other);
        await Eventually.TrueAsync(
            () => other.Log.Lines.Any(line => line.Contains("refused repeat", StringComparison.Ordinal)), "it fails");
        Assert.False(other.Connection.IsVerified);

        await _redis.CliAsync("DEL", $"{new RedisKeys(last).Rights}");
        await other.UntilVerifiedAsync();

        Assert.InRange(RepeatedBy(other), 1, rows / 2);
        Assert.Equal("7", (await _redis.CliAsync("GET", $"{new RedisKeys(last).Rights}")).Trim());
    }

    // Their clocks, locks and time-outs do not matter to what a server has lost.
    [Fact]
    public async Task Instances_that_write_at_once_lose_nothing_to_a_server_that_goes_back()
    {
        await StartAsync();
        var rounds = Effort.Of(full: 12, usual: 3);
        for (var round = 0; round < rounds; round++)
        {
            var sessions = await AddAsync(60);
            await SnapshotAsync();
            var begun = new TaskCompletionSource();
            var writers = Task.WhenAll(sessions.Select((session, i) => Task.Run(async () =>
            {
                if (i == 20)
                    begun.TrySetResult();
                await TryRevokeAsync(_apps[i % 2], session);
            })));
            await begun.Task;
            await RestoreAsync(isUsed: false);
            await writers;

            await Task.WhenAll(_apps.Select(app => app.UntilVerifiedAsync()));
            await Eventually.TrueAsync(async () => (await RowsAsync()).All(row => row.Place is not null), "all are counted");
            await AssertRevokedAsync(sessions);
            await RestoreAsync();
            await AssertRevokedAsync(sessions);
        }
    }

    // As the version before wrote it.
    [Fact]
    public async Task Rows_of_a_lineage_that_no_mark_knows_are_repeated_once()
    {
        var session = await AddAsync();
        await WriteRowsAsync(1, at => new JournalRow
        {
            UserId = session.UserId,
            Tag = Tag,
            SessionId = session.Id,
            At = at,
            Reason = RevocationReason.SignedOutElsewhere,
            KeepUntil = at.AddDays(1),
            Lineage = 0,
        });

        Assert.Equal(1, RepeatedBy(await StartAsync()));
        await AssertRevokedAsync(session);
        Assert.Equal(0, RepeatedBy(await StartAsync()));
    }

    // An instance's clock, five minutes ahead, must not end what came later.
    [Fact]
    public async Task An_end_of_all_sessions_by_a_clock_that_is_ahead_spares_a_later_sign_in_when_it_is_repeated()
    {
        var ahead = new TestClock();
        ahead.SetUtcNow(_clock.GetUtcNow().AddMinutes(5));
        var fast = await RedisStore.StartAsync(_redis.ConnectionString, _database, ahead);
        _apps.Add(fast);
        await fast.UntilVerifiedAsync();
        var user = NewUser();
        var old = await AddAsync(user);
        await fast.Store.RevokeAllAsync(user, null, Samples.Revocation(ahead.GetUtcNow()));
        var later = await AddAsync(user);
        await _redis.CliAsync("DEL", Mark);

        Assert.Equal(1, RepeatedBy(await StartAsync()));

        Assert.NotNull((await FindAsync(old))?.Revocation);
        Assert.Null((await FindAsync(later))?.Revocation);
        Assert.NotNull(await FindAsync(later));
    }

    private async Task<RedisStore> StartAsync()
    {
        var app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock);
        _apps.Add(app);
        await app.UntilVerifiedAsync();
        return app;
    }

    /// <summary>How many changes the app repeated when it last took a server into use.</summary>
    private static int RepeatedBy(RedisStore app) => int.Parse(
        app.Log.Lines.Select(line => Repeated().Match(line)).Last(match => match.Success).Groups["count"].Value,
        CultureInfo.InvariantCulture);

    private static Guid NewUser() => new([.. Guid.NewGuid().ToByteArray()[..^1], Tag]);

    private async Task<UserSession> AddAsync(Guid? user = null)
    {
        var session = Samples.Session(_clock.GetUtcNow(), user ?? NewUser());
        Assert.NotNull(await App.Store.AddAsync(session, await App.Store.GetGenerationAsync(session.UserId)));
        return session;
    }

    private async Task<UserSession[]> AddAsync(int count)
    {
        var sessions = new UserSession[count];
        for (var i = 0; i < count; i++)
            sessions[i] = await AddAsync();
        return sessions;
    }

    private async Task RevokeAsync(UserSession session) => Assert.True(
        await App.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow())));

    /// <summary>What Redis does not confirm is seen through later.</summary>
    private async Task TryRevokeAsync(RedisStore app, UserSession session)
    {
        try
        {
            await app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow()));
        }
        catch (SessionStoreUnavailableException)
        {
            // Not confirmed.
        }
    }

    private Task<UserSession?> FindAsync(UserSession session) =>
        Eventually.AnyAsync(() => App.Store.FindAsync(session.UserId, session.Id));

    private async Task AssertRevokedAsync(params IEnumerable<UserSession> sessions)
    {
        foreach (var session in sessions)
            Assert.NotNull((await FindAsync(session))?.Revocation);
    }

    private async Task SnapshotAsync()
    {
        await _redis.CliAsync("SAVE");
        File.Copy(
            Path.Combine(_redis.Directory, "dump.rdb"), Path.Combine(_redis.Directory, "old.rdb"), overwrite: true);
    }

    /// <summary>The server comes back as it was when the snapshot was taken.</summary>
    private async Task RestoreAsync(bool isUsed = true)
    {
        await _redis.StopAsync();
        await Eventually.TrueAsync(() => _apps.TrueForAll(app => !app.Connection.IsVerified), "the loss is noticed");
        File.Copy(
            Path.Combine(_redis.Directory, "old.rdb"), Path.Combine(_redis.Directory, "dump.rdb"), overwrite: true);
        await _redis.StartAsync();
        if (isUsed)
            await Task.WhenAll(_apps.Select(app => app.UntilVerifiedAsync()));
    }

    /// <summary>With places of their own in their lineage.</summary>
    private async Task WriteRowsAsync(int count, Func<DateTimeOffset, JournalRow> newRow)
    {
        await using var db = _database.CreateDbContext();
        db.RevocationJournal.AddRange(Enumerable.Range(0, count).Select(_ => newRow(_clock.GetUtcNow())));
        await db.SaveChangesAsync();
        await db.RevocationJournal.Where(row => row.Place == null)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Place, row => row.Id));
    }

    private async Task<List<JournalRow>> RowsAsync()
    {
        await using var db = _database.CreateDbContext();
        return await db.RevocationJournal.AsNoTracking().OrderBy(row => row.Id).ToListAsync();
    }

    private async Task SqlAsync(string sql)
    {
        await using var db = _database.CreateDbContext();
        await db.Database.ExecuteSqlRawAsync(sql);
    }

    [GeneratedRegex(
        "is in use: (?<count>[0-9]+) revocations", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repeated();
}
