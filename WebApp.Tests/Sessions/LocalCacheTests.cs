using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using static WebApp.Tests.Testing.CachedApps;

namespace WebApp.Tests.Sessions;

/// <summary>What the local cache saves, and that nobody is served by it what has changed.</summary>
public sealed class LocalCacheTests(SteadyCachedApps apps) : IClassFixture<SteadyCachedApps>
{
    [Fact]
    public async Task A_page_shown_again_asks_Redis_for_nothing()
    {
        using var browser = await apps.CachedAsync();

        Assert.Equal(0, await LookUpsOfAsync(browser, async () =>
        {
            for (var i = 0; i < 20; i++)
                Assert.True(await IsSignedInAsync(browser));
        }));
    }

    [Theory]
    [InlineData("GET", "/account")]
    [InlineData("GET", "/ACCOUNT")]
    [InlineData("GET", "/account/remaining")]
    [InlineData("GET", "/admin/users")]
    [InlineData("POST", "/")]
    [InlineData("HEAD", "/")]
    [InlineData("DELETE", "/no/such/page")]
    public async Task Whatever_is_risky_asks_Redis_each_time(string method, string path)
    {
        using var browser = await apps.CachedAsync();

        Assert.Equal(3, await LookUpsOfAsync(browser, async () =>
        {
            for (var i = 0; i < 3; i++)
                await browser.SendAsync(new(new(method), path));
        }));
    }

    [Fact]
    public void An_endpoint_can_be_marked_as_strict()
    {
        var context = new DefaultHttpContext { Request = { Method = "GET", Path = "/transfer" } };
        Assert.False(StrictSessionAttribute.IsStrict(context));

        context.SetEndpoint(new(null, new(new StrictSessionAttribute()), null));

        Assert.True(StrictSessionAttribute.IsStrict(context));
    }

    [Fact]
    public async Task A_session_ended_here_is_refused_by_the_next_request()
    {
        for (var round = 0; round < 30; round++)
        {
            using var browser = await apps.CachedAsync();
            var key = apps.One.KeyOf(browser);

            Assert.True(await StoreOf(apps.One).RevokeAsync(key.UserId, key.SessionId, Samples.Revocation(apps.One.Clock.GetUtcNow())));

            Assert.False(await IsSignedInAsync(browser));
        }
    }

    [Fact]
    public async Task A_session_ended_on_another_instance_is_refused_here_as_soon_as_that_is_heard()
    {
        using var browser = await apps.CachedAsync();
        for (var round = 0; round < 30; round++)
        {
            await browser.SignInAsync(browser.Email);
            Assert.True(await IsSignedInAsync(browser));
            var key = apps.One.KeyOf(browser);

            Assert.True(await StoreOf(apps.Two).RevokeAsync(key.UserId, key.SessionId, Samples.Revocation(apps.One.Clock.GetUtcNow())));

            await UntilRefusedAsync(browser);
            Assert.False(await IsSignedInAsync(browser));
        }
    }

    public static TheoryData<string> Changes => [.. Verbs.Keys];

