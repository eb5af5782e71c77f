using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin;

/// <summary>What staff do to accounts, and what comes of it when much happens at once.</summary>
public abstract class AccountActsTests(TestApp app)
{
    private static readonly StaffMember Support = new(Guid.NewGuid(), IsAdmin: false, null) { Device = "Firefox on Windows" };
    private static readonly StaffMember Admin = new(Guid.NewGuid(), IsAdmin: true, null);
    private static readonly StaffReason Reason = new(RevocationReason.ReportedTheft, "C-17", "a note") { InWords = "reported theft" };

    [Fact]
    public async Task A_ban_ends_all_sessions_keeps_the_person_out_tells_them_and_is_over_in_time()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);
        await app.Mail.ClearAsync(person.Email);

        var result = await ActAsync(acts => acts.BanAsync(Support, id, app.Clock.GetUtcNow().AddDays(1), Reason));

        Assert.Equal((StaffActOutcome.Done, 1), (result.Outcome, result.Ended));
        Assert.Contains("Support ended this session", (await person.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await person.TrySignInAsync(person.Email, Browser.Password)).Address.AbsolutePath);
        Assert.Equal([AuditAction.Ban, AuditAction.SessionEnded, AuditAction.StaffActDone, AuditAction.SignInFailed], (await app.AuditOfAsync(id)).Select(e => e.Action).SkipWhile(action => action != AuditAction.Ban));
        var mails = new[] { await app.Mail.NextAsync(person.Email), await app.Mail.NextAsync(person.Email) };
        var mail = Assert.Single(mails, mail => mail.Subject == "Your account was closed");
        Assert.Contains("The reason: reported theft, case C-17.", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("a note", mail.Text, StringComparison.Ordinal);

        app.Clock.Advance(TimeSpan.FromDays(1));
        await person.SignInAsync(person.Email);
    }

    [Fact]
    public async Task A_banned_person_with_the_right_password_learns_the_truth_by_mail_only()
    {
        var account = await app.NewAccountAsync();
        await ActAsync(acts => acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason));
        Assert.Equal("Your account was closed", (await app.Mail.NextAsync(account.Email!)).Subject);
        Assert.Equal(ActFailure.Nothing, (await ActAsync(acts => acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason))).Failure);
        using var browser = app.NewBrowser();

        var right = await browser.TrySignInAsync(account.Email!, Browser.Password);
        var unknown = await browser.TrySignInAsync("nobody@example.com", Browser.Password);

        Assert.Equal((unknown.Status, unknown.Text), (right.Status, right.Text));
        var mail = await app.Mail.NextAsync(account.Email!);
        Assert.Equal("Your account is closed", mail.Subject);
        Assert.Contains("name the case C-17", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_unbanned_signs_in_as_before()
    {
        var account = await app.NewAccountAsync();
        await ActAsync(acts => acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason));

        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.UnbanAsync(Support, account.Id, Reason))).Outcome);
        Assert.Equal(ActFailure.Nothing, (await ActAsync(acts => acts.UnbanAsync(Support, account.Id, Reason))).Failure);

        using var browser = app.NewBrowser();
        await browser.SignInAsync(account.Email!);
    }

    // Decision 6: whichever comes first, nobody who was banned has a session.
    [Fact]
    public async Task A_sign_in_under_way_when_the_ban_comes_begins_no_session()
    {
        var account = await app.NewAccountAsync();
        for (var round = 0; round < 6; round++)
        {
            using Browser one = app.NewBrowser(), two = app.NewBrowser();
            await Task.WhenAll(one.GetAsync("/account/login"), two.GetAsync("/account/login"));
            var signIns = new[] { one, two }.Select(browser => browser.TrySignInAsync(account.Email!, Browser.Password)).ToList();
            await Task.Delay(40 * round);

            await ActAsync(acts => acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason));
            await Task.WhenAll(signIns);

            Assert.Empty((await app.Services.GetRequiredService<SessionManager>().ListAsync(account.Id)).Live);
            await ActAsync(acts => acts.UnbanAsync(Support, account.Id, Reason));
            using var after = app.NewBrowser();
            await after.SignInAsync(account.Email!);
        }
    }

    [Fact]
    public async Task Ban_and_unban_at_once_leave_the_account_open_or_closed_and_never_in_between()
    {
        var account = await app.NewAccountAsync();
        await ActAsync(acts => acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason));

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => ActAsync(acts => i % 2 == 0
            ? acts.BanAsync(Support, account.Id, DateTimeOffset.MaxValue, Reason)
            : acts.UnbanAsync(Admin, account.Id, Reason)))));

        Assert.All(results, result => Assert.True(result.Outcome == StaffActOutcome.Done || result.Failure == ActFailure.Nothing));
        var person = await FindAsync(account.Id);
        using var browser = app.NewBrowser();
        var page = await browser.TrySignInAsync(account.Email!, Browser.Password);
        Assert.Equal(person.BannedUntil is null, page.Address.AbsolutePath != "/account/login");
    }

    [Fact]
    public async Task After_a_required_reset_nobody_signs_in_before_the_password_was_set_by_mail()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);
        await app.Mail.ClearAsync(person.Email);

        Assert.Equal((StaffActOutcome.Done, 1), await ActAsync(acts => acts.RequireResetAsync(Support, id, Reason)) is var result ? (result.Outcome, result.Ended) : default);

        Assert.Equal("/account/login", (await person.TrySignInAsync(person.Email, Browser.Password)).Address.AbsolutePath);
        var mails = new[] { await app.Mail.NextAsync(person.Email), await app.Mail.NextAsync(person.Email) };
        var mail = Assert.Single(mails, mail => mail.Subject == "Choose a new password");
        Assert.Contains("Support asks you to choose a new password", mail.Text, StringComparison.Ordinal);
        Assert.Equal(ActFailure.Nothing, (await ActAsync(acts => acts.RequireResetAsync(Support, id, Reason))).Failure);
        await person.ResetPasswordAsync(mail.LinkTo("/account/reset-password"), "another fine passphrase");
        await person.SignInAsync(person.Email, "another fine passphrase");
    }

    [Fact]
    public async Task A_reset_that_is_sent_changes_nothing_before_it_is_used_and_is_not_sent_twice_a_minute()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);
        await app.Mail.ClearAsync(person.Email);

        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.SendResetAsync(Support, id, Reason))).Outcome);
        Assert.Equal(ActFailure.MailedJustNow, (await ActAsync(acts => acts.SendResetAsync(Support, id, Reason))).Failure);

        Assert.Equal(200, (await person.GetAsync("/account")).Status);
        var mail = await app.Mail.NextAsync(person.Email);
        Assert.Contains("Support sends you this link", mail.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await person.GetAsync(mail.LinkTo("/account/reset-password"))).Status);
        Assert.Equal([AuditAction.SendPasswordReset, AuditAction.SendPasswordReset, AuditAction.StaffActFailed],
            (await app.AuditOfAsync(id)).Select(e => e.Action).Where(action => action is AuditAction.SendPasswordReset or AuditAction.StaffActFailed));
    }

    [Fact]
    public async Task A_second_factor_that_is_required_of_a_person_leads_them_to_set_one_up_at_once()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);

        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.RequireSecondFactorAsync(Support, id, Reason))).Outcome);

        Assert.Equal("/account/security", (await person.GetAsync("/account/sessions")).Address.AbsolutePath);
        Assert.Equal(ActFailure.Nothing, (await ActAsync(acts => acts.RequireSecondFactorAsync(Support, id, Reason))).Failure);
        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.ExcuseSecondFactorAsync(Support, id, Reason))).Outcome);
        Assert.Equal("/account/sessions", (await person.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Lost_factors_are_removed_with_codes_and_remembered_browsers_and_the_mail_brings_them_back()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);
        await person.SetUpAppAsync(app.Clock);
        await app.Mail.ClearAsync(person.Email);

        var result = await ActAsync(acts => acts.RemoveFactorsAsync(Support, id, Reason));

        Assert.Equal((StaffActOutcome.Done, 1), (result.Outcome, result.Ended));
        Assert.False((await FindAsync(id)).HasSecondFactor);
        await person.SignInAsync(person.Email);
        var mails = new[] { await app.Mail.NextAsync(person.Email), await app.Mail.NextAsync(person.Email) };
        var mail = Assert.Single(mails, mail => mail.Subject == "How you sign in was changed");
        Assert.Contains("Support removed every second factor", mail.Text, StringComparison.Ordinal);
        await (await person.GetAsync(mail.LinkTo("/account/not-me"))).PressAsync("It wasn't me: close it to everyone");
        Assert.True((await FindAsync(id)).HasSecondFactor);
        Assert.Equal(RecoveryCodes.PerSet, await app.InRequestAsync<RecoveryCodes, int>(codes => codes.CountAsync(id)));
    }

    [Fact]
    public async Task Roles_that_are_given_and_taken_hold_from_the_next_request_on_and_the_person_reads_which()
    {
        using var person = await app.NewUserAsync();
        var id = await app.UserIdAsync(person.Email);

        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.ChangeRolesAsync(Admin, id, [Roles.Support], Reason))).Outcome);
        Assert.Equal(200, (await person.GetAsync("/admin/users")).Status);
        Assert.Equal(StaffActOutcome.Done, (await ActAsync(acts => acts.ChangeRolesAsync(Admin, id, [], Reason))).Outcome);
        Assert.Equal(403, (await person.GetAsync("/admin/users")).Status);
        Assert.Equal(ActFailure.Nothing, (await ActAsync(acts => acts.ChangeRolesAsync(Admin, id, [], Reason))).Failure);

        var history = (await person.GetAsync("/account/activity")).Text;
        Assert.Contains("An Admin changed your roles: reported theft: Support", history, StringComparison.Ordinal);
        Assert.DoesNotContain("a note", history, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_staff_who_end_everything_at_once_have_each_a_receipt_of_their_own()
    {
        var account = await app.NewAccountAsync();
        for (var i = 0; i < 8; i++)
            await app.Services.GetRequiredService<IUserSessionStore>().AddAsync(Samples.Session(app.Clock.GetUtcNow(), account.Id), default);

        var results = await Task.WhenAll(new[] { Support, Admin }.Select(staff => Task.Run(() =>
            app.InRequestAsync<ForcedSignOut, StaffActResult>(forced => forced.EndAllAsync(staff, account.Id, Reason)))));

        Assert.Equal(8, results.Sum(result => result.Ended));
        foreach (var result in results)
        {
            var receipt = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(result.ReceiptId!.Value));
            Assert.Equal(result.Ended, receipt!.Ended.Count);
        }
    }

    [Fact]
    public async Task What_is_refused_is_written_down_and_changes_nothing()
    {
        var admin = await app.NewAccountAsync(Roles.Admin);
        var person = await app.NewAccountAsync();

        Assert.Equal(StaffRefusal.AboveYou, (await ActAsync(acts => acts.BanAsync(Support, admin.Id, DateTimeOffset.MaxValue, Reason))).Refusal);
        Assert.Equal(StaffRefusal.AdminsOnly, (await ActAsync(acts => acts.ChangeRolesAsync(Support, person.Id, [Roles.Admin], Reason))).Refusal);
        Assert.Equal(StaffRefusal.AdminsOnly, (await ActAsync(acts => acts.DeleteAsync(Support, person.Id, Reason))).Refusal);
        Assert.Equal(StaffRefusal.Yourself, (await ActAsync(acts => acts.BanAsync(Admin with { UserId = admin.Id }, admin.Id, DateTimeOffset.MaxValue, Reason))).Refusal);

        Assert.Null((await FindAsync(admin.Id)).BannedUntil);
        Assert.Equal(["Ban", "Ban"], (await app.AuditOfAsync(admin.Id)).Where(e => e.Action == AuditAction.Refused).Select(e => e.Details));
        Assert.Equal(["ChangeRoles", "DeleteAccount"], (await app.AuditOfAsync(person.Id)).Where(e => e.Action == AuditAction.Refused).Select(e => e.Details));
    }

    private Task<StaffActResult> ActAsync(Func<AccountActs, Task<StaffActResult>> act) => app.InRequestAsync(act);

    private async Task<Person> FindAsync(Guid id) => (await app.InRequestAsync<UserDirectory, Person?>(people => people.FindAsync(id)))!;
}

