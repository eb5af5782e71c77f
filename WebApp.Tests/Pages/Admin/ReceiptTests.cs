using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

/// <summary>What became of an act, for whoever opens it and whenever.</summary>
public abstract class ReceiptTests(TestApp app)
{
    private static readonly StaffMember Staff = new(Guid.NewGuid(), IsAdmin: false, null);
    private static readonly StaffReason Reason = new(RevocationReason.ReportedTheft, "C-17", null);

    [Fact]
    public async Task It_claims_no_more_than_was_recorded_and_counts_what_came_after()
    {
        using var person = await app.NewUserAsync();
        using var agent = await app.SignedInAsync("sam@example.com");
        var signedIn = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromSeconds(36));
        var id = await ForceAsync(person);
        await person.GetAsync("/account");

        var receipt = await agent.GetAsync($"/admin/receipts/{id}");

        Assert.Contains("Forced sign-out of all sessions Done. 1 session ended.", receipt.Text);
        Assert.Contains($"Firefox on Windows Ended {Exact(signedIn.AddSeconds(36))}. Signed in {Exact(signedIn)}.", receipt.Text);
        Assert.Contains($"Last recorded {Exact(signedIn)}; requests up to {Exact(signedIn.AddSeconds(36))} may have been accepted.", receipt.Text);
        // Counted behind the request that was refused.
        await Eventually.TrueAsync(async () => (await agent.GetAsync($"/admin/receipts/{id}")).Text.Contains("may have been accepted. Tried again at least once since", StringComparison.Ordinal), "the refused try is on the receipt");
        Assert.DoesNotContain("127.0.0.1", receipt.Body);
        Assert.Contains("Reason Reported theft Case C-17", receipt.Text);
    }

    [Fact]
    public async Task What_was_last_recorded_long_ago_was_accepted_a_minute_longer_at_most()
    {
        using var person = await app.NewUserAsync();
        var signedIn = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        using var agent = await app.SignedInAsync("sam@example.com");

        var receipt = await agent.GetAsync($"/admin/receipts/{await ForceAsync(person)}");

        Assert.Contains($"Last recorded {Exact(signedIn)}; requests up to {Exact(signedIn.AddMinutes(1))} may have been accepted. Not tried again since.", receipt.Text);
    }

    [Fact]
    public async Task When_the_records_are_gone_the_log_still_tells_which_sessions_it_were()
    {
        using var person = await app.NewUserAsync();
        var id = await ForceAsync(person);
        app.Clock.Advance(TimeSpan.FromDays(2));
        using var agent = await app.SignedInAsync("sam@example.com");

        var receipt = await agent.GetAsync($"/admin/receipts/{id}");

        Assert.Contains("Done. 1 session ended.", receipt.Text);
        Assert.Contains("Firefox on Windows", receipt.Text);
        Assert.Contains("its record is gone", receipt.Text);
    }

    [Fact]
    public async Task A_later_act_of_the_same_person_has_a_receipt_of_its_own()
    {
        using Browser person = await app.NewUserAsync(), phone = app.NewBrowser(Browser.Safari);
        var first = await ForceAsync(person);
        await phone.SignInAsync(person.Email);
        var second = await ForceAsync(phone);
        using var agent = await app.SignedInAsync("sam@example.com");

        var (one, two) = ((await agent.GetAsync($"/admin/receipts/{first}")).Text, (await agent.GetAsync($"/admin/receipts/{second}")).Text);

        Assert.Contains("1 session ended.", one);
        Assert.DoesNotContain("Safari", one);
        Assert.Contains("1 session ended.", two);
        Assert.DoesNotContain("Firefox", two);
    }

    // The process died between the entry and the act, or a database that was full took neither the act nor a second entry.
    [Fact]
    public async Task What_nothing_tells_the_end_of_is_not_said_to_be_done()
    {
        using var person = await app.NewUserAsync();
        using var agent = await app.SignedInAsync("sam@example.com");
        var (id, audit) = (await app.UserIdAsync(person.Email), app.Services.GetRequiredService<AuditLog>());
        var entry = new AuditEntry { Action = AuditAction.ForceSignOutAll, ActorId = Staff.UserId, SubjectId = id, Reason = $"{Reason.Reason}", CaseReference = Reason.CaseReference };

        var cutOff = await agent.GetAsync($"/admin/receipts/{await audit.AppendAsync(entry)}");
        var unban = await agent.GetAsync($"/admin/receipts/{await audit.AppendAsync(entry with { Action = AuditAction.Unban })}");
        var again = await agent.GetAsync($"/admin/receipts/{await ForceAsync(person)}");
        var nothingLeft = await agent.GetAsync($"/admin/receipts/{await ForceAsync(person)}");

        Assert.All([cutOff, unban], page => Assert.DoesNotContain("Done", page.Text));
        Assert.All([cutOff, unban], page => Assert.Contains("We don't know whether this was done.", page.Text));
        Assert.Contains("The store still shows these as live. Firefox on Windows", cutOff.Text);
        Assert.DoesNotContain("Firefox", unban.Text);
        Assert.Contains("Done. 1 session ended.", again.Text);
        Assert.Contains("Done. There was no session left to end.", nothingLeft.Text);
    }

    [Fact]
    public async Task An_act_that_failed_together_with_the_log_is_not_said_to_be_done()
    {
        var user = await app.NewAccountAsync();
        await ExecuteAsync($"CREATE TRIGGER Full{user.Id:N} BEFORE INSERT ON AuditLog WHEN NEW.SubjectId = '{user.Id.ToString().ToUpperInvariant()}' AND NEW.Action <> 'ForceSignOutAll' BEGIN SELECT RAISE(ABORT, 'full'); END");

        var result = await app.InRequestAsync<StaffActs, StaffActResult>(acts =>
            acts.RunAsync(new(AuditAction.ForceSignOutAll, Staff, user.Id, Reason), _ => throw new SqliteException("database or disk is full", 13)));
        await ExecuteAsync($"DROP TRIGGER Full{user.Id:N}");
        var receipt = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(result.ReceiptId!.Value));

        Assert.Equal((StaffActOutcome.Failed, ActFailure.Broken), (result.Outcome, result.Failure));
        Assert.Equal((false, false, null), (receipt!.IsDone, receipt.IsUnconfirmed, receipt.Failure));
    }

    [Fact]
    public async Task Of_somebody_in_a_bulk_request_the_request_tells_whether_it_was_done()
    {
        var (user, request) = (await app.NewAccountAsync(), Guid.NewGuid());
        var id = await app.Services.GetRequiredService<AuditLog>().AppendAsync(new()
        {
            Action = AuditAction.ForceSignOutAll,
            ActorId = Staff.UserId,
            SubjectId = user.Id,
            Reason = $"{Reason.Reason}",
            CaseReference = Reason.CaseReference,
            Details = $"in bulk, request {request}",
        });
        var database = app.Services.GetRequiredService<AdminDatabase>();
        var target = new BulkTarget { RequestId = request, UserId = user.Id, Fate = BulkFate.Started };
        await database.WriteAsync(async db =>
        {
            db.Requests.Add(new() { Id = request, CaseReference = "C-17", AskedAt = app.Clock.GetUtcNow() });
            db.Targets.Add(target);
            return await db.SaveChangesAsync();
        });

        var begun = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(id));
        await database.WriteAsync(db => db.Targets.Where(t => t.RequestId == request).ExecuteUpdateAsync(set => set.SetProperty(t => t.Fate, BulkFate.Done)));
        var done = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(id));

        await app.Services.GetRequiredService<IUserSessionStore>().AddAsync(Samples.Session(app.Clock.GetUtcNow(), user.Id), default);
        await app.Services.GetRequiredService<SessionManager>().RevokeAllAsync(user.Id, new(app.Clock.GetUtcNow(), Reason.Reason, Reason.CaseReference), Staff.UserId);
        var ended = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(id));

        Assert.Equal((false, true, 0), (begun!.IsDone, done!.IsDone, done.Ended.Count));
        Assert.Single(ended!.Ended);
    }

    [Fact]
    public async Task For_what_is_no_act_of_staff_there_is_none()
    {
        using var person = await app.NewUserAsync();
        using var agent = await app.SignedInAsync("sam@example.com");
        var signIn = (await app.AuditOfAsync(await app.UserIdAsync(person.Email))).First(e => e.Action == AuditAction.SignedIn).Id;

        foreach (var id in new[] { $"{signIn}", "0", "-1", $"{long.MaxValue}", $"{long.MaxValue - 1}", "x", "99999999999999999999" })
            Assert.Equal((id, 404), (id, (await agent.GetAsync($"/admin/receipts/{id}")).Status));
    }

    private async Task<long> ForceAsync(Browser person)
    {
        var id = await app.UserIdAsync(person.Email);
        return (await app.InRequestAsync<ForcedSignOut, StaffActResult>(forced => forced.EndAllAsync(Staff, id, Reason))).ReceiptId!.Value;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={app.Database};Default Timeout=30");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static string Exact(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
}

