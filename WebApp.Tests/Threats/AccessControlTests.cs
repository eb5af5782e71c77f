using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Threats;

/// <summary>Somebody opens what is not meant for them (ASVS 5.0, 8.2 and 8.3). The table below is the app's; a page that it lacks fails.</summary>
public abstract class AccessControlTests(TestApp app)
{
    private enum Answer
    {
        /// <summary>The page.</summary>
        Open,

        /// <summary>The page for those with a role leads there and on to another.</summary>
        Onward,

        /// <summary>The sign-in page, which leads back afterwards.</summary>
        SignIn,

        /// <summary>The page that says that the account may not.</summary>
        Denied,

        /// <summary>The page that says that the link in the mail doesn't work, for there is none.</summary>
        DeadLink,

        /// <summary>There is nothing to see for anyone.</summary>
        Nothing,
    }

    private static readonly Answer[] Everyone = [Answer.Open, Answer.Open, Answer.Open, Answer.Open];
    private static readonly Answer[] ByLink = [Answer.DeadLink, Answer.DeadLink, Answer.DeadLink, Answer.DeadLink];
    private static readonly Answer[] SignedIn = [Answer.SignIn, Answer.Open, Answer.Open, Answer.Open];
    private static readonly Answer[] Staff = [Answer.SignIn, Answer.Denied, Answer.Open, Answer.Open];
    private static readonly Answer[] Admins = [Answer.SignIn, Answer.Denied, Answer.Denied, Answer.Open];
    private static readonly Answer[] Nobody = [Answer.Nothing, Answer.Nothing, Answer.Nothing, Answer.Nothing];

    /// <summary>What a locked session may open: the way back, the way out, and what proves by itself who is there.</summary>
    private static readonly string[] OpenToLocked =
    [
        "Account/Confirm", "Account/Logout", "error/{code:int?}", "account/not-me", "account/confirm-new-email", "account/check-mail", "account/confirm-email", "account/forgot-password",
        "account/reset-password",
    ];

    /// <summary>By route: what a visitor, a user without a role, Support and an Admin get.</summary>
    private static readonly Dictionary<string, Answer[]> Table = new()
    {
        [""] = Everyone,
        ["Index"] = Everyone,
        ["Account/Login"] = Everyone,
        ["Account/Logout"] = Everyone,
        ["Account/Register"] = Everyone,
        ["account/second-factor"] = [Answer.SignIn, Answer.Onward, Answer.Onward, Answer.Onward],
        ["account/access-denied"] = [Answer.Denied, Answer.Denied, Answer.Denied, Answer.Denied],
        ["account/check-mail"] = Everyone,
        ["account/forgot-password"] = Everyone,
        ["account/confirm-email"] = ByLink,
        ["account/reset-password"] = ByLink,
        ["Account"] = SignedIn,
        ["Account/Index"] = SignedIn,
        ["Account/Sessions"] = SignedIn,
        ["account/sessions/{id}"] = [Answer.SignIn, Answer.Open, Answer.Nothing, Answer.Nothing],
        ["account/change-password"] = SignedIn,
        ["Account/Email"] = SignedIn,
        ["account/confirm-new-email"] = ByLink,
        ["account/not-me"] = ByLink,
        ["Account/Activity"] = SignedIn,
        ["Account/Name"] = SignedIn,
        ["Account/Data"] = SignedIn,
        ["Account/Delete"] = SignedIn,
        ["Account/Goodbye"] = Everyone,
        ["account/security"] = SignedIn,
        ["account/security/authenticator"] = SignedIn,
        ["account/security/remove-authenticator"] = [Answer.SignIn, Answer.Onward, Answer.Onward, Answer.Onward],
        ["account/security/passkeys"] = SignedIn,
        ["account/security/remove-passkey"] = [Answer.SignIn, Answer.Onward, Answer.Onward, Answer.Onward],
        ["account/security/recovery-codes"] = [Answer.SignIn, Answer.Onward, Answer.Onward, Answer.Onward],
        ["Account/Confirm"] = [Answer.SignIn, Answer.Onward, Answer.Onward, Answer.Onward],
        ["Admin"] = Staff,
        ["Admin/Index"] = Staff,
        ["Admin/Sessions"] = Staff,
        ["Admin/Users"] = Staff,
        ["Admin/Users/Index"] = Staff,
        ["admin/users/{userId:guid}"] = Staff,
        ["admin/users/{userId:guid}/ban"] = Staff,
        ["admin/users/{userId:guid}/password"] = Staff,
        ["admin/users/{userId:guid}/second-factor"] = Staff,
        ["admin/users/{userId:guid}/confirmation"] = Staff,
        ["admin/users/{userId:guid}/roles"] = Admins,
        ["admin/users/{userId:guid}/delete"] = Admins,
        ["admin/users/{userId:guid}/sessions/{id}/address"] = Staff,
        ["admin/receipts/{id:long}"] = Staff,
        ["Admin/Audit"] = Staff,
        // Without a session or a case there is nothing to put into one.
        ["admin/audit/bundle"] = [Answer.SignIn, Answer.Denied, Answer.Onward, Answer.Onward],
        ["Admin/Bulk"] = Staff,
        ["Admin/Everyone"] = [Answer.SignIn, Answer.Denied, Answer.Denied, Answer.Open],
        ["Admin/Bulk/Index"] = Staff,
        ["admin/bulk/new"] = Staff,
        ["admin/bulk/{id:guid}"] = Staff,
        ["Dev/Mail"] = Everyone,
        ["error/{code:int?}"] = Nobody,
    };

