using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>Nobody is left without an Admin.</summary>
public sealed class DeleteLastAdminTests
{
    private const string Ada = "ada@example.com";

    [Fact]
    public async Task The_last_Admin_is_told_why_and_stays_even_with_a_form_from_before()
    {
        await using var app = new TestApp();
        var second = await app.NewAccountAsync(Roles.Admin);
        using Browser ada = await app.SignedInAsync(Ada), other = app.NewBrowser();
        await other.SignInAsync(second.Email!);
        var form = await ada.GetAsync("/account/delete");
        Assert.Equal("/account/goodbye", (await (await other.GetAsync("/account/delete")).Fill("Email", other.Email).PressAsync("Delete my account")).Address.AbsolutePath);

        var answer = await form.Fill("Email", Ada).PressAsync("Delete my account");

        foreach (var page in new[] { answer, await ada.GetAsync("/account/delete") })
        {
            Assert.Contains("You are the only Admin, so your account can't be deleted", page.Text, StringComparison.Ordinal);
            Assert.Null(page.Document.QuerySelector("main form"));
        }

        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(ada).UserId), e => e.Action == AuditAction.AccountDeleted);
    }

    [Fact]
    public async Task One_who_is_banned_does_not_count()
    {
        await using var app = new TestApp();
        var second = await app.NewAccountAsync(Roles.Admin);
        await app.InRequestAsync<AppUserManager>(async users =>
        {
            var user = (await users.FindByIdAsync($"{second.Id}"))!;
            user.BannedUntil = app.Clock.GetUtcNow().AddDays(1);
            await users.UpdateAsync(user);
        });
        using var ada = await app.SignedInAsync(Ada);

        Assert.Contains("You are the only Admin", (await ada.GetAsync("/account/delete")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_Admins_who_leave_at_once_one_stays()
    {
        await using var app = new TestApp();
        var ids = new List<Guid> { await app.UserIdAsync(Ada) };
        for (var i = 0; i < 3; i++)
            ids.Add((await app.NewAccountAsync(Roles.Admin)).Id);

        var outcomes = await Task.WhenAll(ids.Select(id => Task.Run(() =>
            app.InRequestAsync<AccountDeletion, AccountDeletionOutcome>(deletion => deletion.DeleteAsync(id)))));

        Assert.Equal(ids.Count - 1, outcomes.Count(outcome => outcome == AccountDeletionOutcome.Deleted));
        var stays = ids[Array.FindIndex(outcomes, outcome => outcome != AccountDeletionOutcome.Deleted)];
        Assert.True(await app.InRequestAsync<AccountDeletion, bool>(deletion => deletion.IsLastAdminAsync(stays)));
    }
}
