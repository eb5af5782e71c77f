using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using static Microsoft.Playwright.Assertions;

namespace WebApp.Tests.EndToEnd;

/// <summary>
/// What axe can tell of WCAG 2.2, levels A and AA, on every page: light on a desk, and dark on a small phone.
/// </summary>
public sealed class AccessibilityTests : IClassFixture<Chromium>
{
    /// <summary>Pages that are not visited, with the reason.</summary>
    private static readonly Dictionary<string, string> NotVisited = [];

    /// <summary>In place of a page's name: a file, or an answer to a form.</summary>
    private const string NoPage = "";

    private static readonly AxeRunOptions AllRules =
        Only("tag", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa");

    /// <summary>The others' answers depend on neither width nor colours.</summary>
    private static readonly AxeRunOptions RulesOnLooks =
        Only("rule", "color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size");

    private readonly Chromium _chromium;
    private readonly List<string> _faults = [];

    public AccessibilityTests(Chromium chromium)
    {
        _chromium = chromium;
        // For the page that says that there were too many tries.
        chromium.App.Settings["RateLimits:Reset:Permits"] = "1";
    }

    private TestApp App => _chromium.App;

    [Fact]
    public async Task No_page_has_a_fault_that_axe_finds()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        await using var visitor = await NewTabAsync();
        await using var person = await NewTabAsync();
        await using var pending = await NewTabAsync();
        await using var locked = await NewTabAsync();
        await using var staff = await NewTabAsync();
        var passkey = await RegisterWithFactorsAsync(person, email);
        await pending.SignInAsync(email, Browser.Password);
        await SignInLockedAsync(locked);
        await staff.SignInAsync("ada@example.com");

        var userId = await App.UserIdAsync(email);
        var session = (await SessionsOfAsync(userId)).Single();
        var receipt = await LockAsync(await App.UserIdAsync("bob@example.com"), SessionId.New());
        var draft = await App.DraftAsync(await App.StaffAsync(), email);
        var resetLink = await App.ResetLinkAsync(email);
        var user = $"/admin/users/{userId}";
        Visit[] visits =
        [
            new("/Index", visitor, "/"),
            new("/Account/Login", visitor, "/account/login"),
            new("/Account/Register", visitor, "/account/register"),
            new("/Account/ForgotPassword", visitor, "/account/forgot-password"),
            new("/Account/CheckMail", visitor, "/account/check-mail"),
            new("/Account/ConfirmEmail", visitor, $"/account/confirm-email?t={await ConfirmTokenAsync()}"),
            new("/Account/ConfirmNewEmail", visitor, $"/account/confirm-new-email?t={await AddressTokenAsync(email)}"),
            new("/Account/NotMe", visitor, $"/account/not-me?t={await NotMeTokenAsync(email)}"),
            new("/Account/ResetPassword", visitor, resetLink),
            new("/Account/ResetPassword", visitor, "/account/reset-password?t=none", 400),
            new("/Account/Goodbye", visitor, "/account/goodbye"),
            new("/Error", visitor, "/nothing", 404),
            new("/Dev/Mail", visitor, "/dev/mail"),
            new(NoPage, visitor, "/unavailable.html"),
            new(NoPage, visitor, "/wrong-host.html"),
            new("/Account/SecondFactor", pending, "/account/second-factor"),
            new("/Account/SecondFactor", pending, "/account/second-factor?recovery=true"),
            new("/Account/Confirm", locked, "/account/confirm"),
            new("/Index", person, "/"),
            new("/Account/Index", person, "/account"),
            new("/Account/Sessions", person, "/account/sessions"),
            new("/Account/Session", person, $"/account/sessions/{session.Id}"),
            new("/Account/Security", person, "/account/security"),
            new("/Account/Security/Authenticator", person, "/account/security/authenticator"),
            new("/Account/Security/RemoveAuthenticator", person, "/account/security/remove-authenticator"),
            new("/Account/Security/Passkeys", person, "/account/security/passkeys"),
            new("/Account/Security/RemovePasskey", person, $"/account/security/remove-passkey?id={passkey}"),
            new("/Account/Security/RecoveryCodes", person, "/account/security/recovery-codes"),
            new("/Account/ChangePassword", person, "/account/change-password"),
            new("/Account/Name", person, "/account/name"),
            new("/Account/Email", person, "/account/email"),
            new("/Account/Activity", person, "/account/activity"),
            new("/Account/Data", person, "/account/data"),
            new("/Account/Delete", person, "/account/delete"),
            new("/Account/Logout", person, "/account/logout"),
            new("/Account/AccessDenied", person, "/account/access-denied", 403),
            new("/Admin/Index", staff, "/admin"),
            new("/Admin/Sessions", staff, "/admin/sessions"),
            new("/Admin/Users/Index", staff, "/admin/users"),
            new("/Admin/Users/Details", staff, user),
            new("/Admin/Users/Ban", staff, $"{user}/ban"),
            new("/Admin/Users/Password", staff, $"{user}/password"),
            new("/Admin/Users/SecondFactor", staff, $"{user}/second-factor"),
            new("/Admin/Users/Confirmation", staff, $"{user}/confirmation"),
            new("/Admin/Users/Roles", staff, $"{user}/roles"),
            new("/Admin/Users/Delete", staff, $"{user}/delete"),
            new("/Admin/Users/Address", staff, $"{user}/sessions/{session.Id}/address"),
            new("/Admin/Receipt", staff, $"/admin/receipts/{receipt}"),
            new("/Admin/Audit", staff, "/admin/audit"),
            new("/Admin/AuditBundle", staff, "/admin/audit/bundle?case=C-1"),
            new("/Admin/Everyone", staff, "/admin/everyone"),
            new("/Admin/Bulk/Index", staff, "/admin/bulk"),
            new("/Admin/Bulk/New", staff, "/admin/bulk/new"),
            new("/Admin/Bulk/Details", staff, $"/admin/bulk/{draft.Id}"),
        ];
        Assert.Equal(
            Pages().Except(NotVisited.Keys).Order(),
            visits.Select(visit => visit.Page).Where(page => page != NoPage).Distinct().Order());
        foreach (var visit in visits)
            await VisitAsync(visit);
        await JudgeRefusalsAsync(visitor, person, staff, resetLink, user);

        Assert.True(_faults.Count == 0, string.Join('\n', _faults));
    }

