using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Whoever reads the log, at whatever level it was written, learns nothing that signs anybody in.</summary>
public abstract class SecretsInLogsTests(TestApp app)
{
    private const string Diagnostics = "Microsoft.AspNetCore.Hosting.Diagnostics";
    private const string NewPassword = "another good passphrase";
    private const string WrongPassword = "wrong violet kettles hum softly";

    [Fact]
    public async Task No_line_of_any_level_holds_a_password_a_cookie_a_secret_or_a_security_stamp()
    {
        app.Log.KeepsEverything = true;
        // The outage at the end is to be noticed soon.
        app.Settings["Sessions:CommandTimeout"] = "00:00:03";
        var secrets = new List<(string What, string Text)>
        {
            ("the password", Browser.Password), ("the new password", NewPassword), ("a mistyped password", WrongPassword), ("the demo password", Browser.DemoPassword),
        };
        using var browser = await app.NewUserAsync();
        await RememberAsync(secrets, browser);
        await browser.SignInAsync(browser.Email, remember: true);
        await RememberAsync(secrets, browser);
        using var other = app.NewBrowser();
        await other.TrySignInAsync(browser.Email, WrongPassword);
        await other.SignInAsync(browser.Email);
        await RememberAsync(secrets, other);
        app.Clock.Advance(TimeSpan.FromMinutes(31));
        await other.GetAsync("/account");
        var form = await browser.ConfirmAsync("/account/change-password");
        await RememberAsync(secrets, browser);
        await form.Fill("CurrentPassword", Browser.Password).Fill("NewPassword", NewPassword).PressAsync("Change password");
        await RememberAsync(secrets, browser);
        await other.GetAsync("/account");
        await other.SignInAsync(browser.Email, NewPassword);
        await RememberAsync(secrets, other);
        await (await browser.GetAsync("/account/sessions")).PressAsync("Sign out the other session");
        using var staff = await app.SignedInAsync("sam@example.com");
        await RememberAsync(secrets, staff);
        var page = await staff.GetAsync($"/admin/users/{app.KeyOf(browser).UserId}");
        await page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1").PressAsync("End the only session");
        await browser.GetAsync("/account");
        browser.SessionCookie = app.CookieWith(app.KeyOf(browser).WithOtherFamily());
        await RememberAsync(secrets, browser);
        await browser.GetAsync("/account");
        browser.SessionCookie = browser.SessionCookie![..^5] + "forged";
        secrets.Add(("a forged cookie", browser.SessionCookie));
        await browser.GetAsync("/account");
        var link = await app.ResetLinkAsync(browser.Email);
        secrets.Add(("a mailed link's token", link.Split("t=")[1]));
        await other.ResetPasswordAsync(link, NewPassword);
        await UseSecondFactorAsync(secrets);
        await MeetOutageAsync(staff);

        Assert.True(app.Log.Lines.Count > 1000, "The log was kept.");
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Trace ", StringComparison.Ordinal));
        foreach (var (what, text) in secrets)
        {
            var telling = app.Log.Lines.FirstOrDefault(line => line.Contains(text, StringComparison.OrdinalIgnoreCase) && !IsHeldBack(line));
            Assert.True(telling is null, $"The log holds {what}: {telling}");
        }
    }

    [Fact]
    public void The_frameworks_lines_about_addresses_with_their_queries_are_held_back_whatever_the_settings_say()
    {
        var rule = app.Services.GetRequiredService<IOptions<LoggerFilterOptions>>().Value.Rules.Last(r => r.ProviderName is null && r.CategoryName == Diagnostics);

        Assert.Equal(LogLevel.Warning, rule.LogLevel);
    }

    /// <summary>Of the category that holds mailed links. Only the tests, which collect at every level by a rule of their own, get to see it.</summary>
    private static bool IsHeldBack(string line) => line.StartsWith($"Information {Diagnostics}:", StringComparison.Ordinal);


