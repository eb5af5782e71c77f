using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Threats;

/// <summary>
/// Another site makes a signed-in browser send one of our forms (ASVS 5.0, 3.5.1 and 3.5.8). Each attack is tried on every POST of the app.
/// </summary>
public abstract class CsrfTests(TestApp app)
{
    /// <summary>Every page handler that answers a POST, with a form that would work; <c>{0}</c> is the victim's id, <c>{1}</c> the victim's other session,
    /// <c>{2}</c> the victim's address, <c>{3}</c> to <c>{6}</c> the tokens of mailed links: to set the
    /// victim's password, to confirm another account, to change the victim's address, and to say that it wasn't them; <c>{7}</c> is a draft of a bulk request for the victim.</summary>
    private static readonly Form[] Forms =
    [
        new("/Account/Login", "", "/account/login", "Email=bob@example.com", $"Password={Browser.DemoPassword}"),
        new("/Account/Login", "Dismiss", "/account/login?handler=Dismiss"),
        new("/Account/Login", "MakeRoom", "/account/login?handler=MakeRoom", "Waiting=x", "end={1}"),
        new("/Account/Login", "Passkey", "/account/login?handler=Passkey", "passkeyAnswer=x", "passkeyState=x"),
        new("/Account/Logout", "", "/account/logout"),
        new("/Account/Register", "", "/account/register", "Name=New", "Email=new-{0}@example.com", $"Password={Browser.Password}"),
        new("/Account/ForgotPassword", "", "/account/forgot-password", "Email=bob@example.com"),
        new("/Account/ResetPassword", "", "/account/reset-password", "t={3}", "NewPassword=another good passphrase"),
        new("/Account/ConfirmEmail", "", "/account/confirm-email", "t={4}", $"Password={Browser.Password}"),
        new("/Account/ChangePassword", "", "/account/change-password", $"CurrentPassword={Browser.Password}", "NewPassword=another good passphrase"),
        new("/Account/Email", "", "/account/email", "Email=new-{0}@example.com"),
        new("/Account/ConfirmNewEmail", "", "/account/confirm-new-email", "t={5}"),
        new("/Account/NotMe", "", "/account/not-me", "t={6}"),
        new("/Account/Confirm", "", "/account/confirm", $"Password={Browser.Password}"),
        new("/Account/Name", "", "/account/name", "Name=Another"),
        new("/Account/Data", "", "/account/data") { Answer = 200 },
        new("/Account/Delete", "", "/account/delete", "Email={2}"),
        new("/Account/Confirm", "Passkey", "/account/confirm?handler=Passkey", "passkeyAnswer=x", "passkeyState=x"),
        new("/Account/SecondFactor", "Passkey", "/account/second-factor?handler=Passkey", "passkeyAnswer=x", "passkeyState=x"),
        new("/Account/SecondFactor", "", "/account/second-factor", "Code=123456"),
        new("/Account/SecondFactor", "Cancel", "/account/second-factor?handler=Cancel"),
        new("/Account/Security/Authenticator", "", "/account/security/authenticator", "Code=123456", "Token=x"),
        new("/Account/Security/RemoveAuthenticator", "", "/account/security/remove-authenticator", "TurnOff=true"),
        new("/Account/Security/Passkeys", "Add", "/account/security/passkeys?handler=Add", "Name=Mine", "passkeyAnswer=x", "passkeyState=x"),
        new("/Account/Security/Passkeys", "Rename", "/account/security/passkeys?handler=Rename", "id=AAAA", "name=Mine"),
        new("/Account/Security/RemovePasskey", "", "/account/security/remove-passkey?id=AAAA", "TurnOff=true"),
        new("/Account/Security/RecoveryCodes", "", "/account/security/recovery-codes"),
        new("/Account/Security/RecoveryCodes", "Download", "/account/security/recovery-codes?handler=Download", "Token=x"),
        new("/Account/Sessions", "Forget", "/account/sessions?handler=Forget", "browser={0}"),
        new("/Account/Sessions", "ForgetAll", "/account/sessions?handler=ForgetAll"),
        new("/Account/Sessions", "Lock", "/account/sessions?handler=Lock", "id={1}"),
        new("/Account/Session", "ShowName", "/account/sessions/{1}?handler=ShowName"),
        new("/Account/Session", "NotMe", "/account/sessions/{1}?handler=NotMe"),
        new("/Account/Sessions", "Shorten", "/account/sessions?handler=Shorten", "id={1}", "time=01:00:00"),
        new("/Account/Sessions", "ShortenUntil", "/account/sessions?handler=ShortenUntil", "id={1}", "until=2999-01-01T00:00", "offset=0"),
        new("/Account/Sessions", "Revoke", "/account/sessions?handler=Revoke", "id={1}"),
        new("/Account/Sessions", "RevokeOthers", "/account/sessions?handler=RevokeOthers"),
        new("/Admin/Audit", "Verify", "/admin/audit?handler=Verify"),
        new("/Admin/Audit", "Export", "/admin/audit?handler=Export", "format=Csv") { Answer = 200 },
        new("/Admin/AuditBundle", "", "/admin/audit/bundle?session={1}", "purpose=DataRequest") { Answer = 200 },
        new("/Admin/Users/Details", "ForceSignOut", "/admin/users/{0}?handler=ForceSignOut", "id={1}", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Details", "Lock", "/admin/users/{0}?handler=Lock", "id={1}", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Details", "ForceSignOutSome", "/admin/users/{0}?handler=ForceSignOutSome", "ids={1}", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Ban", "", "/admin/users/{0}/ban", "for=forever", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Ban", "Lift", "/admin/users/{0}/ban?handler=Lift", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Password", "Send", "/admin/users/{0}/password?handler=Send", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Password", "Require", "/admin/users/{0}/password?handler=Require", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/SecondFactor", "Require", "/admin/users/{0}/second-factor?handler=Require", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/SecondFactor", "Excuse", "/admin/users/{0}/second-factor?handler=Excuse", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/SecondFactor", "Remove", "/admin/users/{0}/second-factor?handler=Remove", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Confirmation", "", "/admin/users/{0}/confirmation", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Roles", "", "/admin/users/{0}/roles", "roles=Support", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Delete", "", "/admin/users/{0}/delete", "Email={2}", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Users/Address", "", "/admin/users/{0}/sessions/{1}/address", "field=LastUse", "reason=Maintenance", "caseReference=C-1") { Answer = 200 },
        new("/Admin/Users/Details", "ForceSignOutAll", "/admin/users/{0}?handler=ForceSignOutAll", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Everyone", "", "/admin/everyone", "reason=Maintenance", "caseReference=C-1", "typed=everyone"),
        new("/Admin/Bulk/New", "", "/admin/bulk/new", "pick=list", "list={2}", "reason=Maintenance", "caseReference=C-1"),
        new("/Admin/Bulk/Details", "Confirm", "/admin/bulk/{7}?handler=Confirm", "number=1"),
        new("/Admin/Bulk/Details", "IncludeMe", "/admin/bulk/{7}?handler=IncludeMe"),
        new("/Admin/Bulk/Details", "SpareMe", "/admin/bulk/{7}?handler=SpareMe"),
        new("/Admin/Bulk/Details", "Discard", "/admin/bulk/{7}?handler=Discard"),
        new("/Admin/Bulk/Details", "Approve", "/admin/bulk/{7}?handler=Approve"),
        new("/Admin/Bulk/Details", "Refuse", "/admin/bulk/{7}?handler=Refuse"),
        new("/Admin/Bulk/Details", "Pause", "/admin/bulk/{7}?handler=Pause"),
        new("/Admin/Bulk/Details", "Resume", "/admin/bulk/{7}?handler=Resume"),
        new("/Admin/Bulk/Details", "Stop", "/admin/bulk/{7}?handler=Stop"),
    ];

    [Fact]
    public async Task Every_post_of_the_app_is_tried_here()
    {
        var loader = app.Services.GetRequiredService<PageLoader>();
        var posts = new List<string>();
        foreach (var endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints)
        {
            if (endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not { } page)
                continue;

            var handlers = (await loader.LoadAsync(page, EndpointMetadataCollection.Empty)).HandlerMethods;
            posts.AddRange(handlers.Where(h => h.HttpMethod != "Get").Select(h => $"{h.HttpMethod} {page.ViewEnginePath} {h.Name}"));
        }

        Assert.Equal(Forms.Select(f => $"Post {f.Page} {f.Handler}").Order(), posts.Distinct().Order());
    }

    [Fact]
    public Task Without_a_token_nothing_changes() => AssertStaleAsync(_ => Task.FromResult<string?>(null));

    [Fact]
    public Task With_a_token_made_up_by_the_attacker_nothing_changes() => AssertStaleAsync(_ => Task.FromResult<string?>("made-up"));

    [Fact]
    public Task With_another_users_token_nothing_changes() => AssertStaleAsync(async _ =>
    {
        using var attacker = await app.NewUserAsync();
        return await TokenOfAsync(attacker);
    });

    [Fact]
    public Task With_another_users_token_and_antiforgery_cookie_nothing_changes() => AssertStaleAsync(async victim =>
    {
        using var attacker = await app.NewUserAsync();
        var token = await TokenOfAsync(attacker);
        // A sibling domain can plant cookies; the token must fit the person, not only the cookie beside it.
        var cookie = attacker.Cookies.Single(c => c.Key.EndsWith("-antiforgery", StringComparison.Ordinal));
        victim.Cookies[cookie.Key] = cookie.Value;
        return token;
    });

    [Fact]
    public Task With_a_token_from_an_earlier_session_of_the_same_person_nothing_changes() => AssertStaleAsync(async victim =>
    {
        var token = await TokenOfAsync(victim);
        await victim.SignInAsync(victim.Email, victim.Email.StartsWith("ada@", StringComparison.Ordinal) ? Browser.DemoPassword : Browser.Password);
        return token;
    });

    [Fact]
    public Task With_a_token_from_before_the_sign_in_nothing_changes() => AssertStaleAsync(async victim =>
    {
        var (name, session) = victim.Cookies.Single(c => c.Key.EndsWith("-session", StringComparison.Ordinal));
        victim.Cookies.Remove(name);
        var token = (await victim.GetAsync("/account/login")).AntiforgeryToken;
        victim.Cookies[name] = session;
        return token;
    });

    [Fact]
    public Task From_another_site_even_a_good_token_changes_nothing() =>
        AssertRefusedAsync(TokenOfAsync, 403, "That is not allowed", ("Sec-Fetch-Site", "cross-site"));

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public Task From_a_foreign_origin_without_fetch_metadata_even_a_good_token_changes_nothing(string origin) =>
        AssertRefusedAsync(TokenOfAsync, 403, "That is not allowed", ("Origin", origin));

    [Fact]
    public async Task The_same_forms_with_their_own_token_work()
    {
        // Or the tests above would prove nothing.
        foreach (var form in Forms)
        {
            using var scene = await Scene.SetAsync(app, form);
            var token = await TokenOfAsync(scene.Actor);

            var answer = await scene.SendAsync(form, token, ("Sec-Fetch-Site", "same-origin"), ("Origin", app.Address.GetLeftPart(UriPartial.Authority)));

            Assert.True(answer.Status == form.Answer, $"{form} got {answer.Status}: {answer.Text}");
        }
    }

    [Fact]
    public async Task The_page_that_says_so_leads_back_to_a_fresh_form()
    {
        using var browser = await app.NewUserAsync();

        var stale = await browser.PostAsync("/account/sessions?handler=RevokeOthers");

        var back = stale.Document.QuerySelector("main a.primary")!.GetAttribute("href")!;
        Assert.Equal("/account/sessions", back);
        Assert.Equal(200, (await browser.GetAsync(back)).Status);
    }

    private Task AssertStaleAsync(Func<Browser, Task<string?>> token) => AssertRefusedAsync(token, 400, "This page is out of date");

    /// <summary>Sends every form with that token and asserts the answer, and that nobody was signed in or out and the audit log has no new line.</summary>
    private async Task AssertRefusedAsync(Func<Browser, Task<string?>> tokenFor, int status, string title, params (string, string)[] headers)
    {
        foreach (var byStaff in new[] { false, true })
        {
            var forms = Forms.Where(f => f.ByStaff == byStaff).ToList();
            using var scene = await Scene.SetAsync(app, forms[0]);
            var token = await tokenFor(scene.Actor);
            var before = await scene.ObserveAsync();
            foreach (var form in forms)
            {
                var answer = await scene.SendAsync(form, token, headers);

                Assert.True(answer.Status == status, $"{form} got {answer.Status} and not {status}: {answer.Text}");
                Assert.Contains(title, answer.Text);
                Assert.NotEmpty(answer.Document.QuerySelectorAll("main a[href]"));
                Assert.Empty(answer.SessionCookies);
                Assert.Equal(before, await scene.ObserveAsync());
            }
        }
    }

    private static async Task<string?> TokenOfAsync(Browser browser) => (await browser.GetAsync("/account/logout")).AntiforgeryToken;

    private sealed record Form(string Page, string Handler, string Path, params string[] Fields)
    {
        /// <summary>The status when all is well.</summary>
        public int Answer { get; init; } = 302;

        public bool ByStaff => Page.StartsWith("/Admin", StringComparison.Ordinal);

        public override string ToString() => $"POST {Page} {Handler}";
    }

    /// <summary>A victim who is signed in twice, and the browser that the attacker makes send a form: the victim's own, or a member of staff's.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly TestApp _app;
        private readonly Browser _victim;
        private readonly Guid _victimId;
        private readonly string _otherSession;

        private Scene(TestApp app, Browser victim, Browser actor, Guid victimId, string otherSession) =>
            (_app, _victim, Actor, _victimId, _otherSession) = (app, victim, actor, victimId, otherSession);

        private string ResetToken { get; init; } = "";

        private string ConfirmToken { get; init; } = "";

        private string AddressToken { get; init; } = "";

        private string NotMeToken { get; init; } = "";

        private Guid Draft { get; init; }

        public Browser Actor { get; }

        public static async Task<Scene> SetAsync(TestApp app, Form form)
        {
            var victim = await app.NewUserAsync();
            using var other = app.NewBrowser(Browser.Safari);
            var otherSession = (await other.SignInAsync(victim.Email)).CurrentSessionId;
            var actor = form.ByStaff ? await app.SignedInAsync("ada@example.com") : victim;
            var unconfirmed = (await app.NewAccountAsync()).Email!;
            await app.ChangeAccountAsync(unconfirmed, user => user.EmailConfirmed = false);
            var victimId = await app.UserIdAsync(victim.Email);
            var generation = await app.Services.GetRequiredService<IUserSessionStore>().GetGenerationAsync(victimId);
            return new(app, victim, actor, victimId, otherSession)
            {
                ResetToken = await app.SealAsync(TokenPurpose.ResetPassword, victim.Email, TimeSpan.FromMinutes(20)),
                ConfirmToken = await app.SealAsync(TokenPurpose.ConfirmEmail, unconfirmed, TimeSpan.FromMinutes(20)),
                AddressToken = await app.SealAsync(TokenPurpose.ChangeEmail, victim.Email, TimeSpan.FromMinutes(20), $"{generation}|{Guid.NewGuid():N}@example.com"),
                NotMeToken = await app.SealAsync(TokenPurpose.NotMe, victim.Email, TimeSpan.FromMinutes(20), await app.TakeSnapshotAsync(victim.Email)),
                Draft = (await app.DraftAsync(await app.StaffAsync(), victim.Email)).Id,
            };
        }

        public Task<Page> SendAsync(Form form, string? token, params (string Name, string Value)[] headers)
        {
            var fields = form.Fields.Select(f => f.Split('=', 2)).Select(f => KeyValuePair.Create(f[0], Fill(f[1])));
            if (token is not null)
                fields = fields.Append(KeyValuePair.Create("__RequestVerificationToken", token));
            var request = new HttpRequestMessage(HttpMethod.Post, Fill(form.Path)) { Content = new FormUrlEncodedContent(fields) };
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            return Actor.SendAsync(request);
        }

        /// <summary>The sessions of both, and the newest line of the audit log.</summary>
        public async Task<string> ObserveAsync()
        {
            var newest = await _app.Services.GetRequiredService<AuditLog>().ListAsync(null, 1);
            var victims = await SessionsAsync(_victimId);
            var actors = await SessionsAsync(_app.KeyOf(Actor).UserId);
            return $"{newest[0].Id}; {victims}; {actors}";
        }

        private async Task<string> SessionsAsync(Guid userId)
        {
            var live = (await _app.Services.GetRequiredService<SessionManager>().ListAsync(userId)).Live;
            return string.Join(' ', live.Select(session => $"{session.Id}{session.Lock}").Order(StringComparer.Ordinal));
        }

        public void Dispose()
        {
            _victim.Dispose();
            Actor.Dispose();
        }

        private string Fill(string text) => text.Replace("{0}", _victimId.ToString(), StringComparison.Ordinal).Replace("{1}", _otherSession, StringComparison.Ordinal)
            .Replace("{2}", _victim.Email, StringComparison.Ordinal).Replace("{3}", ResetToken, StringComparison.Ordinal).Replace("{4}", ConfirmToken, StringComparison.Ordinal)
            .Replace("{5}", AddressToken, StringComparison.Ordinal).Replace("{6}", NotMeToken, StringComparison.Ordinal)
            .Replace("{7}", Draft.ToString(), StringComparison.Ordinal);
    }
}

public sealed class CsrfOnSqlTests(SqlApp app) : CsrfTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class CsrfOnRedisTests(RedisApp app) : CsrfTests(app), IClassFixture<RedisApp>;
