using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>Whatever changes in an account counts in the very next request of each of its sessions, without a cookie and without asking the database every time.</summary>
public abstract class RightsTests(TestApp app)
{
    [Fact]
    public async Task A_role_counts_from_the_next_request_on_in_every_session()
    {
        using Browser one = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(one.Email);
        Assert.Equal(403, (await one.GetAsync("/admin/users")).Status);

        await ChangeAsync(one, (users, user) => users.AddToRoleAsync(user, Roles.Support));
        var given = await one.PeekAsync("/admin/users");
        Assert.Equal((200, 0), (given.Status, given.SessionCookies.Count));
        Assert.Equal(200, (await other.GetAsync("/admin/users")).Status);

        await ChangeAsync(one, (users, user) => users.RemoveFromRoleAsync(user, Roles.Support));
        Assert.Equal(403, (await one.GetAsync("/admin/users")).Status);
        Assert.Equal(403, (await other.GetAsync("/admin/users")).Status);
    }

    [Fact]
    public async Task A_new_name_is_on_the_next_page()
    {
        using var browser = await app.NewUserAsync();

        await ChangeAsync(browser, (users, user) =>
        {
            user.Name = "Renamed";
            return users.UpdateAsync(user);
        });

        Assert.Equal("Renamed", (await browser.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent);
    }

    [Fact]
    public async Task A_deleted_accounts_sessions_end_with_the_next_request()
    {
        using var browser = await app.NewUserAsync();

        await ChangeAsync(browser, (users, user) => users.DeleteAsync(user));

        var page = await browser.GetAsync("/account/sessions");
        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("A security rule ended this session", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_banned_person_is_out_at_once_and_can_not_come_back_until_it_is_over()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) =>
        {
            user.BannedUntil = app.Clock.GetUtcNow().AddHours(1);
            return users.UpdateAsync(user);
        });

        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
        var refused = await browser.TrySignInAsync(browser.Email, Browser.Password);
        Assert.Contains("don't match, or the account is locked for a while", refused.Text, StringComparison.Ordinal);

        app.Clock.Advance(TimeSpan.FromHours(1));
        await browser.SignInAsync(browser.Email);
    }

