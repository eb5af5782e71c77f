using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Pages.Account;

public abstract class DataTests(TestApp app)
{
    [Fact]
    public async Task It_is_one_file_with_account_sessions_and_history()
    {
        using Browser owner = app.NewBrowser(), other = app.NewBrowser(Browser.Safari);
        await owner.RegisterAsync("Zoë <i>\"Quotes\"</i>");
        await other.SignInAsync(owner.Email);
        await (await other.GetAsync("/account/logout")).PressAsync("Sign out");

        var (page, data) = await DownloadAsync(owner);

        Assert.Equal(["application/json; charset=utf-8"], page.Headers["Content-Type"]);
        Assert.Equal([$"attachment; filename=my-data-{app.Clock.GetUtcNow():yyyy-MM-dd}.json"], page.Headers["Content-Disposition"]);
        Assert.Equal(["no-store"], page.Headers["Cache-Control"]);
        Assert.Contains("\n  \"account\": {\n", page.Body, StringComparison.Ordinal);
        var account = data.GetProperty("account");
        Assert.Equal((app.KeyOf(owner).UserId, "Zoë <i>\"Quotes\"</i>", owner.Email),
            (account.GetProperty("id").GetGuid(), account.GetProperty("name").GetString(), account.GetProperty("email").GetString()));
        Assert.EndsWith("Z", account.GetProperty("memberSince").GetString(), StringComparison.Ordinal);
        var sessions = data.GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(["Firefox on Windows", "Safari on iOS"], sessions.Select(s => s.GetProperty("device").GetString()));
        Assert.Equal(app.KeyOf(owner).SessionId.ToString(), sessions[0].GetProperty("id").GetString());
        Assert.Equal("SignedOut", sessions[1].GetProperty("ended").GetProperty("reason").GetString());
        Assert.Equal(["DataDownloaded", "SessionEnded", "SignedIn", "SignedIn", "Registered"],
            data.GetProperty("history").EnumerateArray().Select(line => line.GetProperty("action").GetString()));
        Assert.Equal("127.0.0.1", data.GetProperty("history")[2].GetProperty("address").GetString());
        Assert.True(DateTimeOffset.TryParse(data.GetProperty("history")[0].GetProperty("at").GetString(), CultureInfo.InvariantCulture, out var at));
        Assert.Equal(app.Clock.GetUtcNow(), at);
    }

    [Fact]
    public async Task Roles_are_in_it()
    {
        using var staff = await app.SignedInAsync("sam@example.com");

        var (_, data) = await DownloadAsync(staff);

        Assert.Equal(["Support"], data.GetProperty("account").GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
    }

    [Fact]
    public async Task Nothing_that_signs_in_and_nothing_of_the_staffs_is_in_it()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        using var staff = await app.SignedInAsync("sam@example.com", "Mozilla/5.0 (X11; Linux x86_64) Vivaldi/7 staff-only");
        await other.SignInAsync(owner.Email);
        var id = app.KeyOf(owner).UserId;
        var form = await staff.GetAsync($"/admin/users/{id}");
        await form.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-9").Fill("note", "what staff think").PressAsync("End session");
        await owner.SignInAsync(owner.Email);
        var user = await app.InRequestAsync<AppUserManager, AppUser>(async users => (await users.FindByIdAsync($"{id}"))!);
        var session = (await app.Services.GetRequiredService<IUserSessionStore>().FindAsync(id, app.KeyOf(owner).SessionId))!;

        var (page, data) = await DownloadAsync(owner);

        Assert.Contains("CASE-9", page.Body, StringComparison.Ordinal);
        Assert.Contains(data.GetProperty("history").EnumerateArray(), line => line.GetProperty("by").GetString() == "Support");
        string[] secrets =
        [
            user.PasswordHash!, user.SecurityStamp!, user.SessionStamp, user.ConcurrencyStamp!, "what staff think", "sam@example.com", $"{app.KeyOf(staff).UserId}", "staff-only", "Vivaldi",
            owner.SessionCookie!, .. Encodings(session.Ticket.ToArray()), .. Encodings(session.FamilyHash.ToArray()), .. SessionCookies.SecretsOf(app.KeyOf(owner)).SelectMany(Encodings),
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, page.Body, StringComparison.OrdinalIgnoreCase));
    }

    // More than one batch, each line once.
    [Fact]
    public async Task A_long_history_is_whole()
    {
        using var owner = await app.NewUserAsync();
        await app.FillAuditLogAsync(app.KeyOf(owner).UserId, 1200);

        var (_, data) = await DownloadAsync(owner);

        Assert.Equal(Enumerable.Range(0, 1200).Reverse().Select(number => $"C-{number}"),
            data.GetProperty("history").EnumerateArray().Select(line => line.GetProperty("caseReference").GetString()).OfType<string>());
    }

    [Fact]
    public async Task No_parameter_gets_another_persons_data()
    {
        using Browser owner = await app.NewUserAsync(), other = await app.NewUserAsync();
        var (theirs, form) = (app.KeyOf(other).UserId, await owner.GetAsync("/account/data"));

        var page = await owner.PostAsync($"/account/data?id={theirs}&userId={theirs}&email={other.Email}",
            ("id", $"{theirs}"), ("userId", $"{theirs}"), ("user.Id", $"{theirs}"), ("email", other.Email), ("__RequestVerificationToken", form.AntiforgeryToken));

        Assert.Equal(200, page.Status);
        Assert.Contains($"{app.KeyOf(owner).UserId}", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain($"{theirs}", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(await app.AuditOfAsync(theirs), e => e.Action == AuditAction.DataDownloaded);
    }

    [Fact]
    public async Task It_takes_a_recent_sign_in_and_a_link_only_explains()
    {
        using var owner = await app.NewUserAsync();
        var form = await owner.GetAsync("/account/data");
        Assert.Equal(["text/html; charset=utf-8"], form.Headers["Content-Type"]);
        app.Clock.Advance(new SessionPolicy().RecentSignIn);

        Assert.Equal("/account/confirm", (await form.PressAsync("Download")).Address.AbsolutePath);

        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.DataDownloaded);
    }

    protected static async Task<(Page Page, JsonElement Data)> DownloadAsync(Browser browser)
    {
        var page = await (await browser.GetAsync("/account/data")).SendAsync("Download");
        Assert.Equal(200, page.Status);
        return (page, JsonDocument.Parse(page.Body).RootElement);
    }

    protected static IEnumerable<string> Encodings(byte[] secret) => [Convert.ToHexString(secret), Convert.ToBase64String(secret).TrimEnd('=')];
}

