using System.Net;
using System.Text;
using System.Text.Json;
using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// The session tests of OWASP's Web Security Testing Guide, WSTG-SESS-01 to -11, each name beginning with its id. Where another file of this folder
/// goes further, this one goes through the guide's own steps.
/// </summary>
public abstract class WstgSessionTests(TestApp app)
{
    private const int Many = 1000;
    private static readonly SessionPolicy Policy = new();
    private static readonly string[] PrivatePages = ["/account", "/account/sessions", "/account/change-password", "/account/logout"];
    private static readonly string[] StaffPages = ["/admin/users", "/admin/audit"];

    [Fact]
    public async Task SESS_01_A_thousand_cookies_differ_in_every_bit_as_often_as_not()
    {
        using var browser = await app.NewUserAsync();
        var first = browser.SessionCookie;
        app.Clock.Advance(Policy.RotationInterval);
        var cookies = new List<string>();

        for (var i = 0; i < Many; i++)
        {
            browser.SessionCookie = first;
            await browser.PeekAsync("/account");
            cookies.Add(browser.SessionCookie!);
        }

        Assert.Equal(Many, cookies.Distinct().Count());
        Assert.Single(cookies.Select(cookie => cookie.Length).Distinct());
        // Data Protection begins with four bytes of its own and the name of the key in use; all else is cipher text.
        AssertNoise([.. cookies.Select(cookie => WebEncoders.Base64UrlDecode(cookie)[20..])]);
    }

    [Fact]
    public void SESS_01_A_thousand_sessions_of_a_person_have_ids_and_secrets_without_any_pattern()
    {
        var userId = Guid.NewGuid();
        var keys = Enumerable.Range(0, Many).Select(_ =>
        {
            var bytes = new byte[SessionKey.Size];
            SessionKey.Create(userId, SessionKey.NewSeed()).Write(bytes);
            return bytes;
        }).ToList();

        // Session id and family, and the rotating part: behind the user id and around the version.
        AssertNoise([.. keys.Select(key => key[16..48])]);
        AssertNoise([.. keys.Select(key => key[^16..])]);
        Assert.Equal(Many, keys.Select(key => Convert.ToHexString(key[32..48])).Distinct().Count());
        Assert.Equal(Many, keys.Select(key => Convert.ToHexString(key[^16..])).Distinct().Count());
    }

