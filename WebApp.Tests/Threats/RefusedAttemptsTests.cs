using System.Net;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>The cookie of an ended session is tried again, once or in a flood: it is refused, counted within bounds, and told of.</summary>
public abstract class RefusedAttemptsTests(ProxiedApp app)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_replay_is_refused_counted_and_shown_on_the_receipt()
    {
        using var browser = await NewUserAsync();
        using var thief = Copy(browser);
        await SignInAnewAsync(browser);

        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        await UntilCountedAsync(thief, 1);
        app.Clock.Advance(Second);
        await thief.PeekAsync("/account");
        await UntilCountedAsync(thief, 2);
        await UntilToldAsync(thief, 1);

        Assert.Contains($"Tried again at least twice since, last just now from {ProxiedApp.Away}: refused.", (await browser.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
        var page = await browser.GetAsync($"/account/sessions/{app.KeyOf(thief).SessionId}");
        Assert.Contains($"Tried again at least twice since, last {app.Clock.GetUtcNow().UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC from {ProxiedApp.Away}: refused.", page.Text, StringComparison.Ordinal);
        Assert.Contains("Tried again after its end, from a new network, and refused.", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_is_counted_once_a_second()
    {
        using var browser = await NewUserAsync();
        using var thief = Copy(browser);
        await SignInAnewAsync(browser);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => thief.PeekAsync("/account")));
        await UntilCountedAsync(thief, 1);
        app.Clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => thief.PeekAsync("/account")));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await thief.PeekAsync("/account");

        await UntilCountedAsync(thief, 2);
        await UntilToldAsync(thief, 1);
    }

    [Fact]
    public async Task Only_a_new_network_is_an_entry_in_the_log()
    {
        using var browser = await NewUserAsync();
        using var thief = Copy(browser);
        await SignInAnewAsync(browser);

        string[] tries = [ProxiedApp.Home, "203.0.113.8", ProxiedApp.Away, "198.51.100.10", "192.0.2.1", "2001:db8::1"];
        foreach (var (address, count) in tries.Select((address, index) => (address, index + 1)))
        {
            await thief.At(address).PeekAsync("/account");
            await UntilCountedAsync(thief, count);
            app.Clock.Advance(Second);
        }

        await UntilToldAsync(thief, 2);
        Assert.Equal([ProxiedApp.Away, "192.0.2.1"], (await TriesAsync(thief)).OrderBy(e => e.At).Select(e => e.Address));
    }

    [Fact]
    public async Task Who_changes_networks_all_the_time_does_not_fill_the_log()
    {
        using var browser = await NewUserAsync();
        using var thief = Copy(browser);
        await SignInAnewAsync(browser);
        var (key, store) = (app.KeyOf(thief), app.Services.GetService(typeof(IUserSessionStore)) as IUserSessionStore);
        for (var count = 0; count < 100; count++)
        {
            Assert.True(await store!.CountRefusedAsync(key.UserId, key.SessionId, app.Clock.GetUtcNow(), IPAddress.Parse(ProxiedApp.Home)));
            app.Clock.Advance(Second);
        }

        await thief.PeekAsync("/account");
        await UntilCountedAsync(thief, 101);
        await browser.GetAsync("/account");

        Assert.Empty(await TriesAsync(thief));
    }

    [Fact]
    public async Task A_forged_secret_counts_for_nothing()
    {
        using var browser = await NewUserAsync();
        using Browser copy = Copy(browser), forger = app.NewBrowser().At(ProxiedApp.Away);
        await SignInAnewAsync(browser);
        forger.SessionCookie = app.CookieWith(app.KeyOf(copy).WithOtherFamily());

        var page = await forger.GetAsync("/account");
        // A real one after it: what the forged one would have written is written by then.
        app.Clock.Advance(Second);
        await copy.PeekAsync("/account");

        await UntilCountedAsync(copy, 1);
        Assert.DoesNotContain("You signed in again", page.Text, StringComparison.Ordinal);
    }

    private Browser Copy(Browser browser) => app.CopyOf(browser).At(ProxiedApp.Away);

    private async Task<Browser> NewUserAsync()
    {
        var browser = app.NewBrowser().At(ProxiedApp.Home);
        await browser.RegisterAsync();
        return browser;
    }

    /// <summary>Ends the browser's session: another takes its place.</summary>
    private static Task<Page> SignInAnewAsync(Browser browser) => browser.SignInAsync(browser.Email);

    /// <summary>It is counted off the request's path.</summary>
    private async Task UntilCountedAsync(Browser thief, int count)
    {
        await Eventually.TrueAsync(async () => (await app.StoredAsync(thief)).Refused?.Count >= count, $"{count} attempts are counted");
        Assert.Equal(count, (await app.StoredAsync(thief)).Refused!.Count);
    }

    /// <summary>It is written down once it is counted.</summary>
    private async Task UntilToldAsync(Browser thief, int count)
    {
        await Eventually.TrueAsync(async () => (await TriesAsync(thief)).Count >= count, "the new networks are written down");
        Assert.Equal(count, (await TriesAsync(thief)).Count);
    }

    private async Task<IReadOnlyList<AuditEntry>> TriesAsync(Browser thief) =>
        [.. (await app.AuditOfAsync(app.KeyOf(thief).UserId)).Where(e => e.Action == AuditAction.RevokedSessionTried)];
}

public sealed class RefusedAttemptsOnSqlTests(ProxiedApp app) : RefusedAttemptsTests(app), IClassFixture<ProxiedApp>;

public sealed class RefusedAttemptsOnRedisTests(ProxiedRedisApp app) : RefusedAttemptsTests(app), IClassFixture<ProxiedRedisApp>
{
    private readonly ProxiedRedisApp _app = app;

    // The script would not count it either; this is about not running it.
    [Fact]
    public async Task A_flood_within_a_second_costs_one_read_each_and_no_write()
    {
        using var browser = _app.NewBrowser().At(ProxiedApp.Home);
        await browser.RegisterAsync();
        using var thief = _app.CopyOf(browser).At(ProxiedApp.Away);
        await browser.SignInAsync(browser.Email);
        await thief.PeekAsync("/account");
        await _app.SettledAsync();
        Assert.NotNull((await _app.StoredAsync(thief)).Refused);

        var commands = await _app.Redis.CommandsOfAsync(async () =>
        {
            for (var tries = 0; tries < 10; tries++)
                await thief.PeekAsync("/account");
            await _app.SettledAsync();
        });

        var own = commands.Where(command => command.Names($"{_app.KeyOf(thief).SessionId}")).ToList();
        Assert.Equal(10, own.Count);
        Assert.All(own, command => Assert.Equal("mget", command.Name));
    }
}
