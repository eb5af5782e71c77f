using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin.Bulk;

/// <summary>What was confirmed is done once for everybody, whatever happens in between.</summary>
public abstract class BulkRunTests(BulkApp app)
{
    [Fact]
    public async Task Nothing_ends_before_the_hold_is_over_and_then_everybody_is_signed_out_and_mailed_once()
    {
        var (staff, people) = (await app.StaffAsync("sam@example.com"), await app.NewPeopleAsync(25));
        foreach (var person in people)
            await app.NewSessionAsync(person.Id);
        var second = await app.NewSessionAsync(people[3].Id);
        var bystander = (await app.NewPeopleAsync(1))[0];
        await app.NewSessionAsync(bystander.Id);

        var earlier = await app.ConfirmedAsync(staff, await app.NewPeopleAsync(1));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var id = await app.ConfirmedAsync(staff, people);
        app.Clock.Advance(BulkScene.Hold - TimeSpan.FromSeconds(1));
        // The worker looks at both at once.
        await app.UntilAsync(earlier, BulkState.Done);
        Assert.Equal(BulkState.Holding, (await app.BulkAsync(id)).Request.State);
        Assert.Equal(1, await app.LiveSessionsAsync(people[0].Id));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.UntilAsync(id, BulkState.Done);

        var progress = await app.BulkAsync(id);
        Assert.Equal((25, 26, 25, 0), (progress.Of(BulkFate.Done), progress.Ended, progress.Handled, progress.Left));
        Assert.Equal(1, await app.LiveSessionsAsync(bystander.Id));
        var theirs = await app.Services.GetRequiredService<SessionManager>().ListAsync(people[3].Id);
        Assert.Empty(theirs.Live);
        Assert.Contains(theirs.Revoked, s => s.Id == second && s.Revocation is { Reason: RevocationReason.SuspiciousActivity, CaseReference: "INC-7" });
        var entries = await app.AuditOfAsync(people[3].Id);
        Assert.Equal([AuditAction.ForceSignOutAll, AuditAction.SessionEnded, AuditAction.SessionEnded], entries.Select(e => e.Action));
        Assert.Equal((staff.UserId, "INC-7", "A note."), (entries[0].ActorId, entries[0].CaseReference, entries[0].Note));
        var receipt = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(entries[0].Id));
        Assert.Equal(2, receipt!.Ended.Count);
        await Eventually.TrueAsync(async () => (await app.BulkAsync(id)).Request.ToldTo == int.MaxValue, "everybody was mailed");
        var mail = await app.Mail.NextAsync(people[24].Email!);
        Assert.Equal("Sessions of yours were ended", mail.Subject);
        Assert.Contains("The reason: suspicious activity, case INC-7.", mail.Text, StringComparison.Ordinal);
        await app.Mail.NextAsync(people[3].Email!);
        Assert.True(await app.Mail.IsEmptyAsync(people[3].Email!));
        var steps = await AuditOfRequestAsync(app, id);
        Assert.Equal([AuditAction.BulkRequested, AuditAction.BulkStarted, AuditAction.BulkFinished], steps.Select(e => e.Action));
        Assert.All(steps, step => Assert.Equal(staff.UserId, step.ActorId));
    }

    [Fact]
    public async Task What_an_instance_that_died_had_announced_is_done_over_for_its_moment_and_a_sign_in_made_since_survives()
    {
        var (staff, people) = (await app.StaffAsync(), await app.NewPeopleAsync(2));
        var (before, also) = (await app.NewSessionAsync(people[0].Id), await app.NewSessionAsync(people[1].Id));
        var id = await app.ConfirmedAsync(staff, people);
        // One was announced and may have been ended; of the other nothing was done but the claim.
        var moment = app.Clock.GetUtcNow();
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.ForceSignOutAll, SubjectId = people[0].Id, Details = $"in bulk, request {id}" });
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var since = await app.NewSessionAsync(people[0].Id);
        await ChangeAsync(app, db => db.Targets.Where(t => t.RequestId == id)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.Fate, BulkFate.Started).SetProperty(t => t.At, moment)));

        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Done);

        var sessions = app.Services.GetRequiredService<SessionManager>();
        var theirs = await sessions.ListAsync(people[0].Id);
        Assert.Equal([since], theirs.Live.Select(s => s.Id));
        Assert.Equal((before, moment), (Assert.Single(theirs.Revoked).Id, theirs.Revoked[0].Revocation!.At));
        Assert.Single(await app.AuditOfAsync(people[0].Id), e => e.Action == AuditAction.ForceSignOutAll);
        Assert.Equal((also, app.Clock.GetUtcNow()), (Assert.Single((await sessions.ListAsync(people[1].Id)).Revoked).Id, (await sessions.ListAsync(people[1].Id)).Revoked[0].Revocation!.At));
        Assert.Equal(2, (await app.BulkAsync(id)).Ended);
    }

    [Fact]
    public async Task An_instance_that_hung_behind_its_claim_and_was_overtaken_ends_no_sign_in_made_since()
    {
        var (staff, people, audit) = (await app.StaffAsync(), await app.NewPeopleAsync(1), app.Services.GetRequiredService<AuditLog>());
        var others = new BulkLeases(app.Services.GetRequiredService<AdminDatabase>(), app.Clock);
        var before = await app.NewSessionAsync(people[0].Id);
        var id = await app.ConfirmedAsync(staff, people);
        var hang = new TaskCompletionSource<int>();
        var hung = audit.WriteAsync(_ => hang.Task);
        await BeginAsync(id);
        await Eventually.TrueAsync(async () => (await app.BulkAsync(id)).Of(BulkFate.Started) == 1, "it hangs behind the claim");

        app.Clock.Advance(BulkLeases.Length);
        Assert.True(await others.TryTakeAsync());
        var since = await app.NewSessionAsync(people[0].Id);
        hang.SetResult(0);
        await hung;
        var sessions = app.Services.GetRequiredService<SessionManager>();
        await Eventually.TrueAsync(async () => (await sessions.ListAsync(people[0].Id)).Revoked.Any(s => s.Id == before), "it woke up");

        Assert.Equal([since], (await sessions.ListAsync(people[0].Id)).Live.Select(s => s.Id));
        Assert.Equal(BulkFate.Started, Assert.Single((await app.BulkAsync(id)).Rows).Key);
        await others.ReleaseAsync();
        await app.UntilAsync(id, BulkState.Done);
        Assert.Equal([since], (await sessions.ListAsync(people[0].Id)).Live.Select(s => s.Id));
        Assert.Equal(1, (await app.BulkAsync(id)).Ended);
    }

    [Fact]
    public async Task The_app_stops_midway_and_another_goes_on_where_it_was_and_does_nobody_twice()
    {
        var folder = Directory.CreateTempSubdirectory("webapp-bulk-").FullName;
        var (database, people, id) = (Path.Combine(folder, "webapp.db"), (IReadOnlyList<AppUser>)[], Guid.Empty);
        await using (var first = Another(database, pace: "20"))
        {
            people = await first.NewPeopleAsync(30);
            foreach (var person in people)
                await first.NewSessionAsync(person.Id);
            id = await first.ConfirmedAsync(await first.StaffAsync(), people);
            first.Clock.Advance(BulkScene.Hold);
            await Eventually.TrueAsync(async () => (await first.BulkAsync(id)).Handled >= 5, "some are done");
        }

        await using var next = Another(database, pace: "1000");
        var handled = (await next.BulkAsync(id)).Handled;
        Assert.InRange(handled, 5, 29);
        // Somebody who was done has signed in again.
        var since = await next.NewSessionAsync(people[0].Id);
        await next.UntilAsync(id, BulkState.Done);

        Assert.Equal((30, 30), ((await next.BulkAsync(id)).Of(BulkFate.Done), (await next.BulkAsync(id)).Ended));
        Assert.Equal(1, await next.LiveSessionsAsync(people[0].Id));
        Assert.Contains((await next.Services.GetRequiredService<SessionManager>().ListAsync(people[0].Id)).Live, s => s.Id == since);
        foreach (var person in people)
            Assert.Single(await next.AuditOfAsync(person.Id), e => e.Action == AuditAction.ForceSignOutAll);
        await next.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Two_instances_on_one_database_do_nobody_twice()
    {
        await using var other = Another(app.Database, pace: "1000");
        _ = other.Services;
        var people = await app.NewPeopleAsync(60);
        foreach (var person in people)
            await app.NewSessionAsync(person.Id);

        var id = await app.ConfirmedAsync(await app.StaffAsync(), people);
        app.Clock.Advance(BulkScene.Hold);
        other.Clock.SetUtcNow(app.Clock.GetUtcNow());
        await app.UntilAsync(id, BulkState.Done);

        Assert.Equal((60, 60), ((await app.BulkAsync(id)).Of(BulkFate.Done), (await app.BulkAsync(id)).Ended));
        var announced = (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, int.MaxValue))
            .Where(e => e.Action == AuditAction.ForceSignOutAll && e.Details == $"in bulk, request {id}").Select(e => e.SubjectId).ToList();
        Assert.Equal(people.Select(p => (Guid?)p.Id).Order(), announced.Order());
    }

    [Fact]
    public async Task An_instance_that_lost_its_lease_while_it_hung_neither_claims_nor_records()
    {
        var leases = app.Services.GetRequiredService<BulkLeases>();
        var others = new BulkLeases(app.Services.GetRequiredService<AdminDatabase>(), app.Clock);
        await leases.ReleaseAsync();

        Assert.True(await leases.TryTakeAsync());
        Assert.False(await others.TryTakeAsync());
        app.Clock.Advance(BulkLeases.Length);
        Assert.True(await others.TryTakeAsync());

        Assert.False(await leases.TryTakeAsync());
        Assert.False(await ChangeAsync(app, leases.RenewAsync));
        await others.ReleaseAsync();
        Assert.True(await leases.TryTakeAsync());
    }

    [Fact]
    public async Task Paused_it_ends_nobody_and_resumed_it_goes_on_and_stopped_the_rest_is_not_done()
    {
        await using var slow = Another(app.Database, pace: "4");
        var (requests, staff, people) = (slow.Bulk(), await slow.StaffAsync(), await slow.NewPeopleAsync(40));
        await using var held = await HoldLeaseAsync(slow);
        var id = await slow.ConfirmedAsync(staff, people);
        slow.Clock.Advance(BulkScene.Hold);
        await Eventually.TrueAsync(async () => (await slow.BulkAsync(id)).Handled > 0, "it has begun");

        Assert.Equal(BulkAnswer.Done, await requests.PauseAsync(staff, id));
        Assert.Equal(BulkAnswer.Changed, await requests.PauseAsync(staff, id));
        await AnotherIsDoneAsync();
        var paused = (await slow.BulkAsync(id)).Handled;
        await AnotherIsDoneAsync();
        Assert.Equal(paused, (await slow.BulkAsync(id)).Handled);

        Assert.Equal(BulkAnswer.Done, await requests.ResumeAsync(staff, id));
        await Eventually.TrueAsync(async () => (await slow.BulkAsync(id)).Handled > paused, "it goes on");
        Assert.Equal(BulkAnswer.Done, await requests.StopAsync(staff, id));
        await Eventually.TrueAsync(async () => (await slow.BulkAsync(id)).Of(BulkFate.Started) == 0, "what was under way is finished");
        var stopped = await slow.BulkAsync(id);
        await AnotherIsDoneAsync();

        Assert.Equal((BulkState.Stopped, stopped.Handled), (stopped.Request.State, (await slow.BulkAsync(id)).Handled));
        Assert.InRange(stopped.Of(BulkFate.Pending), 1, 39);
        Assert.Equal(BulkAnswer.Changed, await requests.ResumeAsync(staff, id));
        Assert.Equal(
            [AuditAction.BulkRequested, AuditAction.BulkStarted, AuditAction.BulkPaused, AuditAction.BulkResumed, AuditAction.BulkStopped],
            (await AuditOfRequestAsync(slow, id)).Select(e => e.Action));

        // The worker takes a slice of each that runs, by turns.
        async Task AnotherIsDoneAsync()
        {
            var other = await slow.ConfirmedAsync(staff, await slow.NewPeopleAsync(1));
            slow.Clock.Advance(BulkScene.Hold);
            await slow.UntilAsync(other, BulkState.Done);
        }
    }

    [Fact]
    public async Task Paused_during_the_hold_it_holds_anew()
    {
        var (requests, staff, people) = (app.Bulk(), await app.StaffAsync(), await app.NewPeopleAsync(1));
        var id = await app.ConfirmedAsync(staff, people);
        await requests.PauseAsync(staff, id);
        app.Clock.Advance(BulkScene.Hold * 2);

        await requests.ResumeAsync(staff, id);

        var request = (await app.BulkAsync(id)).Request;
        Assert.Equal((BulkState.Holding, app.Clock.GetUtcNow() + BulkScene.Hold), (request.State, request.HoldUntil));
        Assert.Equal(BulkAnswer.Done, await requests.StopAsync(staff, id));
    }

    [Fact]
    public async Task Paused_in_the_hold_and_forgotten_it_does_not_go_on_a_day_later_and_is_stopped()
    {
        var (requests, staff) = (app.Bulk(), await app.StaffAsync());
        var id = await app.ConfirmedAsync(staff, await app.NewPeopleAsync(1));
        await requests.PauseAsync(staff, id);
        app.Clock.Advance(BulkRequests.DraftsKept + TimeSpan.FromMinutes(1));

        Assert.Equal(BulkAnswer.TooOld, await requests.ResumeAsync(staff, id));
        await app.Services.GetRequiredService<BulkSweeper>().SweepAsync();

        Assert.Equal((BulkState.Stopped, app.Clock.GetUtcNow()), ((await app.BulkAsync(id)).Request.State, (await app.BulkAsync(id)).Request.EndedAt));
        Assert.Equal([AuditAction.BulkRequested, AuditAction.BulkPaused, AuditAction.BulkStopped], (await AuditOfRequestAsync(app, id)).Select(e => e.Action));
    }

    [Fact]
    public async Task What_was_announced_and_overtaken_is_said_not_to_have_been_done()
    {
        var (requests, staff, audit) = (app.Bulk(), await app.StaffAsync(), app.Services.GetRequiredService<AuditLog>());
        var id = await app.ConfirmedAsync(staff, await app.NewPeopleAsync(1));
        await requests.PauseAsync(staff, id);
        var wait = new TaskCompletionSource<int>();
        var waiting = audit.WriteAsync(_ => wait.Task);

        var resumed = requests.ResumeAsync(staff, id);
        var stopped = requests.StopAsync(staff, id);
        await app.UntilAsync(id, BulkState.Stopped);
        wait.SetResult(0);

        Assert.Equal((0, BulkAnswer.Changed, BulkAnswer.Done), (await waiting, await resumed, await stopped));
        var last = (await AuditOfRequestAsync(app, id)).Single(e => e.Action == AuditAction.StaffActFailed);
        Assert.Equal(($"request {id}: BulkResumed", staff.UserId), (last.Details, last.ActorId));
    }

    [Fact]
    public async Task An_audit_log_that_can_not_go_on_pauses_it_and_nobody_is_given_up()
    {
        var (staff, people) = (await app.StaffAsync(), await app.NewPeopleAsync(2));
        await app.NewSessionAsync(people[1].Id);
        var id = await app.ConfirmedAsync(staff, people);
        await using var log = await app.Services.GetRequiredService<IDbContextFactory<AuditDbContext>>().CreateDbContextAsync();
        var head = await log.Heads.AsNoTracking().SingleAsync();
        await log.Database.ExecuteSqlAsync($"DROP TRIGGER \"AuditHeadUpdate\"");
        await log.Heads.ExecuteUpdateAsync(set => set.SetProperty(h => h.Mac, new byte[head.Mac.Length]));
        await BeginAsync(id);

        await app.UntilAsync(id, BulkState.Paused);
        await log.Heads.ExecuteUpdateAsync(set => set.SetProperty(h => h.Mac, head.Mac));

        Assert.Equal((BulkTrouble.AuditLog, 1), ((await app.BulkAsync(id)).Request.Trouble, await app.LiveSessionsAsync(people[1].Id)));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ResumeAsync(staff, id));
        await app.UntilAsync(id, BulkState.Done);
        Assert.Equal((2, 1), ((await app.BulkAsync(id)).Of(BulkFate.Done), (await app.BulkAsync(id)).Ended));
    }

    [Fact]
    public async Task The_database_fails_midway_and_it_goes_on_by_itself_without_anybody_ended_unannounced()
    {
        var people = await app.NewPeopleAsync(3);
        foreach (var person in people)
            await app.NewSessionAsync(person.Id);
        var id = await app.ConfirmedAsync(await app.StaffAsync(), people);
        await app.BreakAsync("AuditLog");
        await BeginAsync(id);

        await Eventually.TrueAsync(async () => (await app.BulkAsync(id)).Request.Trouble == BulkTrouble.Database, "it says why it waits");
        Assert.Equal(1, await app.LiveSessionsAsync(people[0].Id));
        await app.InRequestAsync<AppDbContext>(db => db.Database.ExecuteSqlAsync($"ALTER TABLE AuditLogGone RENAME TO AuditLog"));
        await app.UntilAsync(id, BulkState.Done);

        var progress = await app.BulkAsync(id);
        Assert.Equal("Done 3; 3", $"{string.Join(", ", progress.Rows.Select(row => $"{row.Key} {row.Value}"))}; {progress.Ended}");
    }

    [Fact]
    public async Task Who_has_become_an_Admin_since_is_left_alone_by_Support_and_who_is_gone_is_said_to_be()
    {
        var people = await app.NewPeopleAsync(3);
        await app.NewSessionAsync(people[0].Id);
        var id = await app.ConfirmedAsync(await app.StaffAsync("sam@example.com"), people);
        await app.InRequestAsync<AccountCreation>(accounts => accounts.EnsureAsync(people[0].Email!, "", "", Roles.Admin));
        await app.InRequestAsync<AppDbContext>(db => db.Users.Where(u => u.Id == people[1].Id).ExecuteDeleteAsync());

        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Done);

        var progress = await app.BulkAsync(id);
        Assert.Equal((1, 1, 1), (progress.Of(BulkFate.NotAllowed), progress.Of(BulkFate.Gone), progress.Of(BulkFate.Done)));
        Assert.Equal(1, await app.LiveSessionsAsync(people[0].Id));
        Assert.Contains(await app.AuditOfAsync(people[0].Id), e => e.Action == AuditAction.Refused);
        Assert.Equal("1 of 3 people done, 0 sessions ended. 2 not done: see below why.", WebApp.Pages.BulkWords.Of(progress, app.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task What_somebody_asked_for_who_is_no_longer_staff_is_held_up()
    {
        var asker = await app.NewAccountAsync(Roles.Support);
        var people = await app.NewPeopleAsync(1);
        await app.NewSessionAsync(people[0].Id);
        var id = await app.ConfirmedAsync(new(asker.Id, IsAdmin: false, null), people);
        await app.RemoveRoleAsync(asker.Email!, Roles.Support);

        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Paused);

        Assert.Equal(BulkTrouble.AskerIsNoStaff, (await app.BulkAsync(id)).Request.Trouble);
        Assert.Equal(1, await app.LiveSessionsAsync(people[0].Id));
    }

    [Fact]
    public async Task What_somebody_asked_for_who_is_banned_while_it_runs_goes_no_further()
    {
        var asker = await app.NewAccountAsync(Roles.Support);
        var people = await app.NewPeopleAsync(1);
        await app.NewSessionAsync(people[0].Id);
        var id = await app.ConfirmedAsync(new(asker.Id, IsAdmin: false, null), people);
        await app.ChangeAccountAsync(asker.Email!, user => user.BannedUntil = app.Clock.GetUtcNow().AddDays(1));

        await BeginAsync(id);
        await app.UntilAsync(id, BulkState.Paused);

        Assert.Equal(BulkTrouble.AskerIsNoStaff, (await app.BulkAsync(id)).Request.Trouble);
        Assert.Equal(1, await app.LiveSessionsAsync(people[0].Id));
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("blocked")]
    [InlineData("demoted")]
    public async Task What_was_approved_by_somebody_who_is_no_Admin_any_more_does_not_begin(string how)
    {
        var (staff, colleague, approver) = (await app.StaffAsync(), await app.NewAccountAsync(Roles.Support), await app.NewAccountAsync(Roles.Admin));
        await app.NewSessionAsync(colleague.Id);
        var id = await app.ConfirmedAsync(staff, [colleague]);
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ApproveAsync(new(approver.Id, IsAdmin: true, null), id));

        if (how == "demoted")
            await app.RemoveRoleAsync(approver.Email!, Roles.Admin);
        else
            await app.ChangeAccountAsync(approver.Email!, user => (user.SignInBlocked, user.BannedUntil) = (how == "blocked", how == "banned" ? DateTimeOffset.MaxValue : null));
        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Paused);

        Assert.Equal((BulkTrouble.NotApproved, 1), ((await app.BulkAsync(id)).Request.Trouble, await app.LiveSessionsAsync(colleague.Id)));
        await Eventually.TrueAsync(async () => (await AuditOfRequestAsync(app, id)).Count == 3, "it is written down");
        var paused = (await AuditOfRequestAsync(app, id))[^1];
        Assert.Equal((AuditAction.BulkPaused, (Guid?)null), (paused.Action, paused.ActorId));
    }

    /// <summary>Another instance beside, or after, this one.</summary>
    protected abstract BulkApp Another(string database, string pace);

    protected static Task<T> ChangeAsync<T>(TestApp app, Func<AdminDbContext, Task<T>> change) => app.Services.GetRequiredService<AdminDatabase>().WriteAsync(change);

    private static async Task<IReadOnlyList<AuditEntry>> AuditOfRequestAsync(BulkApp app, Guid id) =>
        [.. (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, int.MaxValue)).Where(e => e.Details?.StartsWith($"request {id}", StringComparison.Ordinal) is true).OrderBy(e => e.Id)];

    /// <summary>As if it had begun just now, without the clock being moved.</summary>
    private Task<int> BeginAsync(Guid id) => ChangeAsync(app, db => db.Requests.Where(r => r.Id == id).ExecuteUpdateAsync(set => set
        .SetProperty(r => r.State, BulkState.Running).SetProperty(r => r.StartedAt, app.Clock.GetUtcNow())));

    /// <summary>Has one instance work and no other.</summary>
    private async Task<IAsyncDisposable> HoldLeaseAsync(BulkApp worker)
    {
        await app.Services.GetRequiredService<BulkLeases>().ReleaseAsync();
        var leases = worker.Services.GetRequiredService<BulkLeases>();
        await Eventually.TrueAsync(leases.TryTakeAsync, "the lease is the worker's");
        return new Released(leases);
    }

    private sealed class Released(BulkLeases leases) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await leases.ReleaseAsync();
    }
}

