using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>How much of an address is kept: in session records, audit entries, tombstones, pages and the log.</summary>
public abstract class PrivacyTests
{
    private const string Home = "203.0.113.77";
    private const string SameNetwork = "203.0.113.201";
    private const string Home6 = "2001:db8:1:2:3:4:5:6";
    private const string Away = "198.51.100.9";

    protected abstract Task<ProxiedApp> StartAsync(string addresses, params (string Key, string Value)[] settings);

    [Fact]
    public async Task Cut_leaves_the_network_and_nothing_else_anywhere()
    {
        await using var app = await StartAsync("Cut");
        using Browser owner = app.NewBrowser().At(Home), guess = app.NewBrowser().At(Home6), thief = app.NewBrowser().At(Away);
        await owner.RegisterAsync();
        await guess.TrySignInAsync(owner.Email, "not the password");
        await MoveAsync(app, owner, Home6, "2001:db8:1::");
        thief.SessionCookie = owner.SessionCookie;
        await owner.GetAsync("/admin/users");
        var facts = await owner.GetAsync("/account/sessions");
        await facts.PressAsync("Sign out", "header");
        await thief.GetAsync("/account");
        await Eventually.TrueAsync(async () => (await app.StoredAsync(thief)).Refused is not null, "the attempt is counted");

        var stored = await app.StoredAsync(thief);
        Assert.Equal(("203.0.113.0", "2001:db8:1::", "198.51.100.0"),
            ($"{stored.SignInAddress}", $"{stored.LastAddress}", $"{stored.Refused!.LastAddress}"));
        Assert.Contains("Address 2001:db8:1::/48 signed in from 203.0.113.0/24", facts.Text, StringComparison.Ordinal);
        var entries = await app.AuditOfAsync(stored.UserId);
        Assert.Equal(["203.0.113.0", "203.0.113.0", "2001:db8:1::"], entries.Take(3).Select(e => e.Address));
        await AssertNowhereAsync(app, entries, Home, Home6, Away);
        Assert.Contains(app.Log.Lines, line => line.Contains($"with 302 to user {stored.UserId} from 2001:db8:1::", StringComparison.Ordinal));
    }

    [Fact]
    public async Task None_leaves_nothing_anywhere_and_pages_say_that_it_is_not_recorded()
    {
        await using var app = await StartAsync("None");
        using Browser owner = app.NewBrowser().At(Home), guess = app.NewBrowser().At(Home6), thief = app.NewBrowser().At(Away);
        await owner.RegisterAsync();
        await guess.TrySignInAsync(owner.Email, "not the password");
        thief.SessionCookie = owner.SessionCookie;
        await owner.GetAsync("/admin/users");
        var facts = await owner.GetAsync("/account/sessions");
        var history = await owner.GetAsync("/account/activity");
        await facts.PressAsync("Sign out", "header");
        await thief.GetAsync("/account");
        await Eventually.TrueAsync(async () => (await app.StoredAsync(thief)).Refused is not null, "the attempt is counted");

        var stored = await app.StoredAsync(thief);
        Assert.Equal((null, null, null), (stored.SignInAddress, stored.LastAddress, stored.Refused!.LastAddress));
        Assert.Contains("Address Not recorded", facts.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("From ", history.Text, StringComparison.Ordinal);
        var entries = await app.AuditOfAsync(stored.UserId);
        Assert.All(entries, e => Assert.Null(e.Address));
        await AssertNowhereAsync(app, entries, Home, Home6, Away);
    }

    [Fact]
    public async Task Full_is_the_default()
    {
        await using var app = await StartAsync("");
        using var owner = app.NewBrowser().At(Home);

        Assert.Contains($"Address {Home} ", (await owner.RegisterAsync()).Text, StringComparison.Ordinal);

        Assert.All(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => Assert.Equal(Home, e.Address));
    }

    // What tells a thief from a phone is the network, and that is left.
    [Fact]
    public async Task With_Cut_rules_about_networks_work_as_before()
    {
        await using var app = await StartAsync("Cut", ("Sessions:Signals:TwoNetworks:Action", "Lock"));
        using Browser still = app.NewBrowser().At(Home), torn = app.NewBrowser().At(Home), victim = app.NewBrowser().At(Home);
        foreach (var browser in new[] { still, torn, victim })
            await browser.RegisterAsync();

        await MoveAsync(app, still, SameNetwork, "203.0.113.0");
        await MoveAsync(app, torn, Away, "198.51.100.0");
        Assert.Equal("/account", (await still.At(Home).GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/confirm", (await torn.At(Home).GetAsync("/account")).Address.AbsolutePath);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(still).UserId), e => e.Action is AuditAction.SessionMoved or AuditAction.SignalRaised);
        Assert.Equal("203.0.113.0/24 → 198.51.100.0/24", (await app.AuditOfAsync(app.KeyOf(torn).UserId)).Single(e => e.Action == AuditAction.SessionMoved).Details);

        using var thief = app.CopyOf(victim).At(Away);
        await RotateAsync(app, victim);
        app.Clock.Advance(new SessionPolicy().RotationGrace);
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal(RevocationReason.PossibleTheft, (await app.StoredAsync(victim)).Revocation!.Reason);
    }

    // Without a network nobody can be said to be elsewhere: it may be an honest browser that crashed.
    [Fact]
    public async Task With_None_an_old_secret_locks_instead_of_ending_the_session()
    {
        await using var app = await StartAsync("None");
        using var victim = app.NewBrowser().At(Home);
        await victim.RegisterAsync();
        using var thief = app.CopyOf(victim).At(Away);
        await RotateAsync(app, victim);
        app.Clock.Advance(new SessionPolicy().RotationGrace);

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);

        Assert.Equal(LockReason.OldSecret, (await app.StoredAsync(victim)).Lock!.Reason);
    }

    private static async Task AssertNowhereAsync(ProxiedApp app, IReadOnlyList<AuditEntry> entries, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            Assert.DoesNotContain(entries, e => e.ToString().Contains(address, StringComparison.Ordinal));
            var line = app.Log.Lines.FirstOrDefault(line => line.Contains(address, StringComparison.Ordinal));
            Assert.True(line is null, line);
            // The database's file, and what is not yet in it.
            foreach (var file in new[] { app.Database, app.Database + "-wal" }.Where(File.Exists))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
                Assert.DoesNotContain(address, await reader.ReadToEndAsync(), StringComparison.Ordinal);
            }
        }
    }