    /// <summary>Answers to forms, and what can't be opened by its address.</summary>
    private async Task JudgeRefusalsAsync(Tab visitor, Tab person, Tab staff, string resetLink, string user)
    {
        await visitor.Page.GotoAsync(resetLink);
        await visitor.Page.FillAsync("#NewPassword", "short");
        await visitor.PressAsync("Set the new password");
        await Expect(visitor.Page.Locator("[role=alert]")).ToBeVisibleAsync();
        await JudgeAsync(visitor, "a new password that is refused");
        await visitor.Page.FillAsync("#NewPassword", "short");
        await visitor.PressAsync("Set the new password");
        await Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("Too many tries");
        await JudgeAsync(visitor, "429");

        await staff.Page.GotoAsync($"{user}/ban");
        await staff.Page.EvaluateAsync("document.querySelector('main form').noValidate = true");
        await staff.Page.Locator("main form button:visible").First.ClickAsync();
        await Expect(staff.Page.Locator("[role=alert]")).ToBeVisibleAsync();
        await JudgeAsync(staff, "a form of staff that is refused");

        await person.Page.GotoAsync("/account/name");
        await person.Page.EvaluateAsync(
            "document.querySelectorAll('main [name=__RequestVerificationToken]').forEach(e => e.remove())");
        await person.Page.Locator("main form button:visible").First.ClickAsync();
        await Expect(person.Page.Locator("h1")).ToHaveTextAsync("This page is out of date");
        await JudgeAsync(person, "400");

        await App.BreakAsync("AspNetUsers");
        await VisitAsync(new(NoPage, person, "/account", 500));
    }

