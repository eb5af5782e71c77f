using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>Two instances of the app with the local cache on, over one database and one Redis. The first one's way to Redis can be cut.</summary>
public class CachedApps : IAsyncLifetime
{
    public CachedApps()
        : this(new())
    {
    }

    protected CachedApps(TestClock clock) => One = new() { Clock = clock };

    public RedisServer Redis { get; } = new();

    public TcpLink Link { get; private set; } = null!;

    public TestApp One { get; }

    public TestApp Two { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Redis.StartAsync();
        Link = new(Redis.Port);
        Two = new() { Database = One.Database, Clock = One.Clock };
        await StartAsync(One, Link.ConnectionString);
        await StartAsync(Two, Redis.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Two.DisposeAsync();
        await One.DisposeAsync();
        await Link.DisposeAsync();
        await Redis.DisposeAsync();
    }

    public static SessionCache CacheOf(TestApp app) => app.Services.GetRequiredService<SessionCache>();

    public static IUserSessionStore StoreOf(TestApp app) => app.Services.GetRequiredService<IUserSessionStore>();

    public static Task UntilTrustedAsync(TestApp app) => UntilTrustedAsync(CacheOf(app));

    /// <summary>Whoever waits for trust has use for it: without a request now and then the heartbeats cease.</summary>
    public static Task UntilTrustedAsync(SessionCache cache) => Eventually.TrueAsync(() => cache.Find(default) is null && cache.IsTrusted, "the instance hears of changes");

    /// <summary>Whether the home page knows the person. Null: it can't be told, the answer was 503.</summary>
    public static async Task<bool?> IsSignedInAsync(Browser browser)
    {
        var page = await browser.PeekAsync("/");
        return page.Status == 503 ? null : page.Text.Contains("You are signed in as", StringComparison.Ordinal);
    }

    /// <summary>A person's browser whose session the first instance serves from its cache.</summary>
    public async Task<Browser> CachedAsync()
    {
        await UntilTrustedAsync(One);
        var browser = await One.NewUserAsync();
        Assert.True(await IsSignedInAsync(browser));
        return browser;
    }

    private static async Task StartAsync(TestApp app, string redis)
    {
        app.Settings["ConnectionStrings:Redis"] = redis;
        app.Settings["Sessions:LocalCache"] = "On";
        // What is lost on a way that is cut is waited for so long.
        app.Settings["Sessions:CommandTimeout"] = "00:00:05";
        await app.UntilReadyAsync();
        await UntilTrustedAsync(app);
    }
}
