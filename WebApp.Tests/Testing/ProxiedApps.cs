using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>The app behind a proxy that tells each peer's address and country; the rules can be changed while it runs.</summary>
public class ProxiedApp : TestApp
{
    public const string CountryHeader = "CF-IPCountry";
    public const string Home = "203.0.113.7";
    public const string Away = "198.51.100.9";

    public ProxiedApp()
    {
        Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        Settings["Sessions:CountryHeader"] = CountryHeader;
    }

    public SignalPolicy Rules => Services.GetRequiredService<IOptions<SessionPolicy>>().Value.Signals;

    /// <summary>The session as the store has it.</summary>
    public async Task<UserSession> StoredAsync(Browser browser)
    {
        var key = this.KeyOf(browser);
        return (await Services.GetRequiredService<IUserSessionStore>().FindAsync(key.UserId, key.SessionId))!;
    }
}

/// <summary>The same on a real Redis.</summary>
public sealed class ProxiedRedisApp : ProxiedApp, IAsyncLifetime
{
    public RedisServer Redis { get; } = new();

    public async Task InitializeAsync()
    {
        await Redis.InitializeAsync();
        Settings["ConnectionStrings:Redis"] = Redis.ConnectionString;
        await UntilReadyAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>Where a browser behind the proxy is.</summary>
public static class Whereabouts
{
    public static Browser At(this Browser browser, string address, string? country = null)
    {
        browser.Headers["X-Forwarded-For"] = address;
        browser.Headers.Remove(ProxiedApp.CountryHeader);
        if (country is not null)
            browser.Headers[ProxiedApp.CountryHeader] = country;
        return browser;
    }
}