    [Fact]
    public async Task Each_page_is_open_to_those_it_is_for_and_to_nobody_else()
    {
        using var user = await app.NewUserAsync();
        using var visitor = app.NewBrowser();
        using var support = await app.SignedInAsync("sam@example.com");
        using var admin = await app.SignedInAsync("ada@example.com");
        Browser[] people = [visitor, user, support, admin];
        var draft = await app.DraftAsync(await app.StaffAsync("sam@example.com"), user.Email);
        var found = new Dictionary<string, Answer[]>();

        var receipt = await app.InRequestAsync<ForcedSignOut, long?>(async forced => (await forced.LockOneAsync(
            StaffMember.CommandLine, await app.UserIdAsync(user.Email), SessionId.New(), new(RevocationReason.Maintenance, "C-1", null))).ReceiptId);
        foreach (var route in Routes())
        {
            var path = PathOf(route, await app.UserIdAsync(user.Email), app.KeyOf(user).SessionId, receipt, draft.Id);
            found[route] = await Task.WhenAll(people.Select(person => VisitAsync(person, path)));
        }

        Assert.Equal(Lines(Table), Lines(found));
    }

    [Theory]
    [InlineData("/admin/users/{0}?handler=ForceSignOut")]
    [InlineData("/admin/users/{0}?handler=ForceSignOutAll")]
    [InlineData("/admin/users/{0}?handler=Lock")]
    [InlineData("/admin/audit?handler=Verify")]
    [InlineData("/admin/audit?handler=Export")]
    [InlineData("/admin/audit/bundle?case=C-1")]
    [InlineData("/admin/users/{0}?handler=ForceSignOutSome")]
    [InlineData("/admin/users/{0}/ban")]
    [InlineData("/admin/users/{0}/ban?handler=Lift")]
    [InlineData("/admin/users/{0}/password?handler=Send")]
    [InlineData("/admin/users/{0}/password?handler=Require")]
    [InlineData("/admin/users/{0}/second-factor?handler=Require")]
    [InlineData("/admin/users/{0}/second-factor?handler=Excuse")]
    [InlineData("/admin/users/{0}/second-factor?handler=Remove")]
    [InlineData("/admin/users/{0}/confirmation")]
    [InlineData("/admin/users/{0}/roles")]
    [InlineData("/admin/users/{0}/delete")]
    [InlineData("/admin/users/{0}/sessions/{1}/address")]
    [InlineData("/admin/bulk/new")]
    [InlineData("/admin/bulk/{0}?handler=Confirm")]
    [InlineData("/admin/bulk/{0}?handler=Approve")]
    [InlineData("/admin/bulk/{0}?handler=Stop")]
    public async Task Those_without_a_role_can_not_send_the_staffs_forms(string form)
    {
        using var victim = await app.NewUserAsync();
        using var user = await app.NewUserAsync();
        using var visitor = app.NewBrowser();
        var session = (await victim.GetAsync("/account/sessions")).CurrentSessionId;
        var path = form.Replace("{0}", $"{await app.UserIdAsync(victim.Email)}").Replace("{1}", session);

        foreach (var (browser, expected) in new[] { (user, Answer.Denied), (visitor, Answer.SignIn) })
        {
            var token = (await browser.GetAsync("/account/login")).AntiforgeryToken;

            var answer = await browser.PostAsync(path,
                ("__RequestVerificationToken", token), ("id", session), ("ids", session), ("reason", "Maintenance"), ("caseReference", "C-1"),
                ("for", "forever"), ("roles", "Admin"), ("Email", victim.Email), ("field", "LastUse"));

            Assert.Equal(expected, await JudgeAsync(browser, answer));
        }

        Assert.Equal(session, (await victim.GetAsync("/account/sessions")).CurrentSessionId);
    }

