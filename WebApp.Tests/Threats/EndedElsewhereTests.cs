using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Two instances over one database and one Redis: what one has ended, no request on the other gets in with.</summary>
public sealed class EndedElsewhereTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TestApp _here = new();
    private TestApp _elsewhere = null!;
    private TcpLink _link = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _link = new(_redis.Port);
        _elsewhere = new() { Database = _here.Database, Clock = _here.Clock };
        foreach (var (app, redis) in new[] { (_here, _link.ConnectionString), (_elsewhere, _redis.ConnectionString) })
        {
            app.Settings["ConnectionStrings:Redis"] = redis;
            // What is lost on a way that is cut is waited for so long.
            app.Settings["Sessions:CommandTimeout"] = "00:00:05";
            await app.UntilReadyAsync();
        }
    }

    public async Task DisposeAsync()
    {
        await _elsewhere.DisposeAsync();
        await _here.DisposeAsync();
        await _link.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task The_next_request_is_refused()
    {
        using var browser = await _here.NewUserAsync();
        for (var round = 0; round < 30; round++)
        {
            await browser.SignInAsync(browser.Email);
            Assert.True(await IsSignedInAsync(browser));

            await EndAsync(browser);

            Assert.False(await IsSignedInAsync(browser));
        }
    }

    [Fact]
    public async Task The_next_request_is_refused_after_the_end_of_everyones_sessions()
    {
        using var browser = await _here.NewUserAsync();
        Assert.True(await IsSignedInAsync(browser));

        await StoreElsewhere.EndEveryoneAsync(Samples.Revocation(_here.Clock.GetUtcNow()), spared: null);

        Assert.False(await IsSignedInAsync(browser));
    }

    // The use was judged before the end, and is written after it.
    [Fact]
    public async Task A_use_that_is_recorded_after_the_end_brings_no_session_back()
    {
        using var browser = await _here.NewUserAsync();
        Assert.True(await IsSignedInAsync(browser));
        var cookie = _here.Services.GetRequiredService<OpenedCookies>().Find(CookieHash.Of(browser.SessionCookie!)!.Value)!;
        await StoreElsewhere.EndEveryoneAsync(Samples.Revocation(_here.Clock.GetUtcNow()), spared: null);

        var use = new SessionUse(cookie.Session.LastSeenAt.AddSeconds(30), cookie.Session.LastAddress) { Family = cookie.Session.Family };
        await _here.Services.GetRequiredService<SessionRecorder>().TouchAsync(cookie, use, []);

        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task No_request_gets_in_while_connections_break()
    {
        using var browser = await _here.NewUserAsync();
        for (var round = 0; round < Effort.Of(10, usual: 3); round++)
        {
            await Eventually.AnyAsync(async () =>
            {
                await browser.SignInAsync(browser.Email);
                return true;
            });
            await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == true, "the session is served");
            using var other = _here.CopyOf(browser);
            var asking = Task.Run(async () =>
            {
                for (var request = 0; request < 20; request++)
                    await IsSignedInAsync(other);
            });

            _link.Break();
            await EndAsync(browser);

            for (var request = 0; request < 10; request++)
                Assert.NotEqual(true, await IsSignedInAsync(browser));
            await asking;
            await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == false, "the instance answers again, and knows");
        }
    }

    private IUserSessionStore StoreElsewhere => _elsewhere.Services.GetRequiredService<IUserSessionStore>();

    private async Task EndAsync(Browser browser)
    {
        var key = _elsewhere.KeyOf(browser);
        await StoreElsewhere.RevokeAsync(key.UserId, key.SessionId, Samples.Revocation(_here.Clock.GetUtcNow()));
    }

    /// <summary>Whether the home page knows the person. Null: it can't be told, the answer was 503.</summary>
    private static async Task<bool?> IsSignedInAsync(Browser browser)
    {
        var page = await browser.PeekAsync("/");
        return page.Status == 503 ? null : page.Text.Contains("You are signed in as", StringComparison.Ordinal);
    }
}
