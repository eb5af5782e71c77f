using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

/// <summary>What the chain survives, and what stops it.</summary>
[Trait("Lane", "Fast")]
public sealed class AuditChainTests : IAsyncLifetime
{
    private readonly Guid _person = Guid.NewGuid();
    private AuditDatabase _database = null!;

    public async Task InitializeAsync() => _database = await AuditDatabase.BeginAsync();

    public Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_fits_after_a_person_was_forgotten_and_shows_the_line_without_what_was_personal()
    {
        await AppendAsync(3);

        await _database.Log.ForgetAsync(_person);

        Assert.Null(await _database.FindMisfitAsync());
        Assert.All(await _database.Log.ListAsync(null, 10), e => Assert.Null(e.Address));
    }

    // Nothing personal may be found out by trying: the salt goes with it.
    [Fact]
    public async Task Of_what_was_personal_nothing_stays_but_hashes_of_which_no_two_are_alike()
    {
        await AppendAsync(2);
        await _database.Log.ForgetAsync(_person);

        await using var db = _database.CreateDbContext();
        var hashes = await db.Entries.Where(e => e.OriginHash != null).Select(e => e.OriginHash!).ToListAsync();

        Assert.Equal(2, hashes.Select(Convert.ToHexString).Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(await db.Origins.ToListAsync());
        Assert.Empty(await db.Texts.ToListAsync());
    }

    [Fact]
    public async Task It_fits_after_old_entries_have_gone_and_when_all_have()
    {
        var segments = new AuditSegments(_database.Log, _database.Key, _database.Clock);
        await AppendAsync(3);
        await _database.Log.ForgetAsync(_person);
        _database.Clock.Advance(TimeSpan.FromDays(1));
        await AppendAsync(2);

        Assert.Equal(4, await segments.RemoveBeforeAsync(_database.Clock.GetUtcNow()));
        Assert.Null(await _database.FindMisfitAsync());
        _database.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, await segments.RemoveBeforeAsync(_database.Clock.GetUtcNow()));
        Assert.Null(await _database.FindMisfitAsync());

        await AppendAsync(1);
        Assert.Null(await _database.FindMisfitAsync());
        await using var db = _database.CreateDbContext();
        Assert.Single(await db.Origins.ToListAsync());
    }

