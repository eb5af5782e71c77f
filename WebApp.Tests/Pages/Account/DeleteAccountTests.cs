using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Pages.Account;

public abstract class DeleteAccountTests(TestApp app)
{
    private static readonly AuditAction[] Deletion = [AuditAction.AccountDeleted, AuditAction.AccountNotDeleted];

    [Fact]
    public async Task The_account_goes_with_all_that_hangs_on_it_and_the_browser_is_signed_out()
    {
        using var owner = await app.NewUserAsync();
        var id = app.KeyOf(owner).UserId;
        await app.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var user = (await users.FindByIdAsync($"{id}"))!;
            await users.AddClaimAsync(user, new("kind", "value"));
            await users.AddToRoleAsync(user, Roles.Support);
            await users.SetAuthenticationTokenAsync(user, "provider", "name", "value");
        });

        var page = await DeleteAsync(owner);

        Assert.Equal("/account/goodbye", page.Address.AbsolutePath);
        Assert.Contains("Your account is deleted", page.Text, StringComparison.Ordinal);
        Assert.Null(owner.SessionCookie);
        Assert.NotNull(page.Document.QuerySelector("header a[href='/account/login']"));
        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal(0, await CountRowsAsync(id));
    }

    [Fact]
    public async Task Every_session_ends_at_once_and_the_others_are_told_why()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser(Browser.Safari);
        await other.SignInAsync(owner.Email, remember: true);
        var id = app.KeyOf(owner).UserId;

        await DeleteAsync(owner);

        var page = await other.GetAsync("/account/sessions");
        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("The account of this session was deleted", page.Text, StringComparison.Ordinal);
        var all = await app.Services.GetRequiredService<SessionManager>().ListAsync(id);
        Assert.Empty(all.Live);
        Assert.All(all.Revoked, s => Assert.Equal(RevocationReason.AccountDeleted, s.Revocation!.Reason));
        await other.TrySignInAsync(owner.Email, Browser.Password);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_browser_that_comes_back_later_leaves_no_new_trace()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser(Browser.Safari);
        await other.SignInAsync(owner.Email, remember: true);
        var id = app.KeyOf(owner).UserId;
        await DeleteAsync(owner);
        var before = await app.AuditOfAsync(id);

        await other.GetAsync("/account");
        await app.SettledAsync();

        Assert.Equal(before, await app.AuditOfAsync(id));
        Assert.All((await app.Services.GetRequiredService<SessionManager>().ListAsync(id)).Revoked, s => Assert.Null(s.Refused));
    }

    [Fact]
    public async Task The_log_keeps_that_it_happened_and_when_and_nothing_personal()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser(Browser.Safari);
        await other.TrySignInAsync(owner.Email, "not the password");
        var (id, before) = (app.KeyOf(owner).UserId, await app.AuditOfAsync(app.KeyOf(owner).UserId));
        Assert.Contains(before, e => e.Address is not null && e.Device is not null);

        await DeleteAsync(owner);

        var after = await app.AuditOfAsync(id);
        Assert.Equal(before.Select(e => (e.Id, e.At, e.Action, e.ActorId, e.SessionId)), after.Take(before.Count).Select(e => (e.Id, e.At, e.Action, e.ActorId, e.SessionId)));
        Assert.All(after, e => Assert.Equal((null, null, null, null), (e.Address, e.Device, e.Details, e.Note)));
        Assert.Equal([AuditAction.AccountDeleted, AuditAction.SessionEnded, AuditAction.PersonalDataForgotten], after.Skip(before.Count).Select(e => e.Action));
    }

    [Fact]
    public async Task Afterwards_the_address_can_be_used_for_a_new_account_which_has_nothing_of_the_old_one()
    {
        using Browser owner = await app.NewUserAsync(), newcomer = app.NewBrowser();
        var (id, session) = (app.KeyOf(owner).UserId, app.KeyOf(owner).SessionId);
        await DeleteAsync(owner);

        var form = await newcomer.GetAsync("/account/register");
        var page = await form.Fill("Name", "New").Fill("Email", owner.Email).Fill("Password", "another good passphrase").PressAsync("Create account");

        Assert.Single(page.SessionIds);
        Assert.NotEqual(id, app.KeyOf(newcomer).UserId);
        Assert.Equal(404, (await newcomer.GetAsync($"/account/sessions/{session}")).Status);
        Assert.Equal(2, (await newcomer.GetAsync("/account/activity")).Document.QuerySelectorAll(".audit > li").Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("somebody@example.com")]
    [InlineData("not an address \u0001")]
    public async Task Without_the_persons_own_address_nothing_is_deleted(string typed)
    {
        using var owner = await app.NewUserAsync();

        var page = await DeleteAsync(owner, typed);

        Assert.Contains("That isn't the e-mail address of this account. Nothing was deleted.", page.Text, StringComparison.Ordinal);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => Deletion.Contains(e.Action));
    }

    [Fact]
    public async Task The_address_may_be_typed_in_capitals_with_blanks_around_it()
    {
        using var owner = await app.NewUserAsync();

        Assert.Equal("/account/goodbye", (await DeleteAsync(owner, $" {owner.Email.ToUpperInvariant()} ")).Address.AbsolutePath);
    }

    [Fact]
    public async Task It_takes_a_recent_sign_in()
    {
        using var owner = await app.NewUserAsync();
        var form = await owner.GetAsync("/account/delete");
        app.Clock.Advance(new SessionPolicy().RecentSignIn);

        Assert.Equal("/account/confirm", (await form.Fill("Email", owner.Email).PressAsync("Delete my account")).Address.AbsolutePath);
        Assert.Equal("/account/confirm", (await owner.GetAsync("/account/delete")).Address.AbsolutePath);

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // Its generation is from before the end of all sessions, so it begins none; a later one finds no account.
    [Fact]
    public async Task A_sign_in_under_way_gets_nothing()
    {
        using Browser owner = await app.NewUserAsync(), browser = app.NewBrowser();
        var id = app.KeyOf(owner).UserId;
        var form = await owner.GetAsync("/account/delete");

        Task<Page> signIn;
        using (var check = app.Checks.Hold(owner.Email))
        {
            signIn = browser.TrySignInAsync(owner.Email, Browser.Password);
            await check.ReachedAsync();
            await form.Fill("Email", owner.Email).PressAsync("Delete my account");
        }

        Assert.Equal("/account/login", (await signIn).Address.AbsolutePath);
        Assert.Null(browser.SessionCookie);
        Assert.Empty((await app.Services.GetRequiredService<SessionManager>().ListAsync(id)).Live);
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_at_once_deletes_once_and_nobody_gets_an_error()
    {
        using var owner = await app.NewUserAsync();
        var (id, form) = (app.KeyOf(owner).UserId, await owner.GetAsync("/account/delete"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            owner.PostAsync("/account/delete", ("Email", owner.Email), ("__RequestVerificationToken", form.AntiforgeryToken))));

        Assert.Contains(answers, answer => answer.Location == "/account/goodbye");
        Assert.All(answers, answer => Assert.True(answer.Status == 302, $"{answer.Status}: {answer.Text}"));
        Assert.Equal(0, await CountRowsAsync(id));
    }

    // Whatever is added to accounts has to go with them.
    [Fact]
    public Task Each_table_that_names_a_user_is_emptied_by_the_deletion() => app.InRequestAsync<AppDbContext>(db =>
    {
        var left = db.Model.GetEntityTypes()
            .Where(type => type.ClrType != typeof(RightsChange) && type.FindProperty("UserId") is not null)
            .Where(type => !type.GetForeignKeys().Any(key => key.PrincipalEntityType.ClrType == typeof(AppUser) && key.DeleteBehavior == DeleteBehavior.Cascade));

        Assert.Empty(left.Select(type => type.GetTableName()));
        return Task.CompletedTask;
    });

    [Fact]
    public async Task The_goodbye_page_alone_claims_nothing()
    {
        using var visitor = app.NewBrowser();

        Assert.Contains("Nothing was deleted just now.", (await visitor.GetAsync("/account/goodbye")).Text, StringComparison.Ordinal);
    }

    private static async Task<Page> DeleteAsync(Browser browser, string? typed = null) =>
        await (await browser.GetAsync("/account/delete")).Fill("Email", typed ?? browser.Email).PressAsync("Delete my account");

    /// <summary>Of all tables of accounts, but for the news that it is gone.</summary>
    private Task<int> CountRowsAsync(Guid id) => app.InRequestAsync<AppDbContext, int>(async db =>
        await db.Users.CountAsync(u => u.Id == id) + await db.UserRoles.CountAsync(r => r.UserId == id)
        + await db.UserClaims.CountAsync(c => c.UserId == id) + await db.UserTokens.CountAsync(t => t.UserId == id));
}

public sealed class DeleteAccountOnSqlTests(SqlApp app) : DeleteAccountTests(app), IClassFixture<SqlApp>;

public sealed class DeleteAccountOnRedisTests(RedisApp app) : DeleteAccountTests(app), IClassFixture<RedisApp>;