    private IEnumerable<string> Pages() => App.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>()?.ViewEnginePath)
        .OfType<string>()
        .Distinct();

    private async Task VisitAsync(Visit visit)
    {
        var answer = await visit.Tab.Page.GotoAsync(visit.Path);
        // A page that leads on to another was not visited.
        Assert.Equal((visit.Path, visit.Status), (new Uri(visit.Tab.Page.Url).PathAndQuery, answer!.Status));
        await JudgeAsync(visit.Tab, visit.Path.Split("?t=")[0]);
    }

    private async Task JudgeAsync(Tab tab, string what)
    {
        await tab.Page.EvaluateAsync("document.querySelectorAll('details').forEach(e => e.open = true)");
        await RunAsync(1000, ColorScheme.Light, AllRules);
        await RunAsync(320, ColorScheme.Dark, RulesOnLooks);

        async Task RunAsync(int width, ColorScheme scheme, AxeRunOptions rules)
        {
            await tab.Page.SetViewportSizeAsync(width, 700);
            await tab.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
#pragma warning disable CS0618 // The newer way opens another page for each run, for the sake of frames: ours have none.
            var result = await tab.Page.Locator("html").RunAxeLegacy(rules);
#pragma warning restore CS0618
            _faults.AddRange(result.Violations.SelectMany(rule => rule.Nodes.Select(
                node => $"{what} ({width} px, {scheme}): {rule.Id}, {node.Target}: {rule.Help}")));
        }
    }

    private static AxeRunOptions Only(string type, params List<string> values) =>
        new() { RunOnly = new() { Type = type, Values = values }, ResultTypes = [ResultType.Violations] };

    // Passkeys need a name, not an address in numbers.
    private Task<Tab> NewTabAsync() => _chromium.NewTabAsync(site: _chromium.Localhost);

    /// <summary>A person with a passkey and an authenticator app; returns the passkey's id.</summary>
    private async Task<string> RegisterWithFactorsAsync(Tab tab, string email)
    {
        await tab.Page.GotoAsync("/account/register");
        await tab.Page.FillAsync("[name=Name]", "Someone");
        await tab.Page.FillAsync("[name=Email]", email);
        await tab.Page.FillAsync("[name=Password]", Browser.Password);
        await tab.PressAsync("Create account");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        await VirtualAuthenticator.PlugInAsync(tab.Page);
        await tab.Page.GotoAsync("/account/security/passkeys");
        await tab.PressAsync("Add a passkey");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your recovery codes");
        await JudgeAsync(tab, "new recovery codes");
        await tab.Page.GotoAsync("/account/security/authenticator");
        var app = new Authenticator(App.Clock, (await tab.Page.Locator("#key").TextContentAsync())!);
        await JudgeAsync(tab, "an authenticator app's key");
        await tab.Page.FillAsync("#Code", app.Code);
        await tab.PressAsync("Set up the app");
        await tab.Page.GotoAsync("/account/security/passkeys");
        return (await tab.Page.Locator("[data-passkey-id]").GetAttributeAsync("data-passkey-id"))!;
    }

    private async Task SignInLockedAsync(Tab tab)
    {
        var account = await App.NewAccountAsync();
        await tab.SignInAsync(account.Email!, Browser.Password);
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Your sessions");
        await LockAsync(account.Id, (await SessionsOfAsync(account.Id)).Single().Id);
    }

    private async Task<IReadOnlyList<UserSession>> SessionsOfAsync(Guid userId) =>
        (await App.Services.GetRequiredService<SessionManager>().ListAsync(userId)).Live;

    private Task<long?> LockAsync(Guid userId, SessionId id) => App.InRequestAsync<ForcedSignOut, long?>(async forced =>
    {
        var reason = new StaffReason(RevocationReason.Maintenance, "C-1", null);
        return (await forced.LockOneAsync(StaffMember.CommandLine, userId, id, reason)).ReceiptId;
    });

    private async Task<string> ConfirmTokenAsync()
    {
        var unconfirmed = (await App.NewAccountAsync()).Email!;
        await App.ChangeAccountAsync(unconfirmed, user => user.EmailConfirmed = false);
        return await App.SealAsync(TokenPurpose.ConfirmEmail, unconfirmed, TimeSpan.FromMinutes(20));
    }

    private async Task<string> AddressTokenAsync(string email)
    {
        var store = App.Services.GetRequiredService<IUserSessionStore>();
        var generation = await store.GetGenerationAsync(await App.UserIdAsync(email));
        return await App.SealAsync(
            TokenPurpose.ChangeEmail, email, TimeSpan.FromMinutes(20), $"{generation}|{Guid.NewGuid():N}@example.com");
    }

    private async Task<string> NotMeTokenAsync(string email) => await App.SealAsync(
        TokenPurpose.NotMe, email, TimeSpan.FromMinutes(20), await App.TakeSnapshotAsync(email));

    private sealed record Visit(string Page, Tab Tab, string Path, int Status = 200);
}
