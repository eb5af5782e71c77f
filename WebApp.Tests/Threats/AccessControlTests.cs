using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
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
    private static readonly Answer[] Nobody = [Answer.Nothing, Answer.Nothing, Answer.Nothing, Answer.Nothing];

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
        ["Admin"] = [Answer.SignIn, Answer.Denied, Answer.Onward, Answer.Onward],
        ["Admin/Index"] = [Answer.SignIn, Answer.Denied, Answer.Onward, Answer.Onward],
        ["Admin/Users"] = Staff,
        ["Admin/Users/Index"] = Staff,
        ["admin/users/{userId:guid}"] = Staff,
        ["Admin/Audit"] = Staff,
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

        foreach (var route in Routes())
        {
            var path = "/" + route.Replace("{userId:guid}", $"{await app.UserIdAsync(user.Email)}").Replace("{code:int?}", "404").Replace("{id:guid}", $"{draft.Id}").Replace("{id}", $"{app.KeyOf(user).SessionId}");
            found[route] = await Task.WhenAll(people.Select(person => VisitAsync(person, path)));
        }

        Assert.Equal(Lines(Table), Lines(found));
    }

    [Theory]
    [InlineData("/admin/users/{0}?handler=ForceSignOut")]
    [InlineData("/admin/users/{0}?handler=ForceSignOutAll")]
    [InlineData("/admin/users/{0}?handler=Lock")]
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
        var path = form.Replace("{0}", $"{await app.UserIdAsync(victim.Email)}");

        foreach (var (browser, expected) in new[] { (user, Answer.Denied), (visitor, Answer.SignIn) })
        {
            var token = (await browser.GetAsync("/account/login")).AntiforgeryToken;

            var answer = await browser.PostAsync(path,
                ("__RequestVerificationToken", token), ("id", session), ("reason", "Maintenance"), ("caseReference", "C-1"));

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
            (302, 200, "/admin/users" or "/account/sessions" or "/account/security" or "/account/security/passkeys") => Answer.Onward,
            var other => throw new InvalidOperationException($"{answer.Address} answered {other}"),
        };
    }

    private static IEnumerable<string> Lines(Dictionary<string, Answer[]> table) => table.Select(row => $"/{row.Key}: {string.Join(", ", row.Value)}").Order();
}

[Collection(SqlApp.Collection)]
public sealed class AccessControlOnSqlTests(SqlApp app) : AccessControlTests(app);

[Collection(RedisApp.Collection)]
public sealed class AccessControlOnRedisTests(RedisApp app) : AccessControlTests(app);
