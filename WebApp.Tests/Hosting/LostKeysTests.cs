using Microsoft.Data.Sqlite;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>
/// What is sealed in the database, in mail and in browsers outlives a Redis that loses everything, and a certificate
/// that is renewed.
/// </summary>
public sealed class LostKeysTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("lost-keys-").FullName;
    private readonly TestClock _clock = new();

    private string Database => Path.Combine(_folder, "webapp.db");

    public Task InitializeAsync() => _redis.StartAsync();

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Authenticators_links_and_known_browsers_outlive_a_Redis_that_lost_everything()
    {
        Authenticator authenticator;
        string email, undo;
        IReadOnlyDictionary<string, string> cookies;
        await using (var app = await StartAsync())
        {
            using var browser = await app.NewUserAsync();
            email = browser.Email;
            (authenticator, _) = await browser.SetUpAppAsync(_clock);
            // Known, and not asked for a code for 30 days.
            using var known = app.NewBrowser();
            await known.SignInWithCodeAsync(email, authenticator, remember: true);
            cookies = known.Cookies.ToDictionary();
            await app.Mail.ClearAsync(email);
            using var thiefs = app.NewBrowser(Browser.Safari);
            _clock.Advance(TimeSpan.FromSeconds(30));
            await thiefs.SignInWithCodeAsync(email, authenticator);
            undo = (await app.Mail.NextAsync(email)).LinkTo("/account/not-me");
            await CopiedAsync();
        }

        await _redis.FlushAllAsync();
        _clock.Advance(TimeSpan.FromDays(13));

        await using (var app = await StartAsync())
        {
            Assert.Equal((200, "Healthy"), await ReadyAsync(app));
            using var known = app.NewBrowser();
            foreach (var (name, value) in cookies)
                known.Cookies[name] = value;
            Assert.Equal("/account/sessions", (await known.TrySignInAsync(email, Browser.Password)).Address.AbsolutePath);
            using var stranger = app.NewBrowser();
            await stranger.SignInWithCodeAsync(email, authenticator);

            var page = await (await stranger.GetAsync(undo)).PressAsync("It wasn't me: close it to everyone");
            Assert.Contains("Your account is closed to everyone", page.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rows_that_no_key_opens_any_more_are_degraded_and_said()
    {
        await using (var app = await StartAsync())
        {
            using var browser = await app.NewUserAsync();
            await browser.SetUpAppAsync(_clock);
            await CopiedAsync();
        }

        await _redis.FlushAllAsync();
        await SqlAsync("DELETE FROM RingKeys");

        await using (var app = await StartAsync())
        {
            await Eventually.TrueAsync(async () => await ReadyAsync(app) == (200, "Degraded"), "it is found out");
            Assert.Single(app.Log.Lines, line => line.StartsWith("Error WebApp.Hosting.SealedRows", StringComparison.Ordinal)
                && line.Contains("authenticators, snapshots of accounts", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_damaged_row_is_degraded_and_stops_nothing()
    {
        await using (var app = await StartAsync())
        {
            using var browser = await app.NewUserAsync();
            await browser.SetUpAppAsync(_clock);
            await CopiedAsync();
        }

        await SqlAsync("UPDATE Authenticators SET ProtectedKey = x'09'");

        await using (var app = await StartAsync())
        {
            await Eventually.TrueAsync(async () => await ReadyAsync(app) == (200, "Degraded"), "it is found out");
            using var visitor = app.NewBrowser();
            Assert.Equal(200, (await visitor.GetAsync("/account/login")).Status);
        }
    }

    [Fact]
    public async Task After_a_renewal_of_the_certificate_everything_still_opens_and_the_next_key_is_for_the_new_one()
    {
        string old = NewCertificate("pfx"), renewed = NewCertificate("pem");
        string session;
        await PrepareAsync();
        await using (var app = await StartInProductionAsync(old))
        {
            using var browser = await app.NewUserAsync();
            session = browser.SessionCookie!;
        }

        await using (var app = await StartInProductionAsync(renewed, ("PreviousCertificates:0", old)))
        {
            Assert.Equal((200, "Healthy"), await ReadyAsync(app));
            Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
            using var browser = app.NewBrowser();
            browser.Cookies[ProductionApp.SessionCookieName] = session;
            Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        }

        // No key is left that could be used: the next one is made.
        await _redis.FlushAllAsync();
        await SqlAsync("DELETE FROM RingKeys");
        await using (await StartInProductionAsync(renewed, ("PreviousCertificates", old)))
            await CopiedAsync();
        await using (await StartInProductionAsync(renewed))
            Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
    }

    [Fact]
    public async Task With_another_certificate_no_key_is_made_and_nobody_let_in_and_the_log_says_what_to_do()
    {
        var right = NewCertificate("pfx");
        await PrepareAsync();
        string session;
        await using (var app = await StartInProductionAsync(right))
        {
            using var browser = await app.NewUserAsync();
            session = browser.SessionCookie!;
        }

        await using (var app = NewInProduction(NewCertificate("pfx")))
        {
            await Eventually.TrueAsync(async () => await ReadyAsync(app) == (503, "Unhealthy"), "it is not ready");
            Assert.Contains(app.Log.Lines, line => line.Contains("Not ready: ", StringComparison.Ordinal)
                && line.Contains("DataProtection:PreviousCertificates", StringComparison.Ordinal));
            using var browser = app.NewBrowser();
            browser.Cookies[ProductionApp.SessionCookieName] = session;
            Assert.Equal(503, (await browser.GetAsync("/account")).Status);
            Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
        }

        await using (var app = await StartInProductionAsync(right))
        {
            using var browser = app.NewBrowser();
            browser.Cookies[ProductionApp.SessionCookieName] = session;
            Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        }
    }

    // Without Redis the ring is files, and the same can happen.
    [Fact]
    public async Task Keys_in_files_that_can_not_be_opened_get_no_other_beside_them_either()
    {
        await using (var app = NewOnSql(NewCertificate("pfx")))
            await app.UntilReadyAsync();
        var keys = Path.Combine(_folder, "keys");
        Assert.Single(Directory.GetFiles(keys));

        await using (var app = NewOnSql(NewCertificate("pfx")))
            Assert.Equal((503, "Unhealthy"), await ReadyAsync(app));

        Assert.Single(Directory.GetFiles(keys));
    }

    private async Task<TestApp> StartAsync()
    {
        var app = new TestApp { Database = Database, Clock = _clock };
        app.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        await app.UntilReadyAsync();
        return app;
    }

    private TestApp NewOnSql(string certificate)
    {
        var app = new TestApp { Database = Database, Clock = _clock };
        app.Settings["DataProtection:Certificate"] = certificate;
        return app;
    }

    /// <summary>Migrates, as operators do: the app would wait for it.</summary>
    private async Task PrepareAsync()
    {
        await using var onSql = new ProductionApp { Database = Database };
        onSql.Settings["Audit:Key"] = AuditKey;
        await onSql.InitializeAsync();
    }

    private async Task<ProductionApp> StartInProductionAsync(string certificate, params (string Name, string Value)[] more)
    {
        var app = NewInProduction(certificate, more);
        await app.UntilReadyAsync();
        return app;
    }

    private ProductionApp NewInProduction(string certificate, params (string Name, string Value)[] more)
    {
        var app = new ProductionApp { Database = Database, Clock = _clock };
        app.UseRedis(_redis, certificate);
        app.Settings["Audit:Key"] = AuditKey;
        foreach (var (name, value) in more)
            app.Settings[$"DataProtection:{name}"] = value;
        return app;
    }

    private static string AuditKey => Convert.ToBase64String(new byte[32]);

    private string NewCertificate(string extension) => ProductionApp.MakeCertificate(_folder, extension);

    /// <summary>Returns when the database has the ring's copy.</summary>
    private Task CopiedAsync() => Eventually.TrueAsync(async () =>
    {
        await using var connection = new SqliteConnection($"Data Source={Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM RingKeys";
        return (long)(await command.ExecuteScalarAsync())! > 0;
    }, "the ring is copied");

    private static async Task<(int Status, string Body)> ReadyAsync(TestApp app)
    {
        using var probe = app.NewBrowser();
        var page = await probe.GetAsync("/health/ready");
        return (page.Status, page.Body);
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
