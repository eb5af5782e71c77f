using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Threats;

/// <summary>
/// Somebody answers in a passkey's place: with an answer made elsewhere, recorded, forged, or of another account (ASVS 5.0, 6.5.1 and 6.7.2;
/// NIST SP 800-63B-4, 3.2.5).
/// </summary>
public abstract class PasskeyTests(TestApp app)
{
    private const string Refused = "That passkey can't be used to sign in here.";
    private const string TooLate = "That took too long, or was done already.";

    [Fact]
    public async Task A_right_answer_signs_in_without_a_name_and_counts_as_both_factors()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);

        var page = await other.UseAsync(passkey);

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        var session = await other.GetAsync($"/account/sessions/{page.CurrentSessionId}");
        Assert.Contains("Signed in with Passkey", session.Text);
        Assert.Contains("Last used just now", (await other.GetAsync(PasskeyBrowsing.ListPath)).Text);
        // Nobody was asked for a name, so the question tells of no account.
        Assert.Empty((await app.NewBrowser().AskAsync("/account/login")).Options.GetProperty("allowCredentials").EnumerateArray());
    }

    [Theory]
    [InlineData("another site", "it was used on another site")]
    [InlineData("another port", "it was used on another site")]
    [InlineData("a frame", "it was used on another site")]
    [InlineData("another challenge", "it answered another question")]
    [InlineData("another domain", "its answer was not valid")]
    [InlineData("a wrong signature", "its answer was not valid")]
    [InlineData("no signature", "its answer was not valid")]
    [InlineData("another key", "its answer was not valid")]
    [InlineData("another user", "its answer was not valid")]
    [InlineData("no user", "its answer was not valid")]
    [InlineData("nobody verified", "the device did not check who was there")]
    public async Task A_wrong_answer_is_refused_written_down_and_signs_nobody_in(string wrong, string why)
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var forged = new SoftPasskey(app.Address) { Id = passkey.Id, UserHandle = passkey.UserHandle };
        using var thief = app.NewBrowser(Browser.Safari);
        var used = passkey;
        switch (wrong)
        {
            case "another site": passkey.Origin = "https://evil.example"; break;
            case "another port": passkey.Origin = $"http://{app.Address.Host}:1"; break;
            case "a frame": passkey.IsFramed = true; break;
            case "another challenge": passkey.Challenge = (await thief.AskAsync("/account/login")).Options.GetProperty("challenge").GetString(); break;
            case "another domain": passkey.Domain = "evil.example"; break;
            case "a wrong signature": passkey.Signature = signature => [.. signature[..^1], (byte)(signature[^1] ^ 1)]; break;
            case "no signature": passkey.Signature = _ => []; break;
            case "another key": used = forged; break;
            case "another user": passkey.UserHandle = "AAAA"; break;
            case "no user": passkey.UserHandle = null; break;
            default: passkey.ChecksUser = false; break;
        }

        var page = await thief.UseAsync(used);

        AssertNotSignedIn(thief, page, Refused);
        Assert.Equal(why, (await RefusalsAsync(browser)).Single());
        var entry = (await app.AuditOfAsync(await app.UserIdAsync(browser.Email))).Single(e => e.Action == AuditAction.PasskeyRefused);
        Assert.Equal(("Safari on iOS", "hwk", null), (entry.Device, entry.Method, entry.ActorId));
    }

    [Fact]
    public async Task An_answer_signs_in_once_though_its_passkey_does_not_count()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var thief = app.NewBrowser(Browser.Safari);
        var question = await browser.AskAsync("/account/login");
        var answer = passkey.Get(question.Options);
        await browser.AnswerAsync("/account/login", answer, question.State);

        var again = await thief.AnswerAsync("/account/login", answer, question.State);
        var anew = await thief.AnswerAsync("/account/login", answer, (await thief.AskAsync("/account/login")).State);

        AssertNotSignedIn(thief, again, TooLate);
        AssertNotSignedIn(thief, anew, Refused);
        Assert.Equal("it answered another question", (await RefusalsAsync(browser)).Single());
    }

    [Fact]
    public async Task An_answer_sent_many_times_at_once_signs_in_once()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var question = await other.AskAsync("/account/login");
        var (answer, token) = (passkey.Get(question.Options), (await other.GetAsync("/account/login")).AntiforgeryToken);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => other.PostAsync("/account/login?handler=Passkey",
            ("passkeyAnswer", answer), ("passkeyState", question.State), ("__RequestVerificationToken", token))));

        Assert.Single(answers, a => a.SessionCookies.Count > 0);
    }

    [Fact]
    public async Task A_wrong_answer_uses_the_question_up()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var question = await other.AskAsync("/account/login");
        passkey.ChecksUser = false;
        await other.AnswerAsync("/account/login", passkey.Get(question.Options), question.State);
        passkey.ChecksUser = true;

        var page = await other.AnswerAsync("/account/login", passkey.Get(question.Options), question.State);

        AssertNotSignedIn(other, page, TooLate);
    }

    [Fact]
    public async Task A_passkey_that_nobody_has_gets_the_same_words_and_no_line_in_anybodys_history()
    {
        using var known = new SoftPasskey(app.Address);
        using var unknown = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(known);
        unknown.UserHandle = known.UserHandle;
        using var thief = app.NewBrowser();

        var page = await thief.UseAsync(unknown);

        AssertNotSignedIn(thief, page, Refused);
        Assert.Empty(await RefusalsAsync(browser));
        Assert.Contains(app.Log.Lines, line => line.Contains("A passkey of user (null) was refused: it is not known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_whose_count_stands_still_is_refused()
    {
        using var passkey = new SoftPasskey(app.Address) { Count = 5 };
        using var browser = await WithPasskeyAsync(passkey);
        using var thief = app.NewBrowser(Browser.Safari);
        passkey.Count = 9;
        await browser.UseAsync(passkey);

        foreach (var count in new uint[] { 9, 8, 0 })
        {
            passkey.Count = count;
            AssertNotSignedIn(thief, await thief.UseAsync(passkey), Refused);
        }

        Assert.Equal(3, (await RefusalsAsync(browser)).Count);
        passkey.Count = 10;
        Assert.Equal("/account/sessions", (await thief.UseAsync(passkey)).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_removed_passkey_signs_nobody_in()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var question = await other.AskAsync("/account/login");
        await RemoveAsync(browser, passkey);

        var page = await other.AnswerAsync("/account/login", passkey.Get(question.Options), question.State);

        AssertNotSignedIn(other, page, Refused);
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("blocked")]
    public async Task An_account_that_may_not_sign_in_gets_the_same_words(string how)
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var userId = await app.UserIdAsync(browser.Email);
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var user = (await scope.ServiceProvider.GetRequiredService<AppDbContext>().Users.FindAsync(userId))!;
            (user.SignInBlocked, user.BannedUntil) = (how == "blocked", how == "banned" ? app.Clock.GetUtcNow().AddDays(1) : null);
            await scope.ServiceProvider.GetRequiredService<AppUserManager>().UpdateAsync(user);
        }

        var page = await other.UseAsync(passkey);

        AssertNotSignedIn(other, page, Refused);
        Assert.Equal("the account may not sign in", (await RefusalsAsync(userId)).Single());
    }

    [Fact]
    public async Task Wrong_passwords_of_strangers_lock_no_passkey_out()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var owner = app.NewBrowser(Browser.Safari);
        using var stranger = app.NewBrowser();
        for (var guess = 0; guess < 5; guess++)
            await stranger.TrySignInAsync(browser.Email, $"a guess that is wrong {guess}");
        Assert.NotNull((await owner.TrySignInAsync(browser.Email, Browser.Password)).Document.QuerySelector("input[name=Password]"));

        Assert.Equal("/account/sessions", (await owner.UseAsync(passkey)).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_question_that_is_too_old_signs_nobody_in()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var question = await other.AskAsync("/account/login");
        // Other tests share the clock: it is moved, and no session that lasts for minutes only is theirs.
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        var page = await other.AnswerAsync("/account/login", passkey.Get(question.Options), question.State);

        AssertNotSignedIn(other, page, TooLate);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_is_refused_calmly(string answer)
    {
        using var browser = await app.NewUserAsync();
        using var visitor = app.NewBrowser();

        foreach (var (who, path, form) in new[] { (visitor, "/account/login", "/account/login?handler=Passkey"), (browser, "/account/confirm", "/account/confirm?handler=Passkey"), (browser, PasskeyBrowsing.ListPath, $"{PasskeyBrowsing.ListPath}?handler=Add") })
        {
            var token = (await who.GetAsync(path)).AntiforgeryToken;
            foreach (var state in new[] { (await who.AskAsync(path)).State, "garbage", "" })
            {
                var page = await who.FollowAsync(await who.PostAsync(form, ("passkeyAnswer", answer), ("passkeyState", state), ("__RequestVerificationToken", token)));

                Assert.Equal(200, page.Status);
                Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
            }
        }

        Assert.Null(visitor.SessionCookie);
        Assert.Contains("You have none yet.", (await browser.GetAsync(PasskeyBrowsing.ListPath)).Text);
    }

    public static TheoryData<string> Garbage()
    {
        const string Client = """{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost"}""";
        var client = System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(Client));
        return
        [
            "", " ", "null", "0", "[]", "{}", "\"text\"", "{", "\u0001", "\uFFFD", new string('[', 10_000), new string('x', 40_000),
            """{"id":null}""", """{"id":1}""", """{"id":""}""", """{"id":"AAAA"}""", """{"id":"\ud800"}""", """{"id":"not base64!"}""",
            $$"""{"id":"{{new string('A', 4000)}}"}""",
            """{"id":"AAAA","type":"public-key","response":null}""",
            """{"id":"AAAA","type":"public-key","response":[],"clientExtensionResults":{}}""",
            """{"id":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA"},"clientExtensionResults":{}}""",
            $$$"""{"id":"AAAA","type":"public-key","response":{"clientDataJSON":"{{{client}}}","authenticatorData":"AAAA","signature":"AAAA","userHandle":"AAAA","attestationObject":"AAAA"},"clientExtensionResults":{}}""",
            $$$"""{"id":"AAAA","id":{},"type":"public-key","response":{"clientDataJSON":"{{{client}}}","authenticatorData":"","signature":"","userHandle":null,"attestationObject":"oA"},"clientExtensionResults":null}""",
        ];
    }

    [Fact]
    public async Task Anothers_passkey_confirms_nothing_and_counts_as_a_wrong_proof()
    {
        using var mine = new SoftPasskey(app.Address);
        using var thiefs = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(mine);
        using var thief = await WithPasskeyAsync(thiefs);
        var cookie = browser.SessionCookie;
        app.Clock.Advance(TimeSpan.FromHours(1));

        var page = await browser.UseAsync(thiefs, "/account/confirm");

        Assert.Contains("That passkey can't be used here.", page.Text);
        Assert.Equal("it belongs to another account", (await RefusalsAsync(await app.UserIdAsync(browser.Email))).Single());
        for (var wrong = 0; wrong < 4; wrong++)
        {
            Assert.Equal("/account/confirm", page.Address.AbsolutePath);
            page = await browser.UseAsync(thiefs, "/account/confirm");
        }

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.NotNull(cookie);
    }

    [Fact]
    public async Task A_confirmation_asked_for_in_one_session_confirms_no_other()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        await other.UseAsync(passkey);
        app.Clock.Advance(TimeSpan.FromHours(1));
        var question = await browser.AskAsync("/account/confirm");

        var page = await other.AnswerAsync("/account/confirm", passkey.Get(question.Options), question.State);

        Assert.Contains(TooLate, page.Text);
        Assert.Equal("/account/confirm", (await other.GetAsync(PasskeyBrowsing.ListPath)).Address.AbsolutePath);
    }

    [Fact]
    public async Task An_answer_for_one_use_is_good_for_no_other()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var visitor = app.NewBrowser();
        app.Clock.Advance(TimeSpan.FromHours(1));
        var (forSignIn, forConfirmation) = (await browser.AskAsync("/account/login"), await browser.AskAsync("/account/confirm"));

        var confirmed = await browser.AnswerAsync("/account/confirm", passkey.Get(forSignIn.Options), forSignIn.State);
        var signedIn = await visitor.AnswerAsync("/account/login", passkey.Get(forConfirmation.Options), forConfirmation.State);

        Assert.Contains(TooLate, confirmed.Text);
        AssertNotSignedIn(visitor, signedIn, TooLate);
    }

    [Fact]
    public async Task A_passkey_confirms_and_unlocks_its_own_session()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        var session = (await other.UseAsync(passkey)).CurrentSessionId;
        await (await browser.GetAsync("/account/sessions")).PressAsync("Lock", "[data-session-id]:not([aria-current])");
        var before = other.SessionCookie;
        Assert.Equal("/account/confirm", (await other.GetAsync("/account")).Address.AbsolutePath);

        var page = await other.UseAsync(passkey, "/account/confirm?returnUrl=%2Faccount%2Fsessions");

        Assert.Contains("This session is unlocked.", page.Text);
        Assert.Equal(session, page.CurrentSessionId);
        Assert.NotEqual(before, other.SessionCookie);
    }

    [Fact]
    public async Task A_new_passkey_made_elsewhere_or_for_somebody_else_is_refused()
    {
        using var passkey = new SoftPasskey(app.Address) { Origin = "https://evil.example" };
        using var unverified = new SoftPasskey(app.Address) { ChecksUser = false };
        using var taken = new SoftPasskey(app.Address);
        using var browser = await app.NewUserAsync();
        using var other = await WithPasskeyAsync(taken);
        var anothers = await other.AskAsync(PasskeyBrowsing.ListPath);

        foreach (var wrong in new[] { passkey, unverified, taken })
            Assert.Contains("That passkey could not be added", (await browser.AddPasskeyAsync(wrong)).Text);
        passkey.Origin = app.Address.GetLeftPart(UriPartial.Authority);
        Assert.Contains(TooLate, (await browser.AnswerAsync(PasskeyBrowsing.ListPath, passkey.Create(anothers.Options), anothers.State)).Text);

        Assert.Contains("You have none yet.", (await browser.GetAsync(PasskeyBrowsing.ListPath)).Text);
        Assert.Equal(
            ["a new one: it belongs to an account already", "a new one: the device did not check who was there", "a new one: it was made on another site"],
            await RefusalsAsync(browser));
    }

    [Fact]
    public async Task Somebody_elses_passkey_is_neither_renamed_nor_removed()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var owner = await WithPasskeyAsync(passkey);
        using var thief = await app.NewUserAsync();
        var token = (await thief.GetAsync("/account/logout")).AntiforgeryToken;

        foreach (var id in new[] { passkey.IdText, "", "not base64!", new string('A', 5000) })
        {
            foreach (var form in new[] { $"{PasskeyBrowsing.ListPath}?handler=Rename", "/account/security/remove-passkey" })
            {
                var page = await thief.FollowAsync(await thief.PostAsync(
                    form, ("id", id), ("name", "Mine"), ("TurnOff", "true"), ("__RequestVerificationToken", token)));
                Assert.Contains("That passkey was removed already.", page.Text);
            }
        }

        Assert.DoesNotContain("Mine", (await owner.GetAsync(PasskeyBrowsing.ListPath)).Text);
        Assert.Equal("/account/sessions", (await app.NewBrowser().UseAsync(passkey)).Address.AbsolutePath);
    }

    [Fact]
    public async Task After_the_password_only_ones_own_passkey_completes_the_sign_in()
    {
        using var mine = new SoftPasskey(app.Address);
        using var thiefs = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(mine);
        using var thief = await WithPasskeyAsync(thiefs);
        using var other = app.NewBrowser(Browser.Safari);
        Assert.Equal("/account/second-factor", (await other.TrySignInAsync(browser.Email, Browser.Password)).Address.AbsolutePath);

        var page = await other.UseAsync(thiefs, "/account/second-factor");

        Assert.Equal("/account/second-factor", page.Address.AbsolutePath);
        Assert.Contains("That passkey can't be used here.", page.Text);
        Assert.Null(other.SessionCookie);
        Assert.Equal("it belongs to another account", (await RefusalsAsync(browser)).Single());
        page = await other.UseAsync(mine, "/account/second-factor");
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        Assert.Contains("Signed in with Password and passkey", (await other.GetAsync($"/account/sessions/{page.CurrentSessionId}")).Text);
    }

    [Fact]
    public async Task A_second_step_asked_for_in_one_browser_completes_no_other_sign_in()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var owner = app.NewBrowser(Browser.Safari);
        using var thief = app.NewBrowser();
        await owner.TrySignInAsync(browser.Email, Browser.Password);
        await thief.TrySignInAsync(browser.Email, Browser.Password);
        var question = await owner.AskAsync("/account/second-factor");

        var page = await thief.AnswerAsync("/account/second-factor", passkey.Get(question.Options), question.State);

        Assert.Equal("/account/second-factor", page.Address.AbsolutePath);
        Assert.Null(thief.SessionCookie);
    }

    [Fact]
    public async Task Without_the_password_nobody_is_asked_for_a_passkey_of_somebody()
    {
        using var visitor = app.NewBrowser();

        var page = await visitor.PeekAsync("/account/second-factor?handler=PasskeyQuestion");

        Assert.Equal(404, page.Status);
    }

    [Fact]
    public async Task A_sign_in_that_the_end_of_all_sessions_overtakes_is_refused()
    {
        using var passkey = new SoftPasskey(app.Address);
        using var browser = await WithPasskeyAsync(passkey);
        using var other = app.NewBrowser(Browser.Safari);
        await other.TrySignInAsync(browser.Email, Browser.Password);
        var question = await other.AskAsync("/account/second-factor");
        await app.Services.GetRequiredService<SessionManager>().RevokeAllAsync(await app.UserIdAsync(browser.Email), RevocationReason.SuspiciousActivity);

        var page = await other.AnswerAsync("/account/second-factor", passkey.Get(question.Options), question.State);

        AssertNotSignedIn(other, page, "All your sessions were ended while you were signing in.");
    }

    private async Task<Browser> WithPasskeyAsync(SoftPasskey passkey)
    {
        var browser = await app.NewUserAsync();
        var page = await browser.AddPasskeyAsync(passkey);
        Assert.Contains("is added", page.Text);
        return browser;
    }

    private static async Task RemoveAsync(Browser browser, SoftPasskey passkey)
    {
        var page = await browser.GetAsync($"/account/security/remove-passkey?id={passkey.IdText}");
        ((IHtmlInputElement)page.Document.QuerySelector("#TurnOff")!).IsChecked = true;
        Assert.Contains("is removed.", (await page.PressAsync("Remove the passkey")).Text);
    }

    private static void AssertNotSignedIn(Browser browser, Page page, string words)
    {
        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains(words, page.Text);
        Assert.Null(browser.SessionCookie);
    }

    private async Task<IReadOnlyList<string>> RefusalsAsync(Browser browser) => await RefusalsAsync(await app.UserIdAsync(browser.Email));

    private async Task<IReadOnlyList<string>> RefusalsAsync(Guid userId) =>
        [.. (await app.Services.GetRequiredService<AuditLog>().ListOfSubjectAsync(userId, AuditAction.PasskeyRefused, DateTimeOffset.MinValue, 20)).Select(e => e.Details!)];
}