public sealed class AccountActsOnSqlTests(SqlApp app) : AccountActsTests(app), IClassFixture<SqlApp>;

public sealed class AccountActsOnRedisTests(RedisApp app) : AccountActsTests(app), IClassFixture<RedisApp>;

/// <summary>Somebody is left who is an Admin and can sign in, whatever is asked for at once.</summary>
public sealed class LastAdminTests
{
    private static readonly StaffReason Reason = new(RevocationReason.LeftOrganisation, "C-1", null);

    [Theory]
    [InlineData("demote")]
    [InlineData("ban")]
    [InlineData("delete")]
    [InlineData("each in another way")]
    public async Task Of_Admins_who_take_each_other_away_at_once_one_stays(string how)
    {
        await using var app = new TestApp();
        var ids = new List<Guid> { await app.UserIdAsync("ada@example.com") };
        for (var i = 0; i < 3; i++)
            ids.Add((await app.NewAccountAsync(Roles.Admin)).Id);

        var results = await Task.WhenAll(ids.Select((id, i) => Task.Run(() => app.InRequestAsync<AccountActs, StaffActResult>(acts =>
        {
            var by = new StaffMember(ids[(i + 1) % ids.Count], IsAdmin: true, null);
            return (how == "each in another way" ? i % 3 : Array.IndexOf(["demote", "ban", "delete"], how)) switch
            {
                0 => acts.ChangeRolesAsync(by, id, [Roles.Support], Reason),
                1 => acts.BanAsync(by, id, DateTimeOffset.MaxValue, Reason),
                _ => acts.DeleteAsync(by, id, Reason),
            };
        }))));

        Assert.Equal(ids.Count - 1, results.Count(result => result.Outcome == StaffActOutcome.Done));
        var stays = Array.FindIndex(results, result => result.Outcome != StaffActOutcome.Done);
        Assert.Contains(results[stays].Failure, new ActFailure?[] { ActFailure.LastAdmin, ActFailure.Broken });
        Assert.True(await app.InRequestAsync<LastAdmin, bool>(last => last.IsAsync(ids[stays])));
        Assert.Equal(AuditAction.StaffActFailed, (await app.AuditOfAsync(ids[stays])).Last(e => e.ActorId is not null).Action);
    }