public sealed class BulkRunOnSqlTests(BulkApp app) : BulkRunTests(app), IClassFixture<BulkApp>
{
    private readonly BulkApp _app = app;

    protected override BulkApp Another(string database, string pace) =>
        new() { Database = database, Clock = Ahead(_app.Clock), Settings = { ["Admin:BulkPace"] = pace } };

    internal static TestClock Ahead(TestClock clock)
    {
        var other = new TestClock();
        other.SetUtcNow(clock.GetUtcNow());
        return other;
    }
}

public sealed class BulkRunOnRedisTests(BulkRedisApp app) : BulkRunTests(app), IClassFixture<BulkRedisApp>
{
    [Fact]
    public async Task The_store_hangs_midway_and_it_waits_says_why_and_goes_on_by_itself()
    {
        await using var slow = Another(app.Database, pace: "4");
        await slow.UntilReadyAsync();
        var people = await slow.NewPeopleAsync(20);
        foreach (var person in people)
            await slow.NewSessionAsync(person.Id);
        var id = await slow.ConfirmedAsync(await slow.StaffAsync(), people);
        slow.Clock.Advance(BulkScene.Hold);
        await Eventually.TrueAsync(async () => (await slow.BulkAsync(id)).Handled > 0, "it has begun");

        await app.Redis.FreezeAsync();
        await Eventually.TrueAsync(async () => (await slow.BulkAsync(id)).Request.Trouble == BulkTrouble.Store, "it says why it waits");
        var handled = (await slow.BulkAsync(id)).Handled;
        await app.Redis.ThawAsync();
        await slow.UntilAsync(id, BulkState.Done);

        Assert.InRange(handled, 1, 19);
        var progress = await slow.BulkAsync(id);
        Assert.Equal((20, 20, BulkTrouble.None), (progress.Of(BulkFate.Done), progress.Ended, progress.Request.Trouble));
        foreach (var person in people)
        {
            Assert.Equal(0, await slow.LiveSessionsAsync(person.Id));
            Assert.Single(await slow.AuditOfAsync(person.Id), e => e.Action == AuditAction.ForceSignOutAll);
        }
    }

    protected override BulkApp Another(string database, string pace) => new()
    {
        Database = database,
        Clock = BulkRunOnSqlTests.Ahead(app.Clock),
        Settings =
        {
            ["Admin:BulkPace"] = pace,
            ["ConnectionStrings:Redis"] = app.Redis.ConnectionString,
            // So long it waits for a store that hangs.
            ["Sessions:CommandTimeout"] = "00:00:02",
        },
    };
}