public sealed class PasskeyOnSqlTests(SqlApp app) : PasskeyTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class PasskeyOnRedisTests(RedisApp app) : PasskeyTests(app), IClassFixture<RedisApp>;

/// <summary>Somebody ends all sessions, or removes the passkey, at the worst moment: between the judgement and the session.</summary>
public sealed class OvertakenPasskeyTests : IAsyncDisposable
{
    private readonly TestApp _app;
    private Func<Task> _meanwhile = () => Task.CompletedTask;

    public OvertakenPasskeyTests() => _app = new TestApp
    {
        EdgeServices = services => services.AddScoped<IPasskeyHandler<AppUser>>(scope =>
            new Slow(ActivatorUtilities.CreateInstance<PasskeyHandler<AppUser>>(scope), () => _meanwhile())),
    };

    [Fact]
    public async Task The_end_of_all_sessions_refuses_a_sign_in_whose_answer_is_being_judged()
    {
        using var passkey = new SoftPasskey(_app.Address);
        using var browser = await _app.NewUserAsync();
        await browser.AddPasskeyAsync(passkey);
        var userId = await _app.UserIdAsync(browser.Email);
        _meanwhile = () => _app.Services.GetRequiredService<SessionManager>().RevokeAllAsync(userId, RevocationReason.SuspiciousActivity);
        using var other = _app.NewBrowser();

        var page = await other.UseAsync(passkey);

        Assert.Contains("All your sessions were ended while you were signing in.", page.Text);
        Assert.Null(other.SessionCookie);
    }

