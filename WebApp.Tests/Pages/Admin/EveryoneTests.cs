using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

/// <summary>Everyone's sessions end once two Admins want it, and nobody's before.</summary>
public abstract class EveryoneTests(BulkApp app)
{
    [Fact]
    public async Task Two_Admins_sign_everyone_out_but_who_asked_and_chose_to_stay()
    {
        var second = await app.NewAccountAsync(Roles.Admin);
        using var asker = await app.SignedInAsync("ada@example.com");
        using var elsewhere = await app.SignedInAsync("ada@example.com", Browser.Safari);
        using var approver = app.NewBrowser();
        await approver.SignInAsync(second.Email!);
        using var user = await app.NewUserAsync();
        var page = await asker.GetAsync("/admin/everyone");
        page.Fill("reason", "SuspiciousActivity").Fill("caseReference", "INC-1").Fill("typed", "Everyone");
        ((AngleSharp.Html.Dom.IHtmlInputElement)page.Document.QuerySelector("#spareMe")!).IsChecked = true;

        page = await page.PressAsync("Ask for approval");

        Assert.Contains("Sign out everyone", page.Text, StringComparison.Ordinal);
        Assert.Contains("It waits for an Admin other than you.", page.Text, StringComparison.Ordinal);
        var (path, id) = (page.Address.AbsolutePath, Guid.Parse(page.Address.Segments[^1]));
        Assert.Equal(BulkAnswer.NotAllowed, await app.Bulk().ApproveAsync(await app.StaffAsync(), id));
        app.Clock.Advance(BulkScene.Hold);
        Assert.Equal("/account/sessions", (await user.GetAsync("/account/sessions")).Address.AbsolutePath);

        page = await (await approver.GetAsync(path)).PressAsync("Approve");

        Assert.Contains("It begins in 30 seconds. Nothing has ended yet.", page.Text, StringComparison.Ordinal);
        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Done);
        Assert.Contains("Everyone's sessions have ended.", (await asker.GetAsync(path)).Text, StringComparison.Ordinal);
        foreach (var ended in new[] { user, elsewhere, approver })
            Assert.Contains("Support ended this session", (await ended.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
        Assert.Contains("Ended by support just now: suspicious activity. Case INC-1.", (await user.SignInAsync(user.Email)).Text, StringComparison.Ordinal);
        Assert.Contains("Support asked for everyone's sessions to be ended: suspicious activity", (await user.GetAsync("/account/activity?kind=Staff")).Text, StringComparison.Ordinal);
        var shown = (await asker.GetAsync("/admin/audit?act=ForceSignOutEveryone")).Text;
        Assert.Contains("Forced sign-out of everyone", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown account", shown, StringComparison.Ordinal);
        var entries = (await app.Services.GetRequiredService<AuditLog>().ListAsync(null, 50)).Where(e => e.Details?.Contains(id.ToString(), StringComparison.Ordinal) is true);
        Assert.All(entries.Take(3), entry => Assert.Equal(entries.Last().ActorId, entry.ActorId));
        Assert.Equal([AuditAction.BulkFinished, AuditAction.ForceSignOutEveryone, AuditAction.BulkStarted, AuditAction.BulkApproved, AuditAction.Refused, AuditAction.BulkRequested], entries.Select(e => e.Action));
    }

    [Fact]
    public async Task What_an_instance_that_died_had_tried_is_not_tried_again_and_not_called_done()
    {
        using var user = await app.NewUserAsync();
        var id = (await app.Bulk().AskForEveryoneAsync(await app.StaffAsync(), spared: null, BulkScene.Reason))!.Value;
        await app.Services.GetRequiredService<AdminDatabase>().WriteAsync(db => db.Requests.Where(r => r.Id == id).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.TriedAt, app.Clock.GetUtcNow()).SetProperty(r => r.StartedAt, app.Clock.GetUtcNow()).SetProperty(r => r.State, BulkState.Running)));

        await app.UntilAsync(id, BulkState.Done);

        Assert.Equal("/account/sessions", (await user.GetAsync("/account/sessions")).Address.AbsolutePath);
        using var staff = await app.SignedInAsync("sam@example.com");
        Assert.Contains("We could not confirm that everyone's sessions ended.", (await staff.GetAsync($"/admin/bulk/{id}")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_is_signed_out_and_nobody_reads_of_it_when_who_asked_or_who_approved_is_no_Admin_any_more(bool asker)
    {
        using var user = await app.NewUserAsync();
        var (one, other) = (await app.NewAccountAsync(Roles.Admin), await app.NewAccountAsync(Roles.Admin));
        var id = (await app.Bulk().AskForEveryoneAsync(new(one.Id, IsAdmin: true, null), spared: null, BulkScene.Reason))!.Value;
        Assert.Equal(BulkAnswer.Done, await app.Bulk().ApproveAsync(new(other.Id, IsAdmin: true, null), id));
        var leaves = (asker ? one : other).Email!;
        await app.InRequestAsync<AccountCreation>(accounts => accounts.EnsureAsync(leaves, "", "", Roles.Support));
        await app.RemoveRoleAsync(leaves, Roles.Admin);

        app.Clock.Advance(BulkScene.Hold);
        await app.UntilAsync(id, BulkState.Paused);

        Assert.Equal(asker ? BulkTrouble.AskerIsNoStaff : BulkTrouble.NotApproved, (await app.BulkAsync(id)).Request.Trouble);
        Assert.Equal("/account/sessions", (await user.GetAsync("/account/sessions")).Address.AbsolutePath);
        Assert.DoesNotContain("everyone", (await user.GetAsync("/account/activity?kind=Staff")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Support_can_neither_ask_for_it_nor_hold_it_up_and_the_word_has_to_be_typed()
    {
        using var support = await app.SignedInAsync("sam@example.com");
        using var admin = await app.SignedInAsync("ada@example.com");

        Assert.Equal(403, (await support.GetAsync("/admin/everyone")).Status);
        Assert.Null(await app.Bulk().AskForEveryoneAsync(await app.StaffAsync("sam@example.com"), null, BulkScene.Reason));
        var id = (await app.Bulk().AskForEveryoneAsync(await app.StaffAsync(), null, BulkScene.Reason))!.Value;
        Assert.Equal(BulkAnswer.NotAllowed, await app.Bulk().StopAsync(await app.StaffAsync("sam@example.com"), id));
        Assert.Equal(BulkAnswer.Done, await app.Bulk().StopAsync(await app.StaffAsync(), id));
        var page = (await admin.GetAsync("/admin/everyone")).Fill("reason", "Maintenance").Fill("caseReference", "C-1").Fill("typed", "all");
        Assert.Contains("Type the word “everyone”.", (await page.PressAsync("Ask for approval")).Text, StringComparison.Ordinal);
    }
}

public sealed class EveryoneOnSqlTests(BulkApp app) : EveryoneTests(app), IClassFixture<BulkApp>;

public sealed class EveryoneOnRedisTests(BulkRedisApp app) : EveryoneTests(app), IClassFixture<BulkRedisApp>;