    [Fact]
    public async Task A_role_that_is_taken_away_no_longer_opens_staff_pages()
    {
        await using var own = new TestApp();
        using var support = await own.SignedInAsync("sam@example.com");
        Assert.Equal(200, (await support.GetAsync("/admin/users")).Status);

        await own.RemoveRoleAsync("sam@example.com", Roles.Support);

        var page = await support.GetAsync("/admin/users");

        Assert.Equal(403, page.Status);
    }

    [Fact]
    public async Task To_whoever_was_banned_every_page_is_what_it_is_to_a_visitor()
    {
        var account = await app.NewAccountAsync(Roles.Support);
        using var banned = app.NewBrowser();
        await banned.SignInAsync(account.Email!);
        Assert.Equal(200, (await banned.GetAsync("/admin/users")).Status);
        var ban = await app.InRequestAsync<AccountActs, StaffActResult>(acts => acts.BanAsync(
            StaffMember.CommandLine, account.Id, DateTimeOffset.MaxValue, new(RevocationReason.LeftOrganisation, "C-1", null)));
        Assert.Equal(StaffActOutcome.Done, ban.Outcome);

        foreach (var route in Routes())
            Assert.Equal((route, Table[route][0]), (route, await VisitAsync(banned, PathOf(route, account.Id, SessionId.New(), ban.ReceiptId))));
    }

    [Fact]
    public async Task A_locked_session_of_staff_gets_no_further_than_to_prove_who_is_there()
    {
        var account = await app.NewAccountAsync(Roles.Admin);
        using var locked = app.NewBrowser();
        await locked.SignInAsync(account.Email!);
        var token = (await locked.GetAsync("/account/logout")).AntiforgeryToken;
        Assert.True(await app.Services.GetRequiredService<SessionManager>().LockAsync(account.Id, app.KeyOf(locked).SessionId, LockReason.Support));

        foreach (var route in Routes().Except(OpenToLocked))
        {
            var path = PathOf(route, account.Id, SessionId.New(), 1);
            foreach (var answer in new[] { await locked.PeekAsync(path), await locked.PostAsync(path, ("__RequestVerificationToken", token)) })
                Assert.Equal((route, 303, "/account/confirm"), (route, answer.Status, answer.Location?.Split('?')[0]));
        }
    }

    private static string PathOf(string route, Guid userId, SessionId session, long? receipt, Guid draft = default) => "/" + route.Replace("{userId:guid}", $"{userId}")
        .Replace("{id:long}", $"{receipt}").Replace("{id:guid}", $"{draft}").Replace("{code:int?}", "404").Replace("{id}", $"{session}");

    private IEnumerable<string> Routes() => app.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null)
        .Select(endpoint => endpoint.RoutePattern.RawText!)
        .Distinct();

    private static async Task<Answer> VisitAsync(Browser browser, string path) => await JudgeAsync(browser, await browser.PeekAsync(path));

    private static async Task<Answer> JudgeAsync(Browser browser, Page answer)
    {
        if (answer.Status == 404)
            return Answer.Nothing;

        var end = await browser.FollowAsync(answer);
        return (answer.Status, end.Status, end.Address.AbsolutePath) switch
        {
            (200, 200, _) => Answer.Open,
            (400, 400, _) when end.Text.StartsWith("This link does not work", StringComparison.Ordinal) => Answer.DeadLink,
            (302, 200, "/account/login") => Answer.SignIn,
            (302 or 403, 403, "/account/access-denied") => Answer.Denied,
            (302, 200, "/admin/audit" or "/account/sessions" or "/account/security" or "/account/security/passkeys") => Answer.Onward,
            var other => throw new InvalidOperationException($"{answer.Address} answered {other}"),
        };
    }

    private static IEnumerable<string> Lines(Dictionary<string, Answer[]> table) => table.Select(row => $"/{row.Key}: {string.Join(", ", row.Value)}").Order();
}

public sealed class AccessControlOnSqlTests(SqlApp app) : AccessControlTests(app), IClassFixture<SqlApp>;

public sealed class AccessControlOnRedisTests(RedisApp app) : AccessControlTests(app), IClassFixture<RedisApp>;
