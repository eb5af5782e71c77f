using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin;

public sealed class ForcedSignOutTests(SqlApp app) : IClassFixture<SqlApp>
{
    private static readonly StaffMember Support = new(Guid.NewGuid(), IsAdmin: false, IPAddress.Parse("203.0.113.5"));
    private static readonly StaffMember Admin = new(Guid.NewGuid(), IsAdmin: true, IPAddress.Parse("203.0.113.6"));
    private static readonly StaffReason Reason = new(RevocationReason.ReportedTheft, "C-17", "Called from abroad.");

    [Fact]
    public async Task Ending_one_session_is_announced_in_the_audit_log_before_it_is_done()
    {
        var user = await app.NewAccountAsync();
        var (one, other) = (await AddSessionAsync(app, user), await AddSessionAsync(app, user));

        var result = await EndOneAsync(app, Support, user.Id, one);

        Assert.Equal((StaffActOutcome.Done, 1), Of(result));
        var sessions = await ListAsync(app, user);
        Assert.Equal([other], sessions.Live.Select(s => s.Id));
        Assert.Equal(new Revocation(app.Clock.GetUtcNow(), Reason.Reason, Reason.CaseReference), Assert.Single(sessions.Revoked).Revocation);
        var entries = (await app.AuditOfAsync(user.Id)).SkipWhile(e => e.Action != AuditAction.ForceSignOut).ToList();
        Assert.Equal([AuditAction.ForceSignOut, AuditAction.SessionEnded, AuditAction.StaffActDone], entries.Select(e => e.Action));
        Assert.Equal(
            (Support.UserId, one.ToString(), "203.0.113.5", "ReportedTheft", "C-17", "Called from abroad."),
            (entries[0].ActorId, entries[0].SessionId, entries[0].Address, entries[0].Reason, entries[0].CaseReference, entries[0].Note));
        Assert.Equal((Support.UserId, null), (entries[1].ActorId, entries[1].Note));
    }

    [Fact]
    public async Task Ending_all_sessions_ends_each_and_says_how_many()
    {
        var user = await app.NewAccountAsync();
        await AddSessionAsync(app, user);
        await AddSessionAsync(app, user);

        var result = await EndAllAsync(app, Support, user.Id);

        Assert.Equal((StaffActOutcome.Done, 2), Of(result));
        Assert.Empty((await ListAsync(app, user)).Live);
        var entry = Assert.Single(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.ForceSignOutAll);
        Assert.Null(entry.SessionId);
    }

    [Fact]
    public async Task A_session_that_is_gone_or_somebody_elses_is_not_ended_but_the_attempt_is_written_down()
    {
        var (user, other) = (await app.NewAccountAsync(), await app.NewAccountAsync());
        var theirs = await AddSessionAsync(app, other);

        var result = await EndOneAsync(app, Support, user.Id, theirs);

        Assert.Equal((StaffActOutcome.Done, 0), Of(result));
        Assert.Single((await ListAsync(app, other)).Live);
        Assert.Single(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.ForceSignOut);
    }

    [Fact]
    public async Task Support_can_not_end_an_admins_sessions_and_the_attempt_is_written_down()
    {
        var admin = await app.NewAccountAsync(Roles.Admin);
        var id = await AddSessionAsync(app, admin);

        Assert.Equal(StaffActOutcome.NotAllowed, (await EndOneAsync(app, Support, admin.Id, id)).Outcome);
        Assert.Equal(StaffActOutcome.NotAllowed, (await EndAllAsync(app, Support, admin.Id)).Outcome);

        Assert.Single((await ListAsync(app, admin)).Live);
        var refused = (await app.AuditOfAsync(admin.Id)).Where(e => e.Action != AuditAction.Registered && e.Action != AuditAction.RoleGranted).ToList();
        Assert.Equal([AuditAction.Refused, AuditAction.Refused], refused.Select(e => e.Action));
        Assert.All(refused, e => Assert.Equal(Support.UserId, e.ActorId));
    }

