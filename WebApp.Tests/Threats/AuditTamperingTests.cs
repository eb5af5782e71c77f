using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody who can write to the database covers tracks (ASVS 5.0, 16.4.2). What the database does not refuse, the verification finds.</summary>
public sealed class AuditTamperingTests : IAsyncLifetime
{
    private const string Everything = "Id, At, Action, ActorId, SubjectId, SessionId, Method, Reason, CaseReference, OriginHash, TextHash, Chain";
    private AuditDatabase _database = null!;

    /// <summary>Five entries, each with an address, a device and a note.</summary>
    public async Task InitializeAsync()
    {
        _database = await AuditDatabase.BeginAsync();
        for (var number = 1; number <= 5; number++)
        {
            await _database.Log.AppendAsync(new()
            {
                Action = AuditAction.ForceSignOut,
                ActorId = Guid.NewGuid(),
                SubjectId = Guid.NewGuid(),
                Address = $"203.0.113.{number}",
                Device = "Firefox on Windows",
                Reason = "Other",
                CaseReference = $"C-{number}",
                Note = $"note {number}",
            });
        }
    }

    public Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_nobody_has_touched_fits() => Assert.Null(await _database.FindMisfitAsync());

    [Theory]
    // Changed: each column, and the spelling of an id by which it would no longer be found.
    [InlineData("UPDATE AuditLog SET At = At + 1 WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET Action = 'SignedIn' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET Action = 'NoSuchAction' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET ActorId = NULL WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET SubjectId = lower(SubjectId) WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET SessionId = '' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET Method = 'pwd' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET Reason = 'Maintenance' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET CaseReference = 'C-4' WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET CaseReference = CAST('C-3' AS BLOB) WHERE Id = 3", 3L)]
    [InlineData("UPDATE AuditLog SET OriginHash = NULL, TextHash = NULL WHERE Id = 3; DELETE FROM AuditOrigins WHERE EntryId = 3; DELETE FROM AuditTexts WHERE EntryId = 3", 3L)]
    [InlineData("UPDATE AuditLog SET Chain = x'00' WHERE Id = 3", 3L)]
    // Taken out: the first, one in the middle, the last ones, all.
    [InlineData("DELETE FROM AuditLog WHERE Id = 1", 2L)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 3", 4L)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 3; UPDATE AuditLog SET Id = Id - 1 WHERE Id > 3", 3L)]
    [InlineData("DELETE FROM AuditLog WHERE Id > 3", 3L)]
    [InlineData("DELETE FROM AuditLog", 0L)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 5; UPDATE AuditHead SET LastId = 4, Chain = (SELECT Chain FROM AuditLog WHERE Id = 4)", null)]
    // Put in, behind the end or in between, and moved.
    [InlineData($"INSERT INTO AuditLog SELECT 6, At, Action, ActorId, SubjectId, SessionId, Method, Reason, CaseReference, OriginHash, TextHash, Chain FROM AuditLog WHERE Id = 5", 6L)]
    [InlineData($"INSERT INTO AuditLog SELECT 0, At, Action, ActorId, SubjectId, SessionId, Method, Reason, CaseReference, OriginHash, TextHash, Chain FROM AuditLog WHERE Id = 1", 0L)]
    [InlineData("UPDATE AuditLog SET Id = 9 WHERE Id = 2; UPDATE AuditLog SET Id = 2 WHERE Id = 3; UPDATE AuditLog SET Id = 3 WHERE Id = 9", 2L)]
    // What is personal: changed, swapped, put in.
    [InlineData("UPDATE AuditOrigins SET Address = '198.51.100.1' WHERE EntryId = 3", 3L)]
    [InlineData("UPDATE AuditTexts SET Note = '' WHERE EntryId = 3", 3L)]
    [InlineData("UPDATE AuditOrigins SET EntryId = 9 WHERE EntryId = 2; UPDATE AuditOrigins SET EntryId = 2 WHERE EntryId = 3; UPDATE AuditOrigins SET EntryId = 3 WHERE EntryId = 9", 2L)]
    // The beginning moved up by a checkpoint that the app did not write.
    [InlineData("INSERT INTO AuditCheckpoints SELECT 2, Chain, 0, Chain FROM AuditLog WHERE Id = 2; DELETE FROM AuditLog WHERE Id <= 2", 2L)]
    public async Task Tampering_is_found_and_the_first_entry_that_does_not_fit_is_named(string sql, long? entry)
    {
        await _database.DropTriggersAsync();
        await _database.ExecuteAsync(sql);

        var misfit = await _database.FindMisfitAsync();

        Assert.NotNull(misfit);
        Assert.Equal(entry, misfit.EntryId);
    }

    // The database lets them go, for accounts that are deleted; but then the log says so.
    [Theory]
    [InlineData("DELETE FROM AuditOrigins WHERE EntryId = 3")]
    [InlineData("DELETE FROM AuditTexts WHERE EntryId = 3")]
    public async Task Personal_data_that_is_gone_without_an_entry_about_it_is_found(string sql)
    {
        await _database.ExecuteAsync(sql);

        var misfit = await _database.FindMisfitAsync();

        Assert.Equal(3, misfit!.EntryId);
        Assert.Contains("was removed, and no entry says why", misfit.What, StringComparison.Ordinal);
    }

    // The triggers can't compute an HMAC: a forged checkpoint gets past them, and no further.
    [Fact]
    public async Task A_forged_checkpoint_lets_entries_be_deleted_and_is_found()
    {
        await _database.ExecuteAsync("INSERT INTO AuditCheckpoints SELECT 5, Chain, 0, Chain FROM AuditLog WHERE Id = 5; DELETE FROM AuditLog WHERE Id <= 5");

        Assert.Contains("checkpoint", (await _database.FindMisfitAsync())!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE AuditLog SET Reason = 'Maintenance' WHERE Id = 3")]
    [InlineData("DELETE FROM AuditLog WHERE Id = 1")]
    [InlineData("DELETE FROM AuditLog WHERE Id = 5")]
    [InlineData("DELETE FROM AuditLog")]
    [InlineData($"INSERT INTO AuditLog SELECT 0, At, Action, ActorId, SubjectId, SessionId, Method, Reason, CaseReference, OriginHash, TextHash, Chain FROM AuditLog WHERE Id = 1")]
    [InlineData($"INSERT OR REPLACE INTO AuditLog ({Everything}) SELECT {Everything} FROM AuditLog WHERE Id = 3")]
    [InlineData("UPDATE AuditOrigins SET Address = NULL WHERE EntryId = 3")]
    [InlineData("INSERT OR REPLACE INTO AuditOrigins VALUES (3, '198.51.100.1', NULL, x'00')")]
    [InlineData("UPDATE AuditTexts SET Note = NULL WHERE EntryId = 3")]
    [InlineData("INSERT OR REPLACE INTO AuditTexts VALUES (3, NULL, NULL, x'00')")]
    [InlineData("DELETE FROM AuditHead")]
    [InlineData("UPDATE AuditHead SET LastId = 4")]
    [InlineData("UPDATE AuditHead SET Mac = x'00'")]
    [InlineData("INSERT OR REPLACE INTO AuditHead VALUES (1, 4, x'00', x'00')")]
    [InlineData("INSERT INTO AuditHead VALUES (2, 4, x'00', x'00')")]
    [InlineData("INSERT INTO AuditCheckpoints VALUES (6, x'00', 0, x'00')")]
    public async Task The_database_refuses_to_change_or_remove_what_was_written(string sql)
    {
        var refusal = await Assert.ThrowsAsync<SqliteException>(() => _database.ExecuteAsync(sql));

        Assert.Contains("The audit log can only be appended to", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await _database.FindMisfitAsync());
    }

    [Theory]
    [InlineData("DELETE FROM AuditCheckpoints")]
    [InlineData("UPDATE AuditCheckpoints SET LastId = 5")]
    [InlineData("INSERT INTO AuditCheckpoints VALUES (1, x'00', 0, x'00')")]
    [InlineData("INSERT OR REPLACE INTO AuditCheckpoints VALUES (5, x'00', 0, x'00')")]
    [InlineData("DELETE FROM AuditLog WHERE Id = 6")]
    public async Task A_checkpoint_stays_and_is_never_lowered(string sql)
    {
        _database.Clock.Advance(TimeSpan.FromDays(2));
        await new AuditSegments(_database.Log, _database.Key, _database.Clock).RemoveBeforeAsync(_database.Clock.GetUtcNow());
        await _database.Log.AppendAsync(new() { Action = AuditAction.SignedIn });

        await Assert.ThrowsAsync<SqliteException>(() => _database.ExecuteAsync(sql));

        Assert.Null(await _database.FindMisfitAsync());
    }

    [Fact]
    public async Task Entity_Framework_can_not_change_or_remove_entries_either()
    {
        await using var db = _database.CreateDbContext();

        await Assert.ThrowsAsync<SqliteException>(() => db.Entries.Where(e => e.Id == 3).ExecuteUpdateAsync(set => set.SetProperty(e => e.Reason, "Maintenance")));
        await Assert.ThrowsAsync<SqliteException>(() => db.Entries.Where(e => e.Id == 3).ExecuteDeleteAsync());
    }

    // What a log says of itself can be put back as a whole. So its head is told elsewhere, hour by hour.
    [Fact]
    public async Task An_end_that_was_cut_off_together_with_an_older_head_is_found_by_a_head_from_elsewhere()
    {
        await using var db = _database.CreateDbContext();
        var older = await db.Heads.AsNoTracking().SingleAsync();
        await _database.Log.AppendAsync(new() { Action = AuditAction.SignedIn });
        var kept = await _database.Log.HeadAsync();
        await _database.DropTriggersAsync();
        await _database.ExecuteAsync("DELETE FROM AuditLog WHERE Id = 6");
        await db.Heads.ExecuteUpdateAsync(set => set.SetProperty(h => h.LastId, older.LastId).SetProperty(h => h.Chain, older.Chain).SetProperty(h => h.Mac, older.Mac));

        Assert.Null(await _database.FindMisfitAsync());
        Assert.Contains("its end was cut off", (await _database.FindMisfitAsync(kept))!.What, StringComparison.Ordinal);
        await _database.Log.AppendAsync(new() { Action = AuditAction.SignInFailed });
        Assert.Contains("written anew", (await _database.FindMisfitAsync(kept))!.What, StringComparison.Ordinal);
    }

    // Age would wash away the traces together with what was changed.
    [Fact]
    public async Task Old_entries_that_do_not_fit_are_not_removed()
    {
        await _database.DropTriggersAsync();
        await _database.ExecuteAsync("UPDATE AuditLog SET Reason = 'Maintenance' WHERE Id = 3");
        _database.Clock.Advance(TimeSpan.FromDays(2));

        await Assert.ThrowsAsync<AuditChainException>(() => new AuditSegments(_database.Log, _database.Key, _database.Clock).RemoveBeforeAsync(_database.Clock.GetUtcNow()));

        Assert.Equal(5, (await _database.Log.ListAsync(null, 10)).Count);
    }

    // A line in which somebody wrote what this version can't read is shown all the same.
    [Fact]
    public async Task An_action_that_is_none_does_not_hide_the_log()
    {
        await _database.DropTriggersAsync();
        await _database.ExecuteAsync("UPDATE AuditLog SET Action = 'NoSuchAction' WHERE Id = 3");

        Assert.Equal(5, (await _database.Log.ListAsync(null, 10)).Count);
    }
}