public sealed class ReceiptOnSqlTests(SqlApp app) : ReceiptTests(app), IClassFixture<SqlApp>;

public sealed class ReceiptOnRedisTests(RedisApp app) : ReceiptTests(app), IClassFixture<RedisApp>;

/// <summary>A kill that was not confirmed never looks like one that was.</summary>
public sealed class UnconfirmedReceiptTests
{
    [Fact]
    public async Task While_Redis_is_down_it_says_so_and_once_it_was_repeated_the_same_receipt_tells_what_ended()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var app = new TestApp { Settings = { ["ConnectionStrings:Redis"] = redis.ConnectionString, ["Sessions:CommandTimeout"] = "00:00:02" } };
        await app.UntilReadyAsync();
        var user = await app.NewAccountAsync();
        var store = app.Services.GetRequiredService<IUserSessionStore>();
        var session = Samples.Session(app.Clock.GetUtcNow(), user.Id);
        await store.AddAsync(session, default);
        var reason = new StaffReason(RevocationReason.ReportedTheft, "C-17", null);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await redis.FreezeAsync();

        var result = await app.InRequestAsync<AccountActs, StaffActResult>(acts => acts.BanAsync(StaffMember.CommandLine, user.Id, DateTimeOffset.MaxValue, reason));
        var meanwhile = await FindAsync(result);

        Assert.Equal(StaffActOutcome.Unconfirmed, result.Outcome);
        Assert.True(meanwhile.IsUnconfirmed && meanwhile.IsStoreDown && meanwhile.Ended.Count == 0 && meanwhile.Failure is null);
        await redis.ThawAsync();
        // What was not confirmed is repeated once its own call is over, by the app's clock.
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(async () => await FindAsync(result) is { Unconfirmed.Count: 0, Ended: [{ At: not null } ended] } && ended.Id == session.Id.ToString(), "the receipt tells what ended");

        Task<Receipt> FindAsync(StaffActResult of) => app.InRequestAsync<Receipts, Receipt>(async receipts => (await receipts.FindAsync(of.ReceiptId!.Value))!);
    }
}