    private static readonly Dictionary<string, Func<IUserSessionStore, UserSession, Task>> Verbs = new()
    {
        ["revoke all"] = (store, session) => store.RevokeAllAsync(session.UserId, null, Samples.Revocation(session.CreatedAt)),
        ["lock"] = (store, session) => store.LockAsync(session.UserId, session.Id, new(session.CreatedAt, LockReason.User)),
        ["rotate"] = (store, session) => store.RotateAsync(session.UserId, session.Id, session.Secret, session.Secret.Next(), session.CreatedAt),
        ["confirm"] = (store, session) => store.ConfirmAsync(session, new(session.Secret.AfterProof(), session.Secret, session.CreatedAt, session.Family)),
        ["take a proof attempt"] = (store, session) => store.TakeProofAttemptAsync(session.UserId, session.Id, session.ProofAttempts),
        ["shorten"] = (store, session) => store.ShortenAsync(session.UserId, session.Id, session.CreatedAt.AddMinutes(1)),
        ["show its name"] = (store, session) => store.ShowNameAsync(session.UserId, session.Id, session.CreatedAt.AddMinutes(1)),
        ["require rights"] = (store, session) => store.RequireRightsAsync(session.UserId, session.RightsVersion + 1),
        ["update the ticket"] = (store, session) => store.UpdateTicketAsync(session.UserId, session.Id, session.Ticket, session.RightsVersion),
        ["use it from elsewhere"] = (store, session) => store.TouchAsync(session.UserId, session.Id,
            new(session.LastSeenAt.AddSeconds(30), System.Net.IPAddress.Parse("198.51.100.7")) { Family = session.Family }),
        ["make room for another"] = async (store, session) =>
            Assert.NotEmpty((await store.AddAsync(Samples.Session(session.CreatedAt, session.UserId), await store.GetGenerationAsync(session.UserId), limit: 1))!),
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Every_change_on_another_instance_has_the_store_asked_again_here(string change)
    {
        using var browser = await apps.CachedAsync();
        var key = apps.One.KeyOf(browser);
        var session = (await StoreOf(apps.Two).FindAsync(key.UserId, key.SessionId))!;
        var hash = CookieHash.Of(browser.SessionCookie!)!.Value;
        var cached = CacheOf(apps.One).Find(hash)!;
        Assert.True(CacheOf(apps.One).MayServe(cached));

        await Verbs[change](StoreOf(apps.Two), session);

        await Eventually.TrueAsync(() => !CacheOf(apps.One).MayServe(cached), "the change is heard of");
        Assert.True(CacheOf(apps.One).IsTrusted);
    }

    [Fact]
    public async Task A_use_from_the_same_place_is_no_news()
    {
        using var browser = await apps.CachedAsync();
        var key = apps.One.KeyOf(browser);
        var session = (await StoreOf(apps.Two).FindAsync(key.UserId, key.SessionId))!;
        var cached = CacheOf(apps.One).Find(CookieHash.Of(browser.SessionCookie!)!.Value)!;

        Assert.NotNull(await StoreOf(apps.Two).TouchAsync(key.UserId, key.SessionId, UseFromTheSamePlace(session)));

        await UntilAllIsHeardAsync();
        Assert.True(CacheOf(apps.One).MayServe(cached));
    }

    [Fact]
    public async Task A_name_to_be_shown_is_shown_by_a_page_from_the_cache()
    {
        using var browser = await apps.CachedAsync();
        var key = apps.One.KeyOf(browser);

        await StoreOf(apps.Two).ShowNameAsync(key.UserId, key.SessionId, apps.One.Clock.GetUtcNow().AddMinutes(1));

        await Eventually.TrueAsync(async () => (await browser.GetAsync("/")).Text.Contains("This browser is called", StringComparison.Ordinal), "the page shows it");
    }

    [Fact]
    public async Task A_hundred_requests_at_once_with_a_cold_session_are_one_look_up()
    {
        using var browser = await apps.CachedAsync();
        Browser[] tabs = [.. Enumerable.Range(0, 100).Select(_ => apps.One.CopyOf(browser))];
        await Task.WhenAll(tabs.Select(IsSignedInAsync));

        var fewest = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            CacheOf(apps.One).Forget(apps.One.KeyOf(browser).UserId);
            fewest = Math.Min(fewest, await LookUpsOfAsync(browser, async () =>
                Assert.All(await Task.WhenAll(tabs.Select(IsSignedInAsync)), signedIn => Assert.True(signedIn))));
        }

        // One that is interrupted between looking into the cache and asking asks again.
        Assert.InRange(fewest, 1, 5);
        foreach (var tab in tabs)
            tab.Dispose();
    }

    [Fact]
    public async Task A_cached_session_ends_at_its_deadline_all_the_same()
    {
        await using var app = new TestApp { Database = apps.One.Database };
        app.Settings["ConnectionStrings:Redis"] = apps.Redis.ConnectionString;
        app.Settings["Sessions:LocalCache"] = "On";
        await UntilTrustedAsync(app);
        using var browser = await app.NewUserAsync();
        Assert.True(await IsSignedInAsync(browser));

        app.Clock.Advance(TimeSpan.FromHours(2));

        Assert.False(await IsSignedInAsync(browser));
    }

    // Requests come every second, of which the cache's clock tells nine at once.
    [Fact]
    public async Task A_session_in_steady_use_is_written_once_in_54_seconds_and_never_looked_up()
    {
        var step = TimeSpan.FromSeconds(9);
        await using var app = new TestApp { Database = apps.One.Database, Clock = new() { HoldsTimestamps = true } };
        app.Settings["ConnectionStrings:Redis"] = apps.Redis.ConnectionString;
        app.Settings["Sessions:LocalCache"] = "On";
        await UntilTrustedAsync(app);
        using var browser = await app.NewUserAsync();
        Assert.True(await IsSignedInAsync(browser));

        var commands = await apps.Redis.CommandsOfAsync(async () =>
        {
            for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(150); passed += step)
            {
                app.Clock.Advance(step);
                app.Clock.Pass(step);
                await UntilTrustedAsync(app);
                for (var request = 0; request < step.TotalSeconds; request++)
                    Assert.True(await IsSignedInAsync(browser));
                await app.SettledAsync();
            }
        });

