using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>A session follows its account, and never by way of a new cookie.</summary>
public sealed class SessionPrincipalValidatorTests(SqlApp app) : IClassFixture<SqlApp>
{
    private static readonly TimeSpan Interval = new SecurityStampValidatorOptions().ValidationInterval;

    // Whoever changes the database by hand tells nobody.
    [Fact]
    public async Task A_change_that_nobody_told_of_counts_after_the_interval_at_the_latest()
    {
        using var browser = await app.NewUserAsync();
        await RenameByHandAsync(browser, "Renamed");
        app.Clock.Advance(Interval);
        // No top-level navigation: the secret is due to rotate, which is none of the validator's business.
        browser.Headers["Sec-Fetch-Mode"] = "cors";
        var renamed = await GetAsync(browser, "/account");
        await RenameByHandAsync(browser, "Renamed again");

        // The ticket keeps whole seconds.
        app.Clock.Advance(Interval - TimeSpan.FromSeconds(1));
        Assert.Empty(renamed.SessionCookies);
        Assert.Equal("Renamed", await NameOnPageAsync(browser));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("Renamed again", await NameOnPageAsync(browser));
    }

    [Fact]
    public async Task A_session_that_no_longer_fits_the_account_is_ended_by_its_next_request()
    {
        using var browser = await app.NewUserAsync();
        var user = await FindAsync(browser);
        await ChangeAsync(browser, (users, changed) => users.UpdateSecurityStampAsync(changed));

        var refused = await GetAsync(browser, "/account/sessions");

        Assert.Equal(302, refused.Status);
        Assert.Empty(refused.SessionCookies);
        Assert.Contains("A security rule ended this session", (await browser.FollowAsync(refused)).Text, StringComparison.Ordinal);
        var ended = Assert.Single(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.SessionEnded);
        Assert.Equal(nameof(RevocationReason.AccountChanged), ended.Reason);
    }

    // As after a backup of the database was put back, while Redis has sessions of people who registered since.
    [Fact]
    public async Task A_page_that_does_not_find_the_account_ends_the_session()
    {
        using var browser = await app.NewUserAsync();
        await app.InRequestAsync<AppDbContext>(db => db.Users.Where(u => u.Email == browser.Email).ExecuteDeleteAsync());

        var page = await browser.GetAsync("/account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("A security rule ended this session", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_request_that_finds_out_may_show_a_sign_in_form_and_it_works()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) => users.UpdateSecurityStampAsync(user));

        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", browser.Email).Fill("Password", Browser.Password);
        var answer = await form.PressAsync("Sign in");

        Assert.Contains("A security rule ended this session", form.Text, StringComparison.Ordinal);
        Assert.Equal("/account/sessions", answer.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_rebuilt_principal_still_says_how_the_person_signed_in()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(Interval);
        await browser.GetAsync("/account");

        // The sign-in that follows a change of password takes the method over from the session.
        var form = await browser.ConfirmAsync("/account/change-password");
        form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", "another good passphrase");
        var page = await form.PressAsync("Change password");

        var method = page.Document.QuerySelectorAll("dt").Single(dt => dt.TextContent == "Signed in with").NextElementSibling!;
        Assert.Equal("Password", method.TextContent);
    }

    private static async Task<Page> GetAsync(Browser browser, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await browser.SendAsync(request);
    }

    private static async Task<string> NameOnPageAsync(Browser browser) =>
        (await browser.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent;

    private Task ChangeAsync(Browser browser, Func<UserManager<AppUser>, AppUser, Task<IdentityResult>> change) =>
        app.InRequestAsync<UserManager<AppUser>>(async users => Assert.True((await change(users, (await users.FindByEmailAsync(browser.Email))!)).Succeeded));

    private Task RenameByHandAsync(Browser browser, string name) => app.InRequestAsync<AppDbContext>(db =>
        db.Users.Where(u => u.Email == browser.Email).ExecuteUpdateAsync(set => set.SetProperty(u => u.Name, name)));

    private async Task<AppUser> FindAsync(Browser browser) =>
        (await app.InRequestAsync<UserManager<AppUser>, AppUser?>(users => users.FindByEmailAsync(browser.Email)))!;
}