    private static async Task MoveAsync(ProxiedApp app, Browser browser, string address, string stored)
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var before = (await app.StoredAsync(browser)).LastSeenAt;
        await browser.At(address).GetAsync("/account");
        await Eventually.TrueAsync(async () => await app.StoredAsync(browser) is var session && session.LastSeenAt > before && $"{session.LastAddress}" == stored, "the use is recorded");
        // The line follows the record.
        await app.SettledAsync();
    }

    private static async Task RotateAsync(ProxiedApp app, Browser browser)
    {
        app.Clock.Advance(new SessionPolicy().RotationInterval);
        await browser.GetAsync("/account");
        await browser.GetAsync("/account");
        await Eventually.TrueAsync(async () => (await app.StoredAsync(browser)).Secret == app.KeyOf(browser).Version, "the new secret was noted");
    }
}

public sealed class PrivacyOnSqlTests : PrivacyTests
{
    protected override Task<ProxiedApp> StartAsync(string addresses, params (string Key, string Value)[] settings) => Task.FromResult(With(new ProxiedApp(), addresses, settings));

    internal static ProxiedApp With(ProxiedApp app, string addresses, (string Key, string Value)[] settings)
    {
        app.Log.KeepsEverything = true;
        if (addresses.Length > 0)
            app.Settings["Privacy:Addresses"] = addresses;
        foreach (var (key, value) in settings)
            app.Settings[key] = value;
        return app;
    }

    [Theory]
    [InlineData("Privacy:Addresses", "Some", "Some")]
    [InlineData("Privacy:Addresses", "7", "Privacy:Addresses is \"7\". It must be one of Full, Cut, None.")]
    [InlineData("Privacy:Adresses", "Cut", "Adresses")]
    public async Task A_mistake_stops_the_start_and_is_named(string key, string value, string message)
    {
        await using var app = new TestApp { Settings = { [key] = value } };

        Assert.Contains(message, Assert.ThrowsAny<Exception>(() => app.Address).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("None", "Lock", false)]
    [InlineData("None", "End", false)]
    [InlineData("None", "Notify", false)]
    [InlineData("None", "Log", true)]
    [InlineData("Cut", "Lock", true)]
    public async Task A_rule_that_acts_on_networks_that_nobody_knows_stops_the_start(string addresses, string action, bool starts)
    {
        await using var app = new TestApp { Settings = { ["Privacy:Addresses"] = addresses, ["Sessions:Signals:TwoNetworks:Action"] = action } };

        var refusal = Record.Exception(() => app.Address);

        Assert.Equal(starts, refusal is null);
        if (!starts)
            Assert.Contains("with Privacy:Addresses None no network is known, so it could never happen.", refusal!.ToString(), StringComparison.Ordinal);
    }
}

public sealed class PrivacyOnRedisTests : PrivacyTests, IAsyncLifetime
{
    private readonly RedisServer _redis = new();

    public Task InitializeAsync() => _redis.InitializeAsync();

    public Task DisposeAsync() => _redis.DisposeAsync();

    protected override async Task<ProxiedApp> StartAsync(string addresses, params (string Key, string Value)[] settings)
    {
        var app = PrivacyOnSqlTests.With(new ProxiedApp(), addresses, [.. settings, ("ConnectionStrings:Redis", _redis.ConnectionString)]);
        await app.UntilReadyAsync();
        return app;
    }
}