        var own = commands.Where(command => command.Names($"{app.KeyOf(browser).SessionId}")).ToList();
        Assert.Equal((2, 0), (own.Count(command => command.Name == "set"), own.Count(command => command.Name == "mget")));
    }

    [Fact]
    public async Task The_end_of_everyones_sessions_reaches_an_instance_that_served_them_from_its_cache()
    {
        using var browser = await apps.CachedAsync();

        await StoreOf(apps.Two).EndEveryoneAsync(Samples.Revocation(apps.Two.Clock.GetUtcNow()), spared: null);

        await UntilRefusedAsync(browser);
    }

    [Fact]
    public async Task A_use_that_is_recorded_after_the_end_of_everyones_sessions_brings_none_back()
    {
        using var browser = await apps.CachedAsync();
        var cached = CacheOf(apps.One).Find(CookieHash.Of(browser.SessionCookie!)!.Value)!;
        await StoreOf(apps.Two).EndEveryoneAsync(Samples.Revocation(apps.Two.Clock.GetUtcNow()), spared: null);
        await UntilAllIsHeardAsync();
        await UntilTrustedAsync(apps.One);

        await apps.One.Services.GetRequiredService<SessionRecorder>().TouchAsync(cached, UseFromTheSamePlace(cached.Session), []);

        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task A_principal_from_the_cache_can_not_be_changed_for_the_next_request_but_its_copy_can()
    {
        using var browser = await apps.CachedAsync();
        var principal = CacheOf(apps.One).Find(CookieHash.Of(browser.SessionCookie!)!.Value)!.Ticket.Principal;
        var identity = principal.Identities.Single();

        Assert.Throws<InvalidOperationException>(() => identity.AddClaim(new("role", "Admin")));
        Assert.Throws<InvalidOperationException>(() => identity.AddClaims([new("role", "Admin")]));
        Assert.Throws<InvalidOperationException>(() => identity.RemoveClaim(identity.Claims.First()));
        Assert.Throws<InvalidOperationException>(() => identity.TryRemoveClaim(identity.Claims.First()));
        Assert.Throws<InvalidOperationException>(() => principal.AddIdentity(new()));
        Assert.Throws<InvalidOperationException>(() => principal.AddIdentities([new()]));
        var copy = principal.Clone();
        copy.Identities.Single().AddClaim(new("role", "Admin"));
        Assert.Null(principal.FindFirst("role"));
    }

    [Fact]
    public async Task Without_Redis_there_is_nobody_to_hear_from_so_the_app_refuses_to_start()
    {
        await using var app = new TestApp();
        app.Settings["Sessions:LocalCache"] = "On";

        var refusal = Assert.ThrowsAny<Exception>(() => app.Address);

        Assert.Contains("Sessions:LocalCache is On, but sessions are not kept in Redis", refusal.ToString(), StringComparison.Ordinal);
    }

    private static SessionUse UseFromTheSamePlace(UserSession session) => new(session.LastSeenAt.AddSeconds(30), session.LastAddress)
    {
        Family = session.Family,
        Country = session.Country,
        PreviousAddress = session.PreviousAddress,
        MovedAt = session.MovedAt,
    };

    /// <summary>Whatever was published before this.</summary>
    private async Task UntilAllIsHeardAsync()
    {
        var other = Guid.NewGuid();
        var before = CacheOf(apps.One).Mark(other).News;
        await StoreOf(apps.Two).RequireRightsAsync(other, 1);
        await Eventually.TrueAsync(() => CacheOf(apps.One).Mark(other).News > before, "later news have come");
    }

    /// <summary>How often the browser's session was looked up meanwhile.</summary>
    private async Task<long> LookUpsOfAsync(Browser browser, Func<Task> act)
    {
        await UntilTrustedAsync(apps.One);
        var id = $"{apps.One.KeyOf(browser).SessionId}";
        return (await apps.Redis.CommandsOfAsync(act)).Count(command => command.Name == "mget" && command.Names(id));
    }

    /// <summary>StaleCacheTests say how long this may take.</summary>
    private static Task UntilRefusedAsync(Browser browser) =>
        Eventually.TrueAsync(async () => await IsSignedInAsync(browser) is not true, "the end is heard of");
}
