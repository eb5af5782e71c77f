using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

/// <summary>A session follows its account, and never by way of a new cookie.</summary>
[Collection(SqlApp.Collection)]
public sealed class SessionPrincipalValidatorTests(SqlApp app)
{
    private static readonly TimeSpan Interval = new SecurityStampValidatorOptions().ValidationInterval;

    [Fact]
    public async Task A_role_that_was_given_or_taken_counts_after_the_interval_at_the_latest()
    {
        using var browser = await app.NewUserAsync();
        Assert.Equal(403, (await browser.GetAsync("/admin/users")).Status);

        await ChangeAsync(browser, (users, user) => users.AddToRoleAsync(user, Roles.Support));
        app.Clock.Advance(Interval);
        // No top-level navigation: the secret is due to rotate, which is none of the validator's business.
        browser.Headers["Sec-Fetch-Mode"] = "cors";
        var given = await GetAsync(browser, "/admin/users");
        await ChangeAsync(browser, (users, user) => users.RemoveFromRoleAsync(user, Roles.Support));
        app.Clock.Advance(Interval);
        var taken = await browser.GetAsync("/admin/users");

        Assert.Equal(200, given.Status);
        Assert.Empty(given.SessionCookies);
        Assert.Equal(403, taken.Status);
    }

    [Fact]
    public async Task What_was_found_is_kept_in_the_session_until_the_next_interval()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) =>
        {
            user.Name = "Renamed";
            return users.UpdateAsync(user);
        });
        app.Clock.Advance(Interval);
        await browser.GetAsync("/account");
        await ChangeAsync(browser, (users, user) =>
        {
            user.Name = "Renamed again";
            return users.UpdateAsync(user);
        });

        // The ticket keeps whole seconds.
        app.Clock.Advance(Interval - TimeSpan.FromSeconds(1));
        Assert.Equal("Renamed", await NameOnPageAsync(browser));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("Renamed again", await NameOnPageAsync(browser));
    }

    [Fact]
    public async Task A_session_that_no_longer_fits_the_account_is_ended_after_the_interval()
    {
        using var browser = await app.NewUserAsync();
        var user = await FindAsync(browser);
        await ChangeAsync(browser, (users, changed) => users.UpdateSecurityStampAsync(changed));
        Assert.Equal(200, (await GetAsync(browser, "/account/sessions")).Status);

        app.Clock.Advance(Interval);
        var refused = await GetAsync(browser, "/account/sessions");

        Assert.Equal(302, refused.Status);
        Assert.Empty(refused.SessionCookies);
        Assert.Contains("A security rule ended this session", (await browser.FollowAsync(refused)).Text, StringComparison.Ordinal);
        var ended = Assert.Single(await app.AuditOfAsync(user.Id), e => e.Action == AuditAction.SessionEnded);
        Assert.Equal(nameof(RevocationReason.AccountChanged), ended.Reason);
    }

    [Fact]
    public async Task The_request_that_finds_out_may_show_a_sign_in_form_and_it_works()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) => users.UpdateSecurityStampAsync(user));
        app.Clock.Advance(Interval);

        var form = await browser.GetAsync("/account/login");
        form.Fill("Email", browser.Email).Fill("Password", Browser.Password);
        var answer = await form.PressAsync("Sign in");

        Assert.Contains("A security rule ended this session", form.Text, StringComparison.Ordinal);
        Assert.Equal("/account/sessions", answer.Address.AbsolutePath);
    }

    [Fact]
    public async Task The_session_of_an_account_that_is_gone_is_ended()
    {
        using var browser = await app.NewUserAsync();
        await ChangeAsync(browser, (users, user) => users.DeleteAsync(user));

        app.Clock.Advance(Interval);

        Assert.Equal("/account/login", (await browser.GetAsync("/account/sessions")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_rebuilt_principal_still_says_how_the_person_signed_in()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(Interval);
        await browser.GetAsync("/account");

        // The sign-in that follows a change of password takes the method over from the session.
        var form = await browser.GetAsync("/account/change-password");
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

    private async Task<AppUser> FindAsync(Browser browser) =>
        (await app.InRequestAsync<UserManager<AppUser>, AppUser?>(users => users.FindByEmailAsync(browser.Email)))!;
}