    private async Task UseSecondFactorAsync(List<(string What, string Text)> secrets)
    {
        var (owner, authenticator, codes) = await app.NewUserWithAppAsync();
        using var browser = app.NewBrowser();
        var form = await browser.TrySignInAsync(owner.Email, Browser.Password);
        secrets.Add(("the cookie of the second step", browser.Cookies["webapp-dev-second-factor"]));
        secrets.Add(("an authenticator's key", Convert.ToHexString(authenticator.Key)));
        secrets.Add(("an authenticator's key in base64", Convert.ToBase64String(authenticator.Key)));
        secrets.AddRange(codes.Select(code => ("a recovery code", code)));
        secrets.AddRange(codes.Select(code => ("a recovery code without dashes", code.Replace("-", "", StringComparison.Ordinal))));
        await form.EnterCodeAsync(authenticator.WrongCode());
        await form.EnterCodeAsync(authenticator.Code, remember: true);
        secrets.Add(("the cookie of a known browser", browser.Cookies["webapp-dev-browser"]));
        await owner.TrySignInAsync(owner.Email, Browser.Password);
        await owner.EnterRecoveryCodeAsync("AAAAAA-BBBBBB-CCCCCC-DDDDDD");
        await owner.EnterRecoveryCodeAsync(codes[0]);
        owner.Dispose();
    }

    /// <summary>Takes the store away, lets the browser meet it, and brings it back.</summary>
    protected abstract Task MeetOutageAsync(Browser browser);

    private async Task RememberAsync(List<(string What, string Text)> secrets, Browser browser)
    {
        var (cookie, key) = (browser.SessionCookie!, app.KeyOf(browser));
        foreach (var secret in SessionCookies.SecretsOf(key))
        {
            secrets.AddRange(
            [
                ("a secret in hexadecimal", Convert.ToHexString(secret)),
                ("a secret in hexadecimal with dashes", BitConverter.ToString(secret)),
                ("a secret in base64", Convert.ToBase64String(secret).TrimEnd('=')),
                ("a secret in base64url", WebEncoders.Base64UrlEncode(secret)),
            ]);
        }

        secrets.AddRange(
        [
            // Half of it would not open anything, but should not be there either.
            ("the end of a cookie", cookie[(cookie.Length / 2)..]),
            ("a cookie's bytes", Convert.ToHexString(WebEncoders.Base64UrlDecode(cookie)[^32..])),
            ("a session key", key.Encode()[(SessionKey.Size / 2)..]),
            ("a security stamp", await SecurityStampAsync(key.UserId)),
            ("a security stamp in base64", Convert.ToBase64String(Encoding.UTF8.GetBytes(await SecurityStampAsync(key.UserId))).TrimEnd('=')),
        ]);
    }

    private async Task<string> SecurityStampAsync(Guid userId)
    {
        await using var database = new SqliteConnection($"Data Source={app.Database}");
        await database.OpenAsync();
        await using var command = database.CreateCommand();
        command.CommandText = "SELECT SecurityStamp FROM AspNetUsers WHERE Id = $id";
        command.Parameters.AddWithValue("$id", userId.ToString().ToUpperInvariant());
        return (string)(await command.ExecuteScalarAsync())!;
    }
}

public sealed class SecretsInLogsOnSqlTests(SqlApp app) : SecretsInLogsTests(app), IClassFixture<SqlApp>
{
    private readonly SqlApp _app = app;

    protected override async Task MeetOutageAsync(Browser browser)
    {
        await using var locker = new SqliteConnection($"Data Source={_app.Database};Pooling=False");
        await locker.OpenAsync();
        await using var command = locker.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        await command.ExecuteNonQueryAsync();
        Assert.Equal(503, (await (await browser.GetAsync("/account")).SendAsync("Sign out", "header")).Status);
    }
}

public sealed class SecretsInLogsOnRedisTests(RedisApp app) : SecretsInLogsTests(app), IClassFixture<RedisApp>
{
    private readonly RedisApp _app = app;

    protected override async Task MeetOutageAsync(Browser browser)
    {
        using var visitor = _app.NewBrowser();
        var form = (await visitor.GetAsync("/account/login")).Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword);
        await _app.Redis.StopAsync();
        Assert.Equal(503, (await browser.GetAsync("/account")).Status);
        Assert.Equal(503, (await form.SendAsync("Sign in")).Status);
        await _app.Redis.StartAsync();
    }
}
