using Microsoft.Data.Sqlite;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Threats;

/// <summary>Redis is stopped or hangs: nobody is let in, nobody is signed out, nothing is claimed that is not known, and nobody waits long.</summary>
public sealed class StoreDownTests(StoreDownTests.App app, ITestOutputHelper output) : IClassFixture<StoreDownTests.App>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public enum Outage
    {
        Stopped,
        Frozen,
    }

    public Task InitializeAsync() => app.UntilReadyAsync();

    public async Task DisposeAsync()
    {
        await app.RepairAsync();
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("An unhandled exception has occurred", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_request_with_a_cookie_gets_a_calm_503_and_keeps_its_cookie_which_works_again_afterwards(Outage outage)
    {
        using var browser = await app.NewUserAsync();
        var (cookie, form) = (browser.SessionCookie, await browser.GetAsync("/account/sessions"));
        await app.BreakAsync(outage);

        foreach (var path in new[] { "/account", "/", "/account/login", "/no/such/page", "/error/404", "/error/500", "/account/logout" })
            await AssertUnavailableAsync(() => browser.GetAsync(path));
        await AssertUnavailableAsync(() => browser.PostAsync("/account/sessions?handler=RevokeOthers", ("__RequestVerificationToken", form.AntiforgeryToken)));
        await AssertUnavailableAsync(() => form.SendAsync("Sign out", "header"));
        await AssertUnavailableAsync(() => form.SendAsync("Sign out", "[aria-current=true]"));

        Assert.Equal(cookie, browser.SessionCookie);
        await app.RepairAsync();
        var answers = new List<int>();
        await Eventually.TrueAsync(async () =>
        {
            var page = await browser.GetAsync("/account");
            answers.Add(page.Status);
            return page.Status == 200 && page.Address.AbsolutePath == "/account";
        }, "the same cookie works again");
        Assert.All(answers, status => Assert.True(status is 200 or 503, $"{status} on the way back"));
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_request_without_a_cookie_never_notices_until_it_signs_in(Outage outage)
    {
        using var browser = app.NewBrowser();
        var form = await browser.GetAsync("/account/login");
        await app.BreakAsync(outage);

        foreach (var path in new[] { "/", "/account/login", "/account/register", "/site.css", "/health/live" })
            Assert.Equal(200, (await InTimeAsync(() => browser.GetAsync(path))).Status);
        Assert.Equal(404, (await InTimeAsync(() => browser.GetAsync("/no/such/page"))).Status);
        Assert.Equal("/account/login", (await InTimeAsync(() => browser.GetAsync("/account"))).Address.AbsolutePath);
        Assert.Equal((503, "Unhealthy"), await ReadyAsync());
        await AssertUnavailableAsync(() => form.Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword).SendAsync("Sign in"));
        // Or the answer would tell who has an account.
        await AssertUnavailableAsync(() => form.Fill("Email", "nobody@example.com").SendAsync("Sign in"));

        await app.RepairAsync();
        await app.UntilReadyAsync();
        await browser.SignInAsync("alice@example.com", Browser.DemoPassword);
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_registration_makes_the_account_and_says_that_signing_in_has_to_wait(Outage outage)
    {
        using var browser = app.NewBrowser();
        var email = $"{outage}@example.com";
        var form = await browser.GetAsync("/account/register");
        form.Fill("Name", "Someone").Fill("Email", email).Fill("Password", Browser.Password);
        await app.BreakAsync(outage);

        var page = await InTimeAsync(() => form.PressAsync("Create account"));

        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
        Assert.Contains("Your account is ready", page.Text, StringComparison.Ordinal);
        await app.RepairAsync();
        await app.UntilReadyAsync();
        await browser.SignInAsync(email);
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_revocation_caught_by_the_outage_is_not_called_done_and_takes_effect_afterwards(Outage outage)
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();
        await other.SignInAsync(browser.Email);
        var form = await browser.GetAsync("/account/sessions");
        var held = await HeldPost.SendAsync(app, browser, "/account/sessions?handler=Revoke",
            ("id", app.KeyOf(other).SessionId.ToString()), ("__RequestVerificationToken", form.AntiforgeryToken));
        await app.BreakAsync(outage);

        var answer = await InTimeAsync(held.FinishAsync);

        Assert.Equal((302, "/account/sessions"), (answer.Status, answer.Location));
        await RepairAndLetTheJournalCatchUpAsync();
        var page = await browser.FollowAsync(answer);
        Assert.Equal("We could not confirm it; check the list below.", page.Document.QuerySelector(".notice.bad")?.TextContent);
        await AssertEndsAsync(other);
        Assert.Equal([app.KeyOf(browser).SessionId.ToString()], (await browser.GetAsync("/account/sessions")).SessionIds);
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_forced_sign_out_caught_by_the_outage_is_audited_as_unconfirmed_and_takes_effect_afterwards(Outage outage)
    {
        using var browser = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("ada@example.com");
        var path = $"/admin/users/{app.KeyOf(browser).UserId}";
        var form = await staff.GetAsync(path);
        var held = await HeldPost.SendAsync(app, staff, $"{path}?handler=ForceSignOutAll",
            ("reason", "ReportedTheft"), ("caseReference", "CASE-1"), ("__RequestVerificationToken", form.AntiforgeryToken));
        await app.BreakAsync(outage);

        var answer = await InTimeAsync(held.FinishAsync);

        Assert.Equal(302, answer.Status);
        Assert.StartsWith("/admin/receipts/", answer.Location, StringComparison.Ordinal);
        await RepairAndLetTheJournalCatchUpAsync();
        await AssertEndsAsync(browser);
        // By now the store says what became of it.
        Assert.Contains("Done, but not at once. The session store did not confirm it at first. By now 1 session ended.", (await staff.FollowAsync(answer)).Text, StringComparison.Ordinal);
        Assert.Contains("Forced sign-out not confirmed", (await staff.GetAsync("/admin/audit")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Outage.Stopped)]
    [InlineData(Outage.Frozen)]
    public async Task A_sign_out_caught_by_the_outage_keeps_the_cookie_and_takes_effect_afterwards(Outage outage)
    {
        using var browser = await app.NewUserAsync();
        var form = await browser.GetAsync("/account/sessions");
        var held = await HeldPost.SendAsync(app, browser, "/account/logout", ("__RequestVerificationToken", form.AntiforgeryToken));
        await app.BreakAsync(outage);

        await AssertUnavailableAsync(held.FinishAsync);

        await RepairAndLetTheJournalCatchUpAsync();
        await AssertEndsAsync(browser);
    }

    [Fact]
    public async Task Many_requests_to_a_frozen_store_are_all_answered_in_time()
    {
        using var browser = await app.NewUserAsync();
        await app.BreakAsync(Outage.Frozen);

        await InTimeAsync(() => Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => AssertUnavailable(await browser.GetAsync("/account")))));

        await app.RepairAsync();
    }

    [Fact]
    public async Task An_app_that_starts_before_its_store_becomes_ready_by_itself()
    {
        await using var redis = new RedisServer();
        await using var early = new TestApp();
        early.Settings["ConnectionStrings:Redis"] = redis.ConnectionString;
        early.Settings["Sessions:CommandTimeout"] = "00:00:01";
        using var browser = early.NewBrowser();

        Assert.Equal((200, 503), ((await browser.GetAsync("/health/live")).Status, (await browser.GetAsync("/health/ready")).Status));
        // Without the key ring no cookie can be judged and no form be made.
        await AssertUnavailableAsync(() => browser.GetAsync("/"));
        Assert.Equal(200, (await browser.GetAsync("/site.css")).Status);

        await redis.StartAsync();
        await early.UntilReadyAsync();
        await browser.RegisterAsync();
    }

    private async Task RepairAndLetTheJournalCatchUpAsync()
    {
        await app.RepairAsync();
        // What was not confirmed is repeated once its own call is over, by the app's clock.
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await app.UntilReadyAsync();
    }

    private static Task AssertEndsAsync(Browser browser) => Eventually.TrueAsync(
        async () => (await browser.GetAsync("/account")).Address.AbsolutePath == "/account/login", "the session ends");

    private async Task<(int Status, string Body)> ReadyAsync()
    {
        using var probe = app.NewBrowser();
        var page = await InTimeAsync(() => probe.GetAsync("/health/ready"));
        return (page.Status, page.Body);
    }

    private async Task AssertUnavailableAsync(Func<Task<Page>> send) => AssertUnavailable(await InTimeAsync(send));

    private static void AssertUnavailable(Page page)
    {
        Assert.True(page.Status == 503, $"{page.Address}: {page.Status}");
        Assert.Equal("5", Assert.Single(page.Headers["Retry-After"]));
        Assert.Equal("no-store", Assert.Single(page.Headers["Cache-Control"]));
        Assert.False(page.Headers.ContainsKey("Set-Cookie"), $"{page.Address}: no cookie is set");
        Assert.Contains("This did not sign you out.", page.Text, StringComparison.Ordinal);
    }

    private Task<Page> InTimeAsync(Func<Task<Page>> send) => Yardstick.WithinAsync(Patience, output, send);

    private Task InTimeAsync(Func<Task> send) => Yardstick.WithinAsync(Patience, output, send);

    /// <summary>The app on a Redis that keeps its data over a restart.</summary>
    public sealed class App : TestApp, IAsyncLifetime
    {
        private readonly RedisServer _redis = new() { Options = ["--appendonly", "yes", "--appendfsync", "always"] };
        private Outage? _outage;

        public async Task InitializeAsync()
        {
            await _redis.StartAsync();
            Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
            Settings["Sessions:CommandTimeout"] = "00:00:01";
            await UntilReadyAsync();
        }

        public Task BreakAsync(Outage outage)
        {
            _outage = outage;
            return outage == Outage.Stopped ? _redis.StopAsync() : _redis.FreezeAsync();
        }

        /// <summary>Does nothing when nothing is broken.</summary>
        public async Task RepairAsync()
        {
            if (_outage == Outage.Stopped)
                await _redis.StartAsync();
            else if (_outage == Outage.Frozen)
                await _redis.ThawAsync();
            _outage = null;
        }

        async Task IAsyncLifetime.DisposeAsync()
        {
            await DisposeAsync();
            await _redis.DisposeAsync();
        }
    }
}

/// <summary>Another process holds the database's write lock. Readers don't notice; what can't be written is answered with 503, and nothing is claimed as done.</summary>
public sealed class DatabaseLockedTests : IAsyncLifetime
{
    private readonly TestApp _app = new();
    private SqliteConnection _locker = null!;

    public async Task InitializeAsync()
    {
        _app.Settings["ConnectionStrings:Database"] = $"Data Source={_app.Database};Default Timeout=1";
        _app.Settings["Sessions:CommandTimeout"] = "00:00:01";
        await _app.UntilReadyAsync();
        _locker = new($"Data Source={_app.Database};Pooling=False");
        await _locker.OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await _locker.DisposeAsync();
        Assert.DoesNotContain(_app.Log.Lines, line => line.Contains("An unhandled exception has occurred", StringComparison.Ordinal));
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Readers_go_on_writers_get_503_and_an_unconfirmed_end_is_called_so()
    {
        using Browser browser = await _app.NewUserAsync(), other = _app.NewBrowser(), visitor = _app.NewBrowser(), staff = await _app.SignedInAsync("sam@example.com");
        await other.SignInAsync(browser.Email);
        var signIn = (await visitor.GetAsync("/account/login")).Fill("Email", "alice@example.com").Fill("Password", Browser.DemoPassword);
        var sessions = await browser.GetAsync("/account/sessions");
        var person = await staff.GetAsync($"/admin/users/{_app.KeyOf(browser).UserId}");
        person.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1");
        await ExecuteAsync("BEGIN EXCLUSIVE");

        Assert.Equal(503, (await signIn.SendAsync("Sign in")).Status);
        Assert.Equal(503, (await sessions.SendAsync("Sign out", "header")).Status);
        Assert.Equal(503, (await person.SendAsync("End all 2 sessions")).Status);
        var page = await sessions.PressAsync("Sign out the other session");
        Assert.Equal("We could not confirm it; check the list below.", page.Document.QuerySelector(".notice.bad")?.TextContent);
        // The principal is due to be compared, and so to be written.
        _app.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(200, (await browser.GetAsync("/account")).Status);

        await ExecuteAsync("ROLLBACK");
        foreach (var someone in new[] { browser, other })
            Assert.Equal("/account", (await someone.GetAsync("/account")).Address.AbsolutePath);
        await visitor.SignInAsync("alice@example.com", Browser.DemoPassword);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _locker.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