public sealed class DataOnSqlTests(SqlApp app) : DataTests(app), IClassFixture<SqlApp>
{
    private readonly SqlApp _app = app;

    [Fact]
    public async Task What_proves_identity_and_the_browsers_are_in_it_but_nothing_that_could_be_used()
    {
        var (owner, authenticator, codes) = await _app.NewUserWithAppAsync();
        using var passkey = new SoftPasskey(_app.Address);
        await owner.AddPasskeyAsync(passkey);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        using var other = _app.NewBrowser(Browser.Safari);
        await (await other.TrySignInAsync(owner.Email, Browser.Password)).EnterCodeAsync(authenticator.Code, remember: true);
        var userId = _app.KeyOf(owner).UserId;

        var (page, data) = await DownloadAsync(owner);

        var (account, proofs) = (data.GetProperty("account"), data.GetProperty("proofs"));
        Assert.Equal((true, false, JsonValueKind.Null),
            (account.GetProperty("emailConfirmed").GetBoolean(), account.GetProperty("signInBlocked").GetBoolean(), account.GetProperty("bannedUntil").ValueKind));
        var listed = proofs.GetProperty("passkeys")[0];
        Assert.Equal(("Firefox on Windows", JsonValueKind.String, JsonValueKind.Null),
            (listed.GetProperty("name").GetString(), listed.GetProperty("addedAt").ValueKind, listed.GetProperty("lastUsedAt").ValueKind));
        Assert.Equal(_app.Clock.GetUtcNow(), proofs.GetProperty("authenticator").GetProperty("lastUsedAt").GetDateTimeOffset());
        Assert.Equal(codes.Count, proofs.GetProperty("recoveryCodesLeft").GetInt32());
        var browsers = data.GetProperty("browsers").EnumerateArray().ToList();
        Assert.Equal(["Safari on iOS", "Firefox on Windows"], browsers.Select(b => b.GetProperty("device").GetString()));
        Assert.Equal(_app.Clock.GetUtcNow().AddDays(30), browsers[0].GetProperty("rememberedUntil").GetDateTimeOffset());
        Assert.Equal(JsonValueKind.Null, browsers[1].GetProperty("rememberedUntil").ValueKind);
        var secrets = await _app.InRequestAsync<AppDbContext, List<byte[]>>(async db =>
        [
            (await db.Authenticators.SingleAsync(a => a.UserId == userId)).ProtectedKey, authenticator.Key,
            .. await db.RecoveryCodes.Where(c => c.UserId == userId).Select(c => c.Hash).ToListAsync(),
            .. await db.KnownBrowsers.Where(b => b.UserId == userId).Select(b => b.Hash).ToListAsync(),
            .. (await db.UserPasskeys.Where(p => p.UserId == userId).ToListAsync()).SelectMany(p => new[] { p.CredentialId, p.Data.PublicKey }),
        ]);
        Assert.All([.. secrets.SelectMany(Encodings), .. codes], secret => Assert.DoesNotContain(secret, page.Body, StringComparison.OrdinalIgnoreCase));
        owner.Dispose();
    }

    [Fact]
    public async Task The_page_says_what_is_in_it()
    {
        using var owner = await _app.NewUserAsync();

        var text = (await owner.GetAsync("/account/data")).Text;

        Assert.All(["passkeys", "authenticator app", "recovery codes", "browsers", "confirmed", "banned"], word => Assert.Contains(word, text, StringComparison.Ordinal));
    }
}

[Trait("Lane", "Long")]
public sealed class DataOnRedisTests(RedisApp app) : DataTests(app), IClassFixture<RedisApp>;