    [Fact]
    public async Task SESS_01_A_cookie_tells_its_holder_nothing_of_person_session_or_time()
    {
        using var browser = await app.NewUserAsync();
        var (cookie, key) = (browser.SessionCookie!, app.KeyOf(browser));
        var bytes = WebEncoders.Base64UrlDecode(cookie);
        var idBytes = new byte[SessionId.Size];
        key.SessionId.Write(idBytes);

        byte[][] readable =
        [
            key.UserId.ToByteArray(), key.UserId.ToByteArray(bigEndian: true), idBytes, key.HashFamily(), Encoding.UTF8.GetBytes(browser.Email),
            Encoding.UTF8.GetBytes("Someone"), .. SessionCookies.SecretsOf(key),
        ];
        Assert.All(readable, told => Assert.Equal(-1, bytes.AsSpan().IndexOf(told)));
        Assert.DoesNotContain(key.SessionId.ToString(), cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task SESS_02_Over_plain_http_in_development_cookies_are_out_of_reach_of_scripts_other_sites_and_other_hosts()
    {
        using var browser = app.NewBrowser();
        var cookies = await AllCookiesAsync(browser);

        Assert.Equal(["webapp-dev-antiforgery", "webapp-dev-browser", "webapp-dev-notice", "webapp-dev-session"], cookies.Select(c => c.Name.Value).Distinct().Order(StringComparer.Ordinal));
        AssertAttributes(cookies, secure: false);
    }

    [Fact]
    public async Task SESS_03_A_visitor_has_no_session_that_could_be_fixed_and_a_planted_one_is_not_taken_over()
    {
        using Browser visitor = app.NewBrowser(), attacker = await app.NewUserAsync(), victim = await app.NewUserAsync();
        foreach (var path in new[] { "/", "/account/login", "/account/register", "/account/logout", "/account" })
            await visitor.GetAsync(path);
        Assert.Null(visitor.SessionCookie);
        foreach (var planted in new[] { attacker.SessionCookie!, "chosen-by-the-attacker" })
        {
            visitor.SessionCookie = planted;

            var page = await visitor.SignInAsync(victim.Email);

            Assert.NotEqual(planted, visitor.SessionCookie);
            Assert.Equal(await app.UserIdAsync(victim.Email), app.KeyOf(visitor).UserId);
            Assert.Contains(app.KeyOf(visitor).SessionId.ToString(), page.SessionIds);
            attacker.SessionCookie = planted;
            Assert.Equal("/account/login", (await attacker.GetAsync("/account")).Address.AbsolutePath);
            visitor.Cookies.Clear();
        }
    }

    [Fact]
    public async Task SESS_04_The_secret_is_in_no_page_no_address_no_header_but_the_cookies_and_no_line_of_the_log()
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var (cookie, key) = (staff.SessionCookie!, app.KeyOf(staff));
        string[] secrets =
        [
            cookie[(cookie.Length / 2)..], key.Encode()[(SessionKey.Size / 2)..],
            .. SessionCookies.SecretsOf(key).SelectMany(secret => new[] { Convert.ToHexString(secret), Convert.ToBase64String(secret).TrimEnd('='), WebEncoders.Base64UrlEncode(secret) }),
        ];

        foreach (var path in PrivatePages.Concat(StaffPages).Append($"/admin/users/{key.UserId}").Append("/nothing"))
        {
            var page = await staff.GetAsync(path);

            var shown = $"{page.Address} {page.Body} {string.Join(' ', page.Headers.Where(h => h.Key != "Set-Cookie").SelectMany(h => h.Value))}";
            Assert.DoesNotContain(secrets, secret => shown.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.Equal("no-store", page.Headers["Cache-Control"].Single());
            Assert.Equal("same-origin", page.Headers["Referrer-Policy"].Single());
            Assert.DoesNotContain(page.Document.QuerySelectorAll("[href], [src], [action]"), e => (e.GetAttribute("href") ?? e.GetAttribute("src") ?? e.GetAttribute("action"))!.StartsWith("http", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(app.Log.Lines, line => secrets.Any(secret => line.Contains(secret, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task SESS_04_A_session_is_taken_from_its_cookie_and_from_no_address_form_or_other_header()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        var (cookie, key) = (owner.SessionCookie!, app.KeyOf(owner).Encode());
        foreach (var value in new[] { cookie, key })
        {
            other.Headers["X-Session"] = other.Headers["webapp-dev-session"] = value;

            Assert.Equal("/account/login", (await other.GetAsync($"/account?webapp-dev-session={value}&session={value}")).Address.AbsolutePath);
            var posted = await other.PostAsync("/account/sessions?handler=RevokeOthers", ("webapp-dev-session", value), ("session", value));
            Assert.Equal("/account/login", (await other.FollowAsync(posted)).Address.AbsolutePath);
        }

        Assert.Null(other.SessionCookie);
    }

    [Theory]
    [InlineData("/account/logout")]
    [InlineData("/account/sessions?handler=RevokeOthers")]
    public async Task SESS_05_A_form_that_another_site_sends_changes_nothing(string path)
    {
        using Browser victim = await app.NewUserAsync(), other = app.NewBrowser();
        await other.SignInAsync(victim.Email);
        var token = (await victim.GetAsync("/account/logout")).AntiforgeryToken;

        Assert.Equal(400, (await victim.PostAsync(path)).Status);
        victim.Headers["Sec-Fetch-Site"] = "cross-site";
        Assert.Equal(403, (await victim.PostAsync(path, ("__RequestVerificationToken", token))).Status);
        victim.Headers.Remove("Sec-Fetch-Site");
        // Read by a link or an image, the same address changes nothing either.
        await victim.GetAsync(path);

        Assert.Equal(2, (await victim.GetAsync("/account/sessions")).SessionIds.Count);
        Assert.Equal("/account", (await other.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task SESS_06_Signing_out_stands_on_every_page_ends_the_session_on_the_server_and_leaves_nothing_to_go_back_to()
    {
        using var browser = await app.NewUserAsync();
        var cookie = browser.SessionCookie;
        foreach (var path in PrivatePages)
        {
            var page = await browser.GetAsync(path);
            Assert.Equal("no-store", page.Headers["Cache-Control"].Single());
            Assert.Single(page.Document.QuerySelectorAll("header form[action='/account/logout'] button"));
        }

        await (await browser.GetAsync("/account")).SendAsync("Sign out", "header");

        Assert.Null(browser.SessionCookie);
        browser.SessionCookie = cookie;
        foreach (var path in PrivatePages[..3])
            Assert.Equal("/account/login", (await browser.GetAsync(path)).Address.AbsolutePath);
        var key = app.KeyOf(browser);
        Assert.NotNull((await Store.FindAsync(key.UserId, key.SessionId))!.Revocation);
    }

    [Fact]
    public async Task SESS_07_A_session_ends_on_the_server_when_it_is_not_used_whatever_the_browser_keeps()
    {
        using var browser = await app.NewUserAsync();
        var cookie = browser.SessionCookie;
        app.Clock.Advance(Policy.IdleTimeout + Policy.LastSeenResolution);

        var page = await browser.GetAsync("/account");

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("This session expired.", page.Text, StringComparison.Ordinal);
        Assert.Equal(cookie, browser.SessionCookie);
    }

    [Fact]
    public async Task SESS_07_A_session_ends_on_the_server_at_its_absolute_deadline_however_much_it_is_used()
    {
        using var browser = await app.NewUserAsync();
        var deadline = app.Clock.GetUtcNow() + Policy.AbsoluteTimeout;
        for (var step = TimeSpan.FromMinutes(50); app.Clock.GetUtcNow() + step < deadline;)
        {
            app.Clock.Advance(step);
            Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
            await UntilSeenAsync(browser);
        }

        app.Clock.SetUtcNow(deadline);

        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task SESS_08_No_page_for_visitors_and_no_flow_that_was_not_finished_begins_a_session()
    {
        using Browser owner = await app.NewUserAsync(), visitor = app.NewBrowser();

        await visitor.TrySignInAsync(owner.Email, "wrong horse battery staple");
        var register = (await visitor.GetAsync("/account/register")).Fill("Name", "Someone").Fill("Email", owner.Email).Fill("Password", Browser.Password);
        await register.PressAsync("Create account");
        var token = (await visitor.GetAsync("/account/login")).AntiforgeryToken;
        foreach (var (path, field) in new[] { ("/account/confirm", "Password"), ("/account/change-password", "CurrentPassword"), ("/account/login?handler=Dismiss", "Password") })
            await visitor.FollowAsync(await visitor.PostAsync(path, ("__RequestVerificationToken", token), (field, Browser.Password), ("Email", owner.Email)));

        Assert.Null(visitor.SessionCookie);
        Assert.Equal("/account/login", (await visitor.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task SESS_08_No_other_cookie_of_a_signed_in_browser_stands_for_its_session()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.NewBrowser();
        app.Clock.Advance(Policy.RecentSignIn);
        // A form that waits for a proof of identity: it travels in a cookie of its own.
        await owner.PostAsync("/account/sessions?handler=Revoke", ("id", "x"), ("__RequestVerificationToken", (await owner.GetAsync("/account")).AntiforgeryToken));
        foreach (var (name, value) in owner.Cookies.Where(cookie => cookie.Value != owner.SessionCookie))
            (thief.Cookies[name], thief.Cookies["webapp-dev-session"]) = (value, value);
        Assert.Equal(4, thief.Cookies.Count);

        foreach (var path in PrivatePages[..3].Append("/account/confirm"))
            Assert.Equal("/account/login", (await thief.GetAsync(path)).Address.AbsolutePath);
    }

    [Fact]
    public async Task SESS_09_A_stolen_cookie_in_another_browser_locks_the_session_and_only_the_password_brings_it_back_without_the_thief()
    {
        using Browser owner = await app.NewUserAsync(), thief = app.NewBrowser(Browser.Safari);
        thief.SessionCookie = owner.SessionCookie;

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account/sessions")).Address.AbsolutePath);
        var page = await owner.GetAsync("/account");
        Assert.Equal("/account/confirm", page.Address.AbsolutePath);
        page = await page.Fill("Password", Browser.Password).PressAsync(ConfirmButton(page));

        Assert.Equal("/account", page.Address.AbsolutePath);
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    // WSTG-SESS-10 is about JSON web tokens: there are none, and none is taken for a session.
    [Fact]
    public async Task SESS_10_No_token_of_any_kind_in_a_header_signs_anybody_in_and_none_is_handed_out()
    {
        using Browser owner = await app.NewUserAsync(), visitor = app.NewBrowser();
        var claims = new Dictionary<string, object> { ["sub"] = app.KeyOf(owner).UserId, ["name"] = owner.Email, ["role"] = "Admin", ["exp"] = 9999999999 };
        var unsigned = $"{Part(new { alg = "none", typ = "JWT" })}.{Part(claims)}.";
        var signed = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(claims)}.{WebEncoders.Base64UrlEncode(new byte[32])}";

        foreach (var token in new[] { unsigned, signed, owner.SessionCookie!, app.KeyOf(owner).Encode() })
        {
            foreach (var scheme in new[] { "Bearer", "Basic", "Cookie", "Identity.Application" })
            {
                visitor.Headers["Authorization"] = $"{scheme} {token}";
                var answer = await visitor.PeekAsync("/account");
                Assert.Equal((302, false), (answer.Status, answer.Headers.ContainsKey("WWW-Authenticate")));
                Assert.StartsWith("/account/login", answer.Location, StringComparison.Ordinal);
            }

            visitor.Headers.Remove("Authorization");
            visitor.SessionCookie = token == owner.SessionCookie ? "x" : token;
            Assert.Equal("/account/login", (await visitor.GetAsync("/account")).Address.AbsolutePath);
            visitor.Cookies.Clear();
        }

        foreach (var path in PrivatePages)
            Assert.DoesNotMatch("eyJ[A-Za-z0-9_-]+\\.eyJ", (await owner.GetAsync(path)).Body);
        Assert.DoesNotContain(owner.Cookies.Values, value => value.StartsWith("eyJ", StringComparison.Ordinal) || value.Contains('.', StringComparison.Ordinal));
    }

    [Fact]
    public async Task SESS_11_Sessions_at_the_same_time_are_seen_and_can_be_ended_one_by_one_and_all_at_once()
    {
        using Browser one = await app.NewUserAsync(), two = app.NewBrowser(Browser.Safari), three = app.NewBrowser();
        await two.SignInAsync(one.Email);
        await three.SignInAsync(one.Email);

        var page = await one.GetAsync("/account/sessions");
        Assert.Equal(3, page.SessionIds.Count);
        Assert.Equal(app.KeyOf(one).SessionId.ToString(), page.CurrentSessionId);
        await page.PressAsync("Sign out", $"[data-session-id='{app.KeyOf(two).SessionId}']");

        Assert.Equal("/account/login", (await two.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await three.GetAsync("/account")).Address.AbsolutePath);
        await (await one.GetAsync("/account/sessions")).PressAsync("Sign out the other session");
        Assert.Equal("/account/login", (await three.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account", (await one.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task SESS_11_A_person_has_no_more_sessions_at_the_same_time_than_the_limit()
    {
        using Browser oldest = await app.NewUserAsync(), newest = app.NewBrowser();
        var userId = app.KeyOf(oldest).UserId;
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        for (var i = 1; i < Policy.MaxPerUser; i++)
            Assert.NotNull(await Store.AddAsync(Samples.Session(app.Clock.GetUtcNow(), userId), await Store.GetGenerationAsync(userId), Policy.MaxPerUser));

        var page = await newest.SignInAsync(oldest.Email);

        Assert.Equal(Policy.MaxPerUser, page.SessionIds.Count);
        Assert.Contains("You were signed in on too many devices.", page.Text, StringComparison.Ordinal);
        Assert.Contains("A security rule ended this session", (await oldest.GetAsync("/account")).Text, StringComparison.Ordinal);
    }

    private IUserSessionStore Store => app.Services.GetRequiredService<IUserSessionStore>();

    /// <summary>Each bit is set about every other time. By chance alone, this fails once in a million runs.</summary>
    private static void AssertNoise(IReadOnlyList<byte[]> samples)
    {
        var tolerance = 3.5 * Math.Sqrt(samples.Count); // Seven standard deviations.
        for (var bit = 0; bit < samples[0].Length * 8; bit++)
        {
            var set = samples.Count(bytes => (bytes[bit / 8] >> (bit % 8) & 1) != 0);
            Assert.True(Math.Abs(set - (samples.Count / 2.0)) < tolerance, $"Bit {bit} is set in {set} of {samples.Count}");
        }
    }

    /// <summary>The cookies that a browser is handed from the first page to the sign-out.</summary>
    internal static async Task<IReadOnlyList<SetCookieHeaderValue>> AllCookiesAsync(Browser browser)
    {
        var form = await browser.GetAsync("/account/register");
        var registered = await form.Fill("Name", "Someone").Fill("Email", $"{Guid.NewGuid():N}@example.com").Fill("Password", Browser.Password).SendAsync("Create account");
        var left = await (await browser.FollowAsync(registered)).SendAsync("Sign out", "header");
        return [.. SetCookieHeaderValue.ParseList([.. new[] { form, registered, left }.SelectMany(page => page.Headers["Set-Cookie"])])];
    }

    internal static void AssertAttributes(IReadOnlyList<SetCookieHeaderValue> cookies, bool secure)
    {
        Assert.All(cookies, cookie => Assert.Equal((secure, true, "/", null), (cookie.Secure, cookie.HttpOnly, cookie.Path.Value, cookie.Domain.Value)));
        Assert.All(cookies, cookie => Assert.True(cookie.SameSite is SameSiteMode.Lax or SameSiteMode.Strict, $"{cookie.Name} is not sent across sites"));
        Assert.All(cookies, cookie => Assert.InRange(cookie.Name.Length + cookie.Value.Length, 1, 4096));
        // Nothing outlives the browser that was not asked to, but what it is known again by; what is in the past takes a cookie away.
        Assert.All(cookies.Where(cookie => !cookie.Name.Value!.EndsWith("-browser", StringComparison.Ordinal)), cookie => Assert.True(cookie.MaxAge is null && cookie.Expires is null or { Year: 1970 }, $"{cookie.Name} goes with the browser"));
    }

    private static string Part(object value) => WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(value));

    private static string ConfirmButton(Page page) => page.Document.QuerySelector("main form input[type=password]")!.Closest("form")!
        .QuerySelectorAll("button").OfType<IHtmlButtonElement>().First().TextContent.Trim();

    /// <summary>The request does not wait until its "last seen" is written.</summary>
    private Task UntilSeenAsync(Browser browser)
    {
        var key = app.KeyOf(browser);
        return Eventually.TrueAsync(async () => (await Store.FindAsync(key.UserId, key.SessionId)) is { } session
            && app.Clock.GetUtcNow() - session.LastSeenAt < TimeSpan.FromMinutes(1), "last seen is written");
    }
}

public sealed class WstgSessionOnSqlTests(SqlApp app) : WstgSessionTests(app), IClassFixture<SqlApp>;

public sealed class WstgSessionOnRedisTests(RedisApp app) : WstgSessionTests(app), IClassFixture<RedisApp>;

/// <summary>What the guide asks of cookies and of the way to the server holds in production.</summary>
public sealed class WstgSessionInProductionTests(ProductionApp app) : IClassFixture<ProductionApp>
{
    [Fact]
    public async Task SESS_02_In_production_cookies_go_over_https_to_this_host_and_nowhere_else()
    {
        using var browser = app.NewBrowser();

        var cookies = await WstgSessionTests.AllCookiesAsync(browser);

        Assert.Equal(["__Host-antiforgery", "__Host-browser", "__Host-notice", "__Host-session"], cookies.Select(c => c.Name.Value).Distinct().Order(StringComparer.Ordinal));
        WstgSessionTests.AssertAttributes(cookies, secure: true);
    }

    [Fact]
    public async Task SESS_09_In_production_nothing_is_said_over_plain_http_and_browsers_are_told_to_stay_with_https()
    {
        using Browser browser = app.NewBrowser(), plain = app.NewBrowser();
        await browser.RegisterAsync();
        foreach (var (name, value) in browser.Cookies)
            plain.Cookies[name] = value;
        plain.Headers.Remove("X-Forwarded-Proto");

        var answer = await plain.PeekAsync("/account");

        Assert.Equal((int)HttpStatusCode.BadRequest, answer.Status);
        Assert.DoesNotContain("Someone", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", answer.Headers.Keys);
        Assert.Equal("max-age=31536000; includeSubDomains", (await browser.PeekAsync("/account")).Headers["Strict-Transport-Security"].Single());
    }
}
