using Microsoft.EntityFrameworkCore;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>A revocation holds although Redis loses it, does not answer, or the journal itself fails.</summary>
[Trait("Lane", "Fast")]
public sealed class RevocationJournalTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database = new();
    private readonly RedisServer _redis = new();
    private RedisStore _app = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _app = await StartAppAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task A_revocation_is_written_down_and_confirmed()
    {
        var session = await AddAsync();
        var revocation = new Revocation(_clock.GetUtcNow(), RevocationReason.ReportedTheft, "CASE-1");

        await _app.Store.RevokeAsync(session.UserId, session.Id, revocation);

        var row = Assert.Single(await RowsAsync());
        Assert.NotNull(row.Place);
        Assert.Equal((session.UserId, session.Id), (row.UserId, row.SessionId));
        Assert.Equal(revocation, new(row.At, row.Reason, row.CaseReference));
    }

    // It would be repeated for nothing. Clocks may differ by an hour.
    [Fact]
    public async Task A_row_lives_no_longer_than_its_session_could_have_gone_unused()
    {
        var session = await AddAsync();
        var now = _clock.GetUtcNow();

        await _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(now));
        await _app.Store.RevokeAsync(session.UserId, SessionId.New(), Samples.Revocation(now));
        await _app.Store.RevokeAllAsync(session.UserId, null, Samples.Revocation(now));

        var longest = now + new SessionPolicy().RememberedAbsoluteTimeout;
        Assert.Equal(
            [now + session.IdleTimeout + TimeSpan.FromHours(1), longest, longest],
            (await RowsAsync()).Select(row => row.KeepUntil));
    }

    [Fact]
    public async Task A_session_that_an_old_snapshot_brings_back_stays_revoked()
    {
        var user = Guid.NewGuid();
        var (one, spared, other) = (await AddAsync(), await AddAsync(user), await AddAsync(user));
        await SnapshotAsync();
        await _app.Store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(_clock.GetUtcNow()));
        await _app.Store.RevokeAllAsync(user, spared.Id, Samples.Revocation(_clock.GetUtcNow()));

        await RestoreAsync();

        await Eventually.TrueAsync(async () => await FindOrNothingAsync(one) is not null, "the session can be looked up again");
        Assert.NotNull((await _app.Store.FindAsync(one.UserId, one.Id))?.Revocation);
        Assert.NotNull((await _app.Store.FindAsync(user, other.Id))?.Revocation);
        Samples.AssertSame(spared, await _app.Store.FindAsync(user, spared.Id));
    }

    [Fact]
    public async Task A_new_instance_of_the_app_finds_no_revived_session_either()
    {
        var session = await AddAsync();
        await SnapshotAsync();
        await _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow()));
        await _app.DisposeAsync();

        await RestoreAsync();
        _app = await StartAppAsync();

        Assert.NotNull((await _app.Store.FindAsync(session.UserId, session.Id))?.Revocation);
    }

    [Fact]
    public async Task A_session_that_was_ended_for_room_does_not_come_back()
    {
        var session = await AddAsync();
        await SnapshotAsync();
        Assert.Equal([session.Id], await _app.Store.AddAsync(Samples.Session(_clock.GetUtcNow(), session.UserId), default, limit: 1));
        await _app.DisposeAsync();

        await RestoreAsync();
        _app = await StartAppAsync();

        Assert.Equal(RevocationReason.TooMany, (await _app.Store.FindAsync(session.UserId, session.Id))?.Revocation?.Reason);
    }

    [Fact]
    public async Task Until_the_journal_has_been_repeated_nobody_is_let_in()
    {
        var session = await AddAsync();
        await SnapshotAsync();
        await _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow()));
        // Without its table the journal can't be read.
        await SqlAsync("ALTER TABLE RevocationJournal RENAME TO Hidden");

        await RestoreAsync();
        await _redis.ThroughoutLooksAsync(5, () =>
            Assert.ThrowsAsync<SessionStoreUnavailableException>(() => _app.Store.FindAsync(session.UserId, session.Id)));

        await SqlAsync("ALTER TABLE Hidden RENAME TO RevocationJournal");
        await _app.UntilVerifiedAsync();
        Assert.NotNull((await _app.Store.FindAsync(session.UserId, session.Id))?.Revocation);
    }

    [Fact]
    public async Task A_session_begun_after_all_were_revoked_survives_the_repetition()
    {
        var old = await AddAsync();
        await SnapshotAsync();
        await _app.Store.RevokeAllAsync(old.UserId, null, Samples.Revocation(_clock.GetUtcNow()));
        _clock.Advance(TimeSpan.FromMinutes(1));
        var later = await AddAsync(old.UserId);

        await RestartAppAsync();

        Samples.AssertSame(later, await _app.Store.FindAsync(later.UserId, later.Id));
    }

    [Fact]
    public async Task A_revocation_that_a_frozen_server_did_not_confirm_fails_and_is_seen_through_after_the_thaw()
    {
        await RestartAppAsync(TimeSpan.FromSeconds(1));
        var (one, all) = (await AddAsync(), await AddAsync());
        await _redis.FreezeAsync();

        await Task.WhenAll(
            Assert.ThrowsAsync<SessionStoreUnavailableException>(() => _app.Store.RevokeAsync(one.UserId, one.Id, Samples.Revocation(_clock.GetUtcNow()))),
            Assert.ThrowsAsync<SessionStoreUnavailableException>(() => _app.Store.RevokeAllAsync(all.UserId, null, Samples.Revocation(_clock.GetUtcNow()))));
        Assert.All(await RowsAsync(), row => Assert.Null(row.Place));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _redis.ThawAsync();

        await Eventually.TrueAsync(async () => (await RowsAsync()).All(row => row.Place is not null), "both revocations are confirmed");
        await _app.UntilVerifiedAsync();
        Assert.NotNull((await _app.Store.FindAsync(one.UserId, one.Id))?.Revocation);
        Assert.NotNull((await _app.Store.FindAsync(all.UserId, all.Id))?.Revocation);
        // Whoever was signing in when it was asked for is refused as well.
        Assert.Null(await _app.Store.AddAsync(Samples.Session(_clock.GetUtcNow(), all.UserId), default));
    }

    [Fact]
    public async Task A_journal_that_fails_does_not_stop_a_revocation()
    {
        var session = await AddAsync();
        await SqlAsync("ALTER TABLE RevocationJournal RENAME TO Hidden");

        Assert.True(await _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow())));

        Assert.NotNull((await _app.Store.FindAsync(session.UserId, session.Id))?.Revocation);
    }

    [Fact]
    public async Task Rows_that_concern_nobody_any_more_are_deleted()
    {
        await _app.Store.RevokeAsync(Guid.NewGuid(), SessionId.New(), Samples.Revocation(_clock.GetUtcNow().AddDays(-31)));
        await _app.Store.RevokeAsync(Guid.NewGuid(), SessionId.New(), Samples.Revocation(_clock.GetUtcNow().AddDays(-29)));

        await RestartAppAsync();

        await Eventually.TrueAsync(async () => (await RowsAsync()).Count == 1, "the old row is swept");
    }

    [Fact]
    public async Task A_long_journal_is_repeated_whole()
    {
        var sessions = new List<UserSession>();
        for (var i = 0; i < 450; i++)
            sessions.Add(await AddAsync());
        await SnapshotAsync();
        await Task.WhenAll(sessions.Chunk(50).Select(async some =>
        {
            foreach (var session in some)
                await _app.Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(_clock.GetUtcNow()));
        }));

        await RestoreAsync();
        await Eventually.TrueAsync(async () => await FindOrNothingAsync(sessions[0]) is not null, "sessions can be looked up again");

        foreach (var session in sessions)
            Assert.NotNull((await _app.Store.FindAsync(session.UserId, session.Id))?.Revocation);
    }

    private async Task<RedisStore> StartAppAsync(TimeSpan? commandTimeout = null)
    {
        var app = await RedisStore.StartAsync(_redis.ConnectionString, _database, _clock, commandTimeout);
        await app.UntilVerifiedAsync();
        return app;
    }

    private async Task RestartAppAsync(TimeSpan? commandTimeout = null)
    {
        await _app.DisposeAsync();
        _app = await StartAppAsync(commandTimeout);
    }

    private async Task<UserSession> AddAsync(Guid? userId = null)
    {
        var session = Samples.Session(_clock.GetUtcNow(), userId);
        Assert.NotNull(await _app.Store.AddAsync(session, await _app.Store.GetGenerationAsync(session.UserId)));
        return session;
    }

    private async Task<UserSession?> FindOrNothingAsync(UserSession session)
    {
        try
        {
            var found = await _app.Store.FindAsync(session.UserId, session.Id);
            Assert.NotNull(found?.Revocation);
            return found;
        }
        catch (SessionStoreUnavailableException)
        {
            return null;
        }
    }

    private async Task SnapshotAsync()
    {
        await _redis.CliAsync("SAVE");
        File.Copy(Path.Combine(_redis.Directory, "dump.rdb"), Path.Combine(_redis.Directory, "old.rdb"));
    }

    /// <summary>The server comes back as it was when the snapshot was taken.</summary>
    private async Task RestoreAsync()
    {
        await _redis.StopAsync();
        File.Copy(Path.Combine(_redis.Directory, "old.rdb"), Path.Combine(_redis.Directory, "dump.rdb"), overwrite: true);
        await _redis.StartAsync();
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
}
