using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What a request costs Redis: one command when somebody is signed in, none otherwise.</summary>
public sealed class RoundTripTests(RedisApp app) : IClassFixture<RedisApp>
{
    [Fact]
    public async Task A_signed_in_request_is_one_command()
    {
        using var browser = await app.NewUserAsync();
        await browser.GetAsync("/account");

        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/account")));
        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/")));
        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/no/such/page")));
        Assert.Equal(["[mget, 20]"], await CommandsOfAsync(browser, async () =>
        {
            for (var i = 0; i < 20; i++)
                await browser.GetAsync("/account");
        }));
    }

    [Fact]
    public async Task A_request_without_a_cookie_is_no_command()
    {
        using var browser = app.NewBrowser();

        foreach (var path in new[] { "/", "/account/login", "/account/register", "/account", "/no/such/page", "/health/live" })
            Assert.Empty(await CommandsOfAsync(command => command.NamesAnybody, () => browser.GetAsync(path)));
    }

    [Fact]
    public async Task A_static_file_is_no_command_even_with_a_cookie()
    {
        using var browser = await app.NewUserAsync();

        foreach (var path in new[] { "/site.css", "/times.js", "/favicon.svg" })
        {
            Page? file = null;
            Assert.Empty(await CommandsOfAsync(browser, async () => file = await browser.GetAsync(path)));
            Assert.Equal(200, file!.Status);
        }
    }

    [Fact]
    public async Task Last_seen_is_written_once_per_resolution_however_many_requests_come()
    {
        using var browser = await app.NewUserAsync();
        for (var minute = 0; minute < 3; minute++)
        {
            Assert.Equal(["[mget, 5]"], await CommandsOfAsync(browser, () => RequestsAsync(browser, 5)));
            app.Clock.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(["[mget, 5]"], await CommandsOfAsync(browser, () => RequestsAsync(browser, 5)));
            app.Clock.Advance(TimeSpan.FromSeconds(1));

            var commands = await CommandsOfAsync(browser, async () =>
            {
                await browser.GetAsync("/account");
                // The request does not wait for it.
                await app.SettledAsync();
                await RequestsAsync(browser, 5);
            });

            Assert.Contains("[set, 1]", commands);
        }
    }

    [Fact]
    public async Task A_rotation_costs_one_write_which_no_request_waits_for()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(new SessionPolicy().RotationInterval);
        browser.Headers["Sec-Fetch-Mode"] = "cors";
        await browser.GetAsync("/account");
        await app.SettledAsync();
        var old = browser.SessionCookie;
        browser.Headers["Sec-Fetch-Mode"] = "navigate";

        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/account")));
        Assert.NotEqual(old, browser.SessionCookie);
        var commands = await CommandsOfAsync(browser, async () =>
        {
            await browser.GetAsync("/account");
            await app.SettledAsync();
            await RequestsAsync(browser, 5);
        });

        // The requests' own, and the script's: of the session and of the epoch.
        Assert.Contains("[mget, 6]", commands);
        Assert.Contains("[get, 2]", commands);
        Assert.Contains("[set, 1]", commands);
        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/account")));
    }

    [Fact]
    public async Task A_locked_sessions_request_is_one_command_like_any_other()
    {
        using var browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        Assert.True(await app.Services.GetRequiredService<SessionManager>().LockAsync(key.UserId, key.SessionId, LockReason.User));

        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.PeekAsync("/account")));
        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.PeekAsync("/account/confirm")));
    }

    // Look-up, taking the attempt, and the confirmation: each write is one script, which reads the record and rewrites a part of it.
    [Fact]
    public async Task Confirming_is_one_look_up_and_two_writes()
    {
        using var browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        await app.Services.GetRequiredService<SessionManager>().LockAsync(key.UserId, key.SessionId, LockReason.User);
        var form = (await browser.GetAsync("/account/confirm")).Fill("Password", Browser.Password);

        var commands = await CommandsOfAsync(browser, async () => await form.SendAsync("Confirm"));

        Assert.Contains("[mget, 1]", commands);
        Assert.Contains("[get, 4]", commands);
        Assert.Contains("[set, 2]", commands);
    }

    [Fact]
    public async Task The_first_request_after_a_change_of_rights_writes_once_and_the_next_does_not()
    {
        using var browser = await app.NewUserAsync();
        await browser.GetAsync("/account");
        var store = app.Services.GetRequiredService<IUserSessionStore>();
        await store.RequireRightsAsync(app.KeyOf(browser).UserId, 1);
        await app.InRequestAsync<AppDbContext>(async db =>
            await db.Users.Where(u => u.Email == browser.Email).ExecuteUpdateAsync(set => set.SetProperty(u => u.RightsVersion, 1)));

        var first = await CommandsOfAsync(browser, () => browser.GetAsync("/"));

        // The look-up, and the script that saves the rebuilt principal.
        Assert.Contains("[mget, 1]", first);
        Assert.Contains("[get, 2]", first);
        Assert.Contains("[set, 1]", first);
        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/")));
    }

    // The database was restored from a backup, and its number is behind the store's.
    [Fact]
    public async Task A_version_that_the_account_never_had_is_looked_for_once_and_not_with_every_request()
    {
        using var browser = await app.NewUserAsync();
        await app.Services.GetRequiredService<IUserSessionStore>().RequireRightsAsync(app.KeyOf(browser).UserId, 5);
        await browser.GetAsync("/");

        Assert.Equal(["[mget, 1]"], await CommandsOfAsync(browser, () => browser.GetAsync("/")));
    }

    [Fact]
    public async Task A_revoked_cookies_request_is_one_command_and_one_write_a_second_at_most()
    {
        using var browser = await app.NewUserAsync();
        var key = app.KeyOf(browser);
        await app.Services.GetRequiredService<SessionManager>().RevokeAsync(key.UserId, key.SessionId, RevocationReason.SignedOutElsewhere);

        var commands = await CommandsOfAsync(browser, async () =>
        {
            await browser.PeekAsync("/account");
            await app.SettledAsync();
            for (var i = 0; i < 9; i++)
                await browser.PeekAsync("/account");
        });

        Assert.Contains("[mget, 10]", commands);
        Assert.Contains("[get, 2]", commands);
        Assert.Contains("[set, 1]", commands);
    }

    private static async Task RequestsAsync(Browser browser, int count)
    {
        for (var i = 0; i < count; i++)
            await browser.GetAsync("/account");
    }

    /// <summary>About the browser's person and session.</summary>
    private Task<IEnumerable<string>> CommandsOfAsync(Browser browser, Func<Task> act)
    {
        var key = app.KeyOf(browser);
        return CommandsOfAsync(command => command.Names($"{key.UserId:N}") || command.Names($"{key.SessionId}"), act);
    }

    private async Task<IEnumerable<string>> CommandsOfAsync(Func<RedisCommand, bool> own, Func<Task> act) =>
        (await app.Redis.CommandsOfAsync(act)).Where(own).GroupBy(command => command.Name)
            .Select(commands => $"[{commands.Key}, {commands.Count()}]").Order(StringComparer.Ordinal);
}