    [Fact]
    public async Task A_passkey_that_is_removed_while_its_answer_is_being_judged_does_not_come_back()
    {
        using var passkey = new SoftPasskey(_app.Address);
        using var browser = await _app.NewUserAsync();
        await browser.AddPasskeyAsync(passkey);
        _meanwhile = async () =>
        {
            await using var scope = _app.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<AppDbContext>().UserPasskeys.Where(p => p.CredentialId == passkey.Id).ExecuteDeleteAsync();
        };
        using var other = _app.NewBrowser();

        var page = await other.UseAsync(passkey);

        Assert.Contains("That passkey can't be used to sign in here.", page.Text);
        Assert.Null(other.SessionCookie);
        Assert.Contains("You have none yet.", (await browser.GetAsync(PasskeyBrowsing.ListPath)).Text);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The framework's own, with something happening once it has judged.</summary>
    private sealed class Slow(IPasskeyHandler<AppUser> inner, Func<Task> meanwhile) : IPasskeyHandler<AppUser>
    {
        public Task<PasskeyCreationOptionsResult> MakeCreationOptionsAsync(PasskeyUserEntity userEntity, HttpContext httpContext) =>
            inner.MakeCreationOptionsAsync(userEntity, httpContext);

        public Task<PasskeyRequestOptionsResult> MakeRequestOptionsAsync(AppUser? user, HttpContext httpContext) => inner.MakeRequestOptionsAsync(user, httpContext);

        public Task<PasskeyAttestationResult> PerformAttestationAsync(PasskeyAttestationContext context) => inner.PerformAttestationAsync(context);

        public async Task<PasskeyAssertionResult<AppUser>> PerformAssertionAsync(PasskeyAssertionContext context)
        {
            var result = await inner.PerformAssertionAsync(context);
            await meanwhile();
            return result;
        }
    }
}

/// <summary>A passkey is for the site that the operator named, whatever a request says.</summary>
public sealed class PasskeySiteTests
{
    [Fact]
    public async Task Only_the_public_address_asks_for_passkeys_and_takes_them()
    {
        await using var app = await ProductionApp.StartAsync();
        using var passkey = new SoftPasskey(new($"https://{ProductionApp.Host}"));
        using var browser = await app.NewUserAsync();

        var question = await browser.AskAsync(PasskeyBrowsing.ListPath);
        Assert.Equal(ProductionApp.Host, question.Options.GetProperty("rp").GetProperty("id").GetString());
        Assert.Equal("required", question.Options.GetProperty("authenticatorSelection").GetProperty("userVerification").GetString());
        Assert.Contains("is added.", (await browser.AnswerAsync(PasskeyBrowsing.ListPath, passkey.Create(question.Options), question.State)).Text);
        foreach (var origin in new[] { $"http://{ProductionApp.Host}", $"https://evil.{ProductionApp.Host}", $"https://{ProductionApp.Host}:8443", "null" })
        {
            using var thief = app.NewBrowser();
            passkey.Origin = origin;
            Assert.Contains("That passkey can't be used to sign in here.", (await thief.UseAsync(passkey)).Text);
        }

        using var person = app.NewBrowser();
        passkey.Origin = $"https://{ProductionApp.Host}";
        Assert.Equal("/account/sessions", (await person.UseAsync(passkey)).Address.AbsolutePath);
    }
}