    [Fact]
    public async Task An_admin_can_end_anybodys_sessions()
    {
        var (admin, support) = (await app.NewAccountAsync(Roles.Admin), await app.NewAccountAsync(Roles.Support));
        await AddSessionAsync(app, admin);
        await AddSessionAsync(app, support);

        Assert.Equal((StaffActOutcome.Done, 1), Of(await EndAllAsync(app, Admin, admin.Id)));
        Assert.Equal((StaffActOutcome.Done, 1), Of(await EndAllAsync(app, Support, support.Id)));
    }

    [Fact]
    public async Task Nothing_is_written_down_of_a_person_who_does_not_exist()
    {
        var nobody = Guid.NewGuid();

        Assert.Equal(StaffActOutcome.UnknownUser, (await EndAllAsync(app, Admin, nobody)).Outcome);

        Assert.Empty(await app.AuditOfAsync(nobody));
    }

    [Fact]
    public async Task Without_an_audit_log_no_session_is_ended()
    {
        await using var broken = new TestApp();
        var user = await broken.NewAccountAsync();
        await AddSessionAsync(broken, user);
        await broken.InRequestAsync<IDbContextFactory<AuditDbContext>>(async databases =>
        {
            await using var db = await databases.CreateDbContextAsync();
            await db.Database.ExecuteSqlAsync($"ALTER TABLE AuditLog RENAME TO Gone");
        });

        await Assert.ThrowsAsync<DbUpdateException>(() => EndAllAsync(broken, Admin, user.Id));

        Assert.Single((await ListAsync(broken, user)).Live);
    }

    [Fact]
    public async Task When_the_store_does_not_answer_a_second_entry_says_that_it_is_not_confirmed()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var onRedis = new TestApp { Settings = { ["ConnectionStrings:Redis"] = redis.ConnectionString } };
        var user = await onRedis.NewAccountAsync();
        var id = await AddSessionAsync(onRedis, user);
        await redis.StopAsync();

        Assert.Equal(StaffActOutcome.Unconfirmed, (await EndOneAsync(onRedis, Support, user.Id, id)).Outcome);
        Assert.Equal(StaffActOutcome.Unconfirmed, (await EndAllAsync(onRedis, Support, user.Id)).Outcome);

        var entries = (await onRedis.AuditOfAsync(user.Id)).Where(e => e.ActorId == Support.UserId).ToList();
        Assert.Equal(
            [AuditAction.ForceSignOut, AuditAction.ForceSignOutUnconfirmed, AuditAction.ForceSignOutAll, AuditAction.ForceSignOutUnconfirmed],
            entries.Select(e => e.Action));
        Assert.All(entries, e => Assert.Equal("C-17", e.CaseReference));
    }

    private static Task<StaffActResult> EndOneAsync(TestApp app, StaffMember staff, Guid userId, SessionId id) =>
        app.InRequestAsync<ForcedSignOut, StaffActResult>(forced => forced.EndOneAsync(staff, userId, id, Reason));

    private static Task<StaffActResult> EndAllAsync(TestApp app, StaffMember staff, Guid userId) =>
        app.InRequestAsync<ForcedSignOut, StaffActResult>(forced => forced.EndAllAsync(staff, userId, Reason));

    private static (StaffActOutcome Outcome, int Ended) Of(StaffActResult result) => (result.Outcome, result.Ended);

    private static Task<UserSessions> ListAsync(TestApp app, AppUser user) => app.Services.GetRequiredService<SessionManager>().ListAsync(user.Id);

    private static async Task<SessionId> AddSessionAsync(TestApp app, AppUser user)
    {
        var session = Samples.Session(app.Clock.GetUtcNow(), user.Id);
        Assert.NotNull(await app.Services.GetRequiredService<IUserSessionStore>().AddAsync(session, default));
        return session.Id;
    }
}