    [Fact]
    public async Task One_who_must_reset_the_password_does_not_count()
    {
        await using var app = new TestApp();
        var second = await app.NewAccountAsync(Roles.Admin);
        await app.InRequestAsync<AccountActs, StaffActResult>(acts => acts.RequireResetAsync(StaffMember.CommandLine, second.Id, Reason));

        var result = await app.InRequestAsync<AccountActs, StaffActResult>(async acts =>
            await acts.BanAsync(StaffMember.CommandLine, await app.UserIdAsync("ada@example.com"), DateTimeOffset.MaxValue, Reason));

        Assert.Equal((StaffActOutcome.Failed, ActFailure.LastAdmin), (result.Outcome, result.Failure));
    }

    [Fact]
    public async Task When_the_database_fails_between_the_entry_and_the_act_a_second_entry_says_so()
    {
        await using var app = new TestApp();
        var person = await app.NewAccountAsync();
        await app.InRequestAsync<AppDbContext>(db => db.Database.ExecuteSqlRawAsync("CREATE TRIGGER Broken BEFORE UPDATE ON AspNetUsers BEGIN SELECT RAISE(ABORT, 'broken'); END"));

        var result = await app.InRequestAsync<AccountActs, StaffActResult>(acts => acts.BanAsync(StaffMember.CommandLine, person.Id, DateTimeOffset.MaxValue, Reason));

        Assert.Equal((StaffActOutcome.Failed, ActFailure.Broken), (result.Outcome, result.Failure));
        Assert.Equal([AuditAction.Ban, AuditAction.StaffActFailed], (await app.AuditOfAsync(person.Id)).Select(e => e.Action).SkipWhile(action => action != AuditAction.Ban));
        var receipt = await app.InRequestAsync<Receipts, Receipt?>(receipts => receipts.FindAsync(result.ReceiptId!.Value));
        Assert.Equal(ActFailure.Broken, receipt!.Failure);
    }
}
