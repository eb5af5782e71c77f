using Microsoft.Data.Sqlite;
using Microsoft.Net.Http.Headers;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>In production the app starts safely or not at all, and then says which setting is to blame.</summary>
public sealed class StartTests
{
    public static TheoryData<string, string?, string> Mistakes => new()
    {
        { "Sessions:Store", null, "No session store is configured. Set ConnectionStrings:Redis" },
        { "Sessions:Store", "Redis", "ConnectionStrings:Redis is not set" },
        { "Sessions:Store", "Memcached", "Sessions:Store" },
        { "Sessions:Store", "7", "Sessions:Store is 7. It can be Redis or Sql" },
        { "App:PublicUrl", null, "App:PublicUrl is not set" },
        { "App:PublicUrl", "http://accounts.example.com", "App:PublicUrl must be an absolute https address" },
        { "App:PublicUrl", "accounts.example.com", "App:PublicUrl must be an absolute https address" },
        { "Sessions:IdleTimeout", "00:00:00", "Sessions:IdleTimeout" },
        { "Sessions:IdleTimeout", "-01:00:00", "Sessions:IdleTimeout" },
        { "Sessions:IdleTimeout", "2.00:00:00", "Sessions:IdleTimeout" },
        { "Sessions:IdleTimeout", "an hour", "Sessions:IdleTimeout" },
        { "Sessions:AbsoluteTimeout", "00:00:00", "Sessions:AbsoluteTimeout" },
        { "Sessions:AbsoluteTimeout", "99999.00:00:00", "Sessions:AbsoluteTimeout" },
        { "Sessions:RememberedIdleTimeout", "60.00:00:00", "Sessions:RememberedIdleTimeout" },
        { "Sessions:RememberedAbsoluteTimeout", "00:00:00", "Sessions:RememberedAbsoluteTimeout" },
        { "Sessions:LastSeenResolution", "00:00:00", "Sessions:LastSeenResolution" },
        { "Sessions:CommandTimeout", "00:00:00", "Sessions:CommandTimeout" },
        { "Sessions:Roles:Auditor:MaxPerUser", "1", "Sessions:Roles names a role that doesn't exist. There are Support and Admin." },
        { "Sessions:CommandTimeout", "00:01:00", "Sessions:CommandTimeout" },
        { "Passwords:ParallelHashes", "-1", "Passwords:ParallelHashes must not be negative" },
        { "Passwords:ParallelHashes", "two", "Passwords:ParallelHashes" },
        { "Passwords:LongestWait", "00:00:00", "Passwords:LongestWait must be from 00:00:01 to 00:05:00" },
        { "Passwords:LongestWait", "00:06:00", "Passwords:LongestWait must be from 00:00:01 to 00:05:00" },
        { "Passwords:MinLength", "7", "Passwords:MinLength must be from 8 to 64" },
        { "Passwords:MinLength", "65", "Passwords:MinLength must be from 8 to 64" },
        { "Passwords:MinLengthWithSecondFactor", "7", "Passwords:MinLengthWithSecondFactor must be from 8 to Passwords:MinLength" },
        { "Passwords:MinLengthWithSecondFactor", "16", "Passwords:MinLengthWithSecondFactor must be from 8 to Passwords:MinLength" },
        { "Passwords:Blocklist", "/no/such/list.txt", "Passwords:Blocklist names \"/no/such/list.txt\", which can't be read" },
        { "Passwords:BreachService", "api.example.com", "Passwords:BreachService must be an absolute http or https address" },
        { "Passwords:BreachService", "ftp://api.example.com", "Passwords:BreachService must be an absolute http or https address" },
        { "Passwords:BreachTimeout", "00:00:00", "Passwords:BreachTimeout must be from 00:00:00.1 to 00:00:10" },
        { "RateLimits:SignIn:Permits", "-1", "RateLimits:SignIn:Permits must be from 0 (no limit) to 1000" },
        { "RateLimits:FailedProofs:Window", "00:00:00", "RateLimits:FailedProofs:Window must be from 00:00:10 to 1.00:00:00" },
        { "RateLimits:Forgot:Window", "2.00:00:00", "RateLimits:Forgot:Window must be from 00:00:10 to 1.00:00:00" },
        { "RateLimits:Signin2:Permits", "5", "Signin2" },
        { "Passwords:LongestTime", "00:00:30", "LongestTime" },
        { "Accounts:RequireConfirmedEmail", "perhaps", "Accounts:RequireConfirmedEmail" },
        { "Accounts:RequireConfirmedMail", "true", "RequireConfirmedMail" },
        { "Mail:Host", "smtp.example.com", "Mail:From is not set" },
        { "Mail:From", "accounts", "Mail:From is not an e-mail address" },
        { "Mail:Port", "0", "Mail:Port must be from 1 to 65535" },
        { "Mail:User", "someone", "Mail:User and Mail:Password are needed together" },
        { "Mail:Timeout", "00:00:00", "Mail:Timeout must be from 00:00:01 to 00:05:00" },
        { "Mail:RetryAfter", "00:00:00", "Mail:RetryAfter must be more than 0" },
        { "Mail:QueueSize", "0", "Mail:QueueSize must be from 1 to 100000" },
        { "Mail:HeloName", "not a host", "Mail:HeloName must be a host's name or address" },
        { "Mail:Connections", "0", "Mail:Connections must be from 1 to 20" },
        { "Mail:BulkPace", "0", "Mail:BulkPace must be from 1 to 1000" },
        { "Mail:Server", "smtp.example.com", "Server" },
        { "ConnectionStrings:Redis", "127.0.0.1:1", "DataProtection:Certificate is not set" },
        { "DataProtection:Certificate", "/no/such/file.pfx", "DataProtection:Certificate" },
        { "Audit:Key", "a secret", "Audit:Key must be base64 of 32 random bytes or more" },
        { "Audit:Key", "c2hvcnQ=", "Audit:Key must be base64 of 32 random bytes or more" },
        { "ForwardedHeaders:KnownProxies:0", "the proxy", "ForwardedHeaders:KnownProxies" },
        { "ForwardedHeaders:KnownProxies", "10.0.0.5", "ForwardedHeaders:KnownProxies is given as one value and as a list" },
        { "ForwardedHeaders:KnownProxies:first", "10.0.0.5", "ForwardedHeaders:KnownProxies:first is not a setting" },
        { "ForwardedHeaders:KnownNetworks:0", "10.0.0.0/8", "ForwardedHeaders:KnownNetworks is not a setting. ForwardedHeaders has KnownProxies." },
        { "ForwardedHeader:KnownProxies:0", "10.0.0.5", "ForwardedHeader is not a section of settings. ForwardedHeaders is." },
        { "RateLimit:SignIn:Permits", "5", "RateLimit is not a section of settings. RateLimits is." },
        { "Session:IdleTimeout", "00:15:00", "Session is not a section of settings. Sessions is." },
        { "App:PublicURI", "https://accounts.example.com", "App:PublicURI is not a setting" },
        { "App:PublicUrl", "https://example.com/accounts", "App:PublicUrl must be a host, and perhaps a port, with nothing behind it" },
        { "App:PublicUrl", "https://example.com/?site=1", "App:PublicUrl must be a host" },
        { "App:PublicUrl", "https://example.com/#top", "App:PublicUrl must be a host" },
        { "App:PublicUrl", "https://me@example.com", "App:PublicUrl must be a host" },
        { "App:SecurityContact", "security@example.com", "App:SecurityContact must be an https, mailto or tel address" },
        { "DataProtection:Certificates", "/etc/webapp/keys.pfx", "DataProtection:Certificates is not a setting" },
        { "ConnectionStrings:Redis1", "127.0.0.1:1", "ConnectionStrings:Redis1 is not a setting. ConnectionStrings has Redis, Database." },
        { "Redis:Pasword", "a secret", "Redis:Pasword is not a setting. Redis has User, Password." },
        { "Demo:Acounts", "none", "Demo:Acounts is not a setting" },
        { "Admin:BulkPase", "5", "Admin:BulkPase is not a setting" },
        { "Audit:KeepFor", "400", "Audit:KeepFor is \"400\". It must be a time" },
        { "Privacy:Adresses", "Cut", "Privacy:Adresses is not a setting. Privacy has Addresses." },
        { "RateLimits:SignIn", "60", "RateLimits:SignIn is \"60\". It has settings of its own: Permits, Window." },
        { "Accounts:RequireTwoFactor:Support", "no", "Accounts:RequireTwoFactor:Support is \"no\". It must be true or false." },
        { "Accounts:RequireTwoFactor", "true", "Accounts:RequireTwoFactor is \"true\". It has settings of its own" },
        { "Sessions:CookieName", "my app", "Sessions:CookieName is \"my app\". It can have up to 32 letters" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_in_the_settings_stops_the_start_and_is_named(string setting, string? value, string message)
    {
        await using var app = new ProductionApp();
        if (setting == "ConnectionStrings:Redis")
            app.Settings.Remove("Sessions:Store");
        if (value is null)
            app.Settings.Remove(setting);
        else
            app.Settings[setting] = value;

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains(message, refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("pfx")]
    public async Task A_certificate_that_can_not_be_used_stops_the_start_and_is_named(string extension)
    {
        await using var app = new ProductionApp();
        var folder = Directory.CreateTempSubdirectory("certificate-").FullName;
        var path = ProductionApp.MakeCertificate(folder, extension, withKey: false);
        app.Settings["DataProtection:Certificate"] = path;

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains($"DataProtection:Certificate names \"{path}\"", refusal.ToString(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Production_on_SQL_sets_cookies_that_only_https_and_this_host_can_have()
    {
        await using var app = new ProductionApp();
        await app.InitializeAsync();
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        form.Fill("Name", "Someone").Fill("Email", "someone@example.com").Fill("Password", Browser.Password);
        var answer = await form.SendAsync("Create account");
        Assert.Equal((302, "/account/sessions"), (answer.Status, answer.Location));
        var notice = await (await browser.FollowAsync(answer)).SendAsync("Sign out", "header");

        var cookies = new[] { form, answer, notice }
            .SelectMany(page => page.Headers.TryGetValue("Set-Cookie", out var headers) ? SetCookieHeaderValue.ParseList(headers) : []).ToList();

        Assert.Equal(["__Host-antiforgery", "__Host-browser", "__Host-notice", "__Host-session"], cookies.Select(c => c.Name.Value!).Distinct().Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie => Assert.Equal((true, "/", null), (cookie.Secure, cookie.Path.Value, cookie.Domain.Value)));
        Assert.All(cookies, cookie => Assert.True(cookie.HttpOnly, $"{cookie.Name} is out of scripts' reach"));
        Assert.All(cookies.Where(c => c.Name == "__Host-session"), cookie => Assert.Equal(SameSiteMode.Lax, cookie.SameSite));
        Assert.All(cookies, cookie => Assert.True(cookie.SameSite is SameSiteMode.Lax or SameSiteMode.Strict, $"{cookie.Name} is not sent across sites"));
    }

    // As when a proxy was not listed: said in words, rather than pages whose forms can't work.
    [Theory]
    [InlineData("/")]
    [InlineData("/account/login")]
    [InlineData("/nothing")]
    public async Task Production_refuses_plain_http_and_says_what_to_look_at(string path)
    {
        await using var app = await ProductionApp.StartAsync();
        using var browser = app.NewBrowser();
        browser.Headers.Remove("X-Forwarded-Proto");

        var page = await browser.GetAsync(path);

        Assert.Equal(400, page.Status);
        Assert.Contains("ForwardedHeaders:KnownProxies", page.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await browser.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task Production_makes_no_demo_accounts_even_if_the_settings_name_some()
    {
        await using var app = new ProductionApp();
        app.Settings["Demo:Password"] = Browser.DemoPassword;
        app.Settings["Demo:Accounts:0:Email"] = "alice@example.com";
        app.Settings["Demo:Accounts:0:Name"] = "Alice";
        await app.InitializeAsync();
        using var browser = app.NewBrowser();

        var page = await browser.TrySignInAsync("alice@example.com", Browser.DemoPassword);

        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Null(browser.SessionCookie);
        Assert.Equal(0L, await ScalarAsync(app, "SELECT COUNT(*) FROM AspNetUsers"));
    }

    [Fact]
    public async Task Production_answers_its_own_host_only_and_asks_for_https_from_then_on()
    {
        await using var app = new ProductionApp();
        await app.InitializeAsync();
        using Browser browser = app.NewBrowser(), other = app.NewBrowser();
        other.Headers["Host"] = "evil.example";

        Assert.Equal(400, (await other.GetAsync("/")).Status);
        var page = await browser.GetAsync("/");
        Assert.Equal(200, page.Status);
        Assert.StartsWith("max-age=31536000", Assert.Single(page.Headers["Strict-Transport-Security"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_was_not_migrated_is_not_ready()
    {
        await using var app = new ProductionApp();
        using var browser = app.NewBrowser();

        Assert.Equal(503, (await browser.GetAsync("/health/ready")).Status);
        Assert.Single(app.Log.Lines, line => line.StartsWith("Error WebApp: ", StringComparison.Ordinal)
            && line.Contains("Run \"WebApp migrate\"", StringComparison.Ordinal));
        await app.InitializeAsync();
        Assert.Equal(200, (await browser.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task The_database_is_in_write_ahead_mode()
    {
        await using var app = new ProductionApp();
        await app.InitializeAsync();

        Assert.Equal("wal", await ScalarAsync(app, "PRAGMA journal_mode"));
    }

    private static async Task<object?> ScalarAsync(TestApp app, string sql)
    {
        await using var database = new SqliteConnection($"Data Source={app.Database};Pooling=False");
        await database.OpenAsync();
        await using var command = database.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }
}