    [Fact]
    public async Task Many_who_write_at_once_from_two_instances_make_one_chain()
    {
        using var other = new AuditLog(_database, new(null, _database.KeyFile), _database.Clock);

        var ids = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
            (number % 2 == 0 ? _database.Log : other).AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = _person, Address = "203.0.113.7" })));

        Assert.Equal(Enumerable.Range(1, 200).Select(id => (long)id), ids.Order());
        Assert.Null(await _database.FindMisfitAsync());
    }

    [Fact]
    public async Task It_is_verified_while_entries_are_written_and_holds_nobody_up()
    {
        await _database.Log.AppendAllAsync([.. Enumerable.Range(0, 5000).Select(_ => new AuditEntry { Action = AuditAction.SignedIn, Address = "203.0.113.7" })]);
        using var verifier = new AuditVerifier(_database.Log, _database.Key);

        var verifications = Task.WhenAll(Enumerable.Range(0, 5).Select(_ => verifier.VerifyAsync()));
        await AppendAsync(20);

        Assert.All(await verifications, verdict => Assert.Null(verdict.Misfit));
    }

    [Fact]
    public async Task A_head_that_was_kept_is_part_of_the_log_until_its_entry_goes_by_age()
    {
        await AppendAsync(2);
        var first = await _database.Log.HeadAsync();
        await AppendAsync(2);
        var second = await _database.Log.HeadAsync();

        Assert.Null(await _database.FindMisfitAsync(AuditAnchor.Parse($"{first}")));
        Assert.Null(await _database.FindMisfitAsync(AuditAnchor.Parse($"{second}")));
        Assert.NotNull(await _database.FindMisfitAsync(first with { Chain = second.Chain }));
        _database.Clock.Advance(TimeSpan.FromDays(1));
        await new AuditSegments(_database.Log, _database.Key, _database.Clock).RemoveBeforeAsync(_database.Clock.GetUtcNow());
        Assert.Null(await _database.FindMisfitAsync(second));
        Assert.Contains("has gone by age", (await _database.FindMisfitAsync(first))!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5-")]
    [InlineData("-00")]
    [InlineData("5-zz")]
    [InlineData("x-0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("99999999999999999999-0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_head_is_not_taken_for_one(string text) => Assert.Null(AuditAnchor.Parse(text));

    [Fact]
    public async Task Entries_from_before_there_was_a_chain_are_chained_as_they_are()
    {
        using var old = new AuditDatabase();
        await using (var db = old.CreateDbContext())
            await db.GetService<IMigrator>().MigrateAsync("History");
        await old.ExecuteAsync($"""
            INSERT INTO AuditLog (Id, At, Action, ActorId, SubjectId, SessionId, Address, Device, Method, Reason, CaseReference, Details, Note) VALUES
                (3, 1000, 'SignedIn', NULL, '{_person.ToString().ToUpperInvariant()}', 'abc', '203.0.113.7', 'Firefox on Windows', 'pwd', NULL, NULL, NULL, NULL),
                (7, 2000, 'ForceSignOut', '{_person.ToString().ToUpperInvariant()}', NULL, NULL, NULL, NULL, NULL, 'Other', 'C-1', 'details', 'note')
            """);

        await old.MigrateAsync();

        Assert.Equal(
            [
                new() { Id = 7, At = DateTimeOffset.FromUnixTimeMilliseconds(2000), Action = AuditAction.ForceSignOut, ActorId = _person, Reason = "Other", CaseReference = "C-1", Details = "details", Note = "note" },
                new() { Id = 3, At = DateTimeOffset.FromUnixTimeMilliseconds(1000), Action = AuditAction.SignedIn, SubjectId = _person, SessionId = "abc", Address = "203.0.113.7", Device = "Firefox on Windows", Method = "pwd" },
            ],
            await old.Log.ListAsync(null, 10));
        Assert.Equal(8, await old.Log.AppendAsync(new() { Action = AuditAction.SignedIn }));
        Assert.Null(await old.FindMisfitAsync());
        await old.MigrateAsync();
        Assert.Equal(3, (await old.Log.ListAsync(null, 10)).Count);
    }

    [Fact]
    public async Task The_key_is_made_with_the_log_for_this_user_only()
    {
        Assert.True(AuditKey.IsKey(await File.ReadAllTextAsync(_database.KeyFile)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_database.KeyFile));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not base64")]
    [InlineData("c2hvcnQ=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public async Task Without_the_key_that_the_log_was_written_with_nothing_is_written_and_no_new_chain_begins(string? content)
    {
        await AppendAsync(1);
        File.Delete(_database.KeyFile);
        if (content is not null)
            await File.WriteAllTextAsync(_database.KeyFile, content);
        var key = new AuditKey(null, _database.KeyFile);
        using var log = new AuditLog(_database, key, _database.Clock);
        var beginning = new AuditBeginning(log, key);

        await Assert.ThrowsAsync<AuditChainException>(() => log.AppendAsync(new() { Action = AuditAction.SignedIn }));
        await Assert.ThrowsAsync<AuditChainException>(beginning.BeginAsync);
        await Assert.ThrowsAsync<AuditChainException>(beginning.CheckAsync);

        Assert.Single(await log.ListAsync(null, 10));
        Assert.Equal(content is not null, File.Exists(_database.KeyFile));
    }

    [Fact]
    public async Task Entries_that_have_lost_their_head_are_not_taken_for_a_log_that_has_not_begun()
    {
        await AppendAsync(1);
        await _database.DropTriggersAsync();
        await _database.ExecuteAsync("DELETE FROM AuditHead");

        await Assert.ThrowsAsync<AuditChainException>(_database.MigrateAsync);
        await Assert.ThrowsAsync<AuditChainException>(() => _database.Log.AppendAsync(new() { Action = AuditAction.SignedIn }));
    }

    [Fact]
    public async Task With_a_new_key_an_operator_has_all_entries_chained_anew_and_the_log_says_so()
    {
        var segments = new AuditSegments(_database.Log, _database.Key, _database.Clock);
        await AppendAsync(2);
        _database.Clock.Advance(TimeSpan.FromDays(1));
        await segments.RemoveBeforeAsync(_database.Clock.GetUtcNow());
        await AppendAsync(2);
        var before = await _database.Log.HeadAsync();
        Assert.Null(await new AuditRestart(_database.Log, _database.Key, _database.Clock).RestartAsync());
        File.Delete(_database.KeyFile);
        var key = new AuditKey(null, _database.KeyFile);
        using var log = new AuditLog(_database, key, _database.Clock);

        var head = await new AuditRestart(log, key, _database.Clock).RestartAsync();

        Assert.Equal($"{await log.HeadAsync()}", $"{head}");
        var entries = await log.ListAsync(null, 10);
        Assert.Equal((AuditAction.ChainRestarted, $"the chain before ended with {before}"), (entries[0].Action, entries[0].Details));
        Assert.Equal(3, entries.Count);
        Assert.Null(await _database.FindMisfitAsync());
        Assert.NotNull(await _database.FindMisfitAsync(before));
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => _database.ExecuteAsync("DELETE FROM AuditLog"));
    }

    private async Task AppendAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await _database.Log.AppendAsync(new() { Action = AuditAction.SignedIn, ActorId = _person, SubjectId = _person, Address = "203.0.113.7", Details = "details" });
    }
}