    [Fact]
    public async Task A_change_of_rights_asks_the_database_once_and_not_with_every_request()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) => users.AddToRoleAsync(user, Roles.Support));
        await browser.GetAsync("/");
        // By hand: nobody is told.
        await app.InRequestAsync<AppDbContext>(db => db.Users.Where(u => u.Email == browser.Email).ExecuteUpdateAsync(set => set.SetProperty(u => u.Name, "By hand")));

        var page = await browser.GetAsync("/");

        Assert.NotEqual("By hand", page.Document.QuerySelector(".who-name bdi")!.TextContent);
    }

    [Fact]
    public async Task What_no_principal_is_made_of_concerns_no_session()
    {
        using var browser = await app.NewUserAsync();
        var before = await VersionAsync(browser);

        await ChangeAsync(browser, (users, user) =>
        {
            user.PhoneNumber = "+41 00 000 00 00";
            return users.UpdateAsync(user);
        });

        Assert.Equal(before, await VersionAsync(browser));
        Assert.Equal(before + 1, await AfterAsync(() => ChangeAsync(browser, (users, user) => users.SetEmailAsync(user, $"{Guid.NewGuid():N}@example.com")), browser));
    }

    // The change is saved, the store does not answer: the row waits.
    [Fact]
    public async Task A_change_that_could_not_be_told_is_told_later()
    {
        using var browser = await app.NewUserAsync();
        var user = app.KeyOf(browser).UserId;
        await app.InRequestAsync<AppDbContext>(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var person = (await db.Users.FindAsync(user))!;
            person.Name = "Told later";
            // Inside a transaction nothing is told at once: it could still be rolled back.
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });

        await Eventually.TrueAsync(
            async () => (await browser.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent == "Told later", "the change is told");
        await Eventually.TrueAsync(async () => !await app.InRequestAsync<AppDbContext, bool>(db => db.RightsChanges.AnyAsync(c => c.UserId == user)), "the row is gone");
    }

    // Another request read the account before: it must not save the older version over the newer one.
    [Fact]
    public async Task Of_two_changes_side_by_side_none_hides_the_other()
    {
        using var browser = await app.NewUserAsync();
        var id = app.KeyOf(browser).UserId.ToString();
        await app.InRequestAsync<UserManager<AppUser>>(async users =>
        {
            var early = (await users.FindByIdAsync(id))!;
            await app.InRequestAsync<AppDbContext>(async db =>
            {
                db.UserClaims.Add(new() { UserId = early.Id, ClaimType = "colour", ClaimValue = "blue" });
                await db.SaveChangesAsync();
            });
            early.Name = "Too late";
            Assert.Equal("ConcurrencyFailure", Assert.Single((await users.UpdateAsync(early)).Errors).Code);
        });

        Assert.Equal(1, await VersionAsync(browser));
    }

    [Fact]
    public async Task A_change_to_an_account_that_was_read_elsewhere_is_noticed()
    {
        using var browser = await app.NewUserAsync();
        var person = await app.InRequestAsync<AppDbContext, AppUser>(db => db.Users.AsNoTracking().SingleAsync(u => u.Email == browser.Email));
        person.BannedUntil = app.Clock.GetUtcNow().AddHours(1);

        await app.InRequestAsync<AppDbContext>(db =>
        {
            db.Update(person);
            return db.SaveChangesAsync();
        });

        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public Task What_would_go_past_the_watch_is_refused() => app.InRequestAsync<AppDbContext>(async db =>
    {
        var user = await db.Users.FirstAsync();
        user.Name += "!";
        Assert.Throws<NotSupportedException>(() => db.SaveChanges());
    });

    [Fact]
    public async Task Kept_sessions_outlive_a_change_of_password_and_still_follow_the_account()
    {
        using Browser one = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(one.Email);
        var form = await one.GetAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        ((AngleSharp.Html.Dom.IHtmlInputElement)form.Document.QuerySelector("input[type=checkbox]")!).IsChecked = false;

        var done = await form.PressAsync("Change password");

        Assert.Contains("Your password is changed. Your other sessions stay signed in.", done.Text, StringComparison.Ordinal);
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
        await ChangeAsync(one, (users, user) => users.AddToRoleAsync(user, Roles.Support));
        Assert.Equal(200, (await other.GetAsync("/admin/users")).Status);
        Assert.Equal(200, (await one.GetAsync("/admin/users")).Status);
    }

    [Fact]
    public async Task A_change_of_password_ends_the_other_sessions_and_the_links_that_reset_it()
    {
        using Browser one = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(one.Email);
        var link = await app.InRequestAsync<UserManager<AppUser>, string>(async users => await users.GeneratePasswordResetTokenAsync((await users.FindByEmailAsync(one.Email))!));
        var form = await one.GetAsync("/account/change-password");

        var done = await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase").PressAsync("Change password");

        Assert.Contains("One other session was ended.", done.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await other.GetAsync("/account")).Address.AbsolutePath);
        var reset = await app.InRequestAsync<UserManager<AppUser>, IdentityResult>(async users =>
            await users.ResetPasswordAsync((await users.FindByEmailAsync(one.Email))!, link, "yet another passphrase"));
        Assert.Equal("InvalidToken", Assert.Single(reset.Errors).Code);
    }

    [Fact]
    public async Task A_change_of_password_keeps_a_remembered_session_remembered()
    {
        using var browser = await app.NewUserAsync();
        foreach (var remember in new[] { true, false })
        {
            await browser.SignInAsync(browser.Email, remember: remember);
            var form = await browser.GetAsync("/account/change-password");
            form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", Browser.Password);

            var cookie = Assert.Single((await form.SendAsync("Change password")).SessionCookies);

            Assert.Equal(remember, cookie.Expires is not null);
        }
    }

    private Task ChangeAsync(Browser browser, Func<UserManager<AppUser>, AppUser, Task<IdentityResult>> change) =>
        app.InRequestAsync<UserManager<AppUser>>(async users =>
            Assert.True((await change(users, (await users.FindByIdAsync(app.KeyOf(browser).UserId.ToString()))!)).Succeeded));

    private Task<int> VersionAsync(Browser browser) => app.InRequestAsync<AppDbContext, int>(async db => (await db.Users.FindAsync(app.KeyOf(browser).UserId))!.RightsVersion);

    private async Task<int> AfterAsync(Func<Task> act, Browser browser)
    {
        await act();
        return await VersionAsync(browser);
    }
}

public sealed class RightsOnSqlTests(SqlApp app) : RightsTests(app), IClassFixture<SqlApp>;

public sealed class RightsOnRedisTests(RedisApp app) : RightsTests(app), IClassFixture<RedisApp>;
