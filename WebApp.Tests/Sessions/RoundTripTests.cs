using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What a request costs Redis: one command when somebody is signed in, none otherwise.</summary>
[Collection(RedisApp.Collection)]
public sealed class RoundTripTests(RedisApp app)
{
    [Fact]
    public async Task A_signed_in_request_is_one_command()
    {
        using var browser = await app.NewUserAsync();
        await browser.GetAsync("/account");

        Assert.Equal(["[get, 1]"], await CommandsOfAsync(() => browser.GetAsync("/account")));
        Assert.Equal(["[get, 1]"], await CommandsOfAsync(() => browser.GetAsync("/")));
        Assert.Equal(["[get, 1]"], await CommandsOfAsync(() => browser.GetAsync("/no/such/page")));
        Assert.Equal(["[get, 20]"], await CommandsOfAsync(async () =>
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
            Assert.Empty(await CommandsOfAsync(() => browser.GetAsync(path)));
    }

    [Fact]
    public async Task A_static_file_is_no_command_even_with_a_cookie()
    {
        using var browser = await app.NewUserAsync();

        foreach (var path in new[] { "/site.css", "/times.js", "/favicon.svg" })
        {
            Page? file = null;
            Assert.Empty(await CommandsOfAsync(async () => file = await browser.GetAsync(path)));
            Assert.Equal(200, file!.Status);
        }
    }

    [Fact]
    public async Task Last_seen_is_written_once_per_resolution_however_many_requests_come()
    {
        using var browser = await app.NewUserAsync();
        for (var minute = 0; minute < 3; minute++)
        {
            Assert.Equal(["[get, 5]"], await CommandsOfAsync(() => RequestsAsync(browser, 5)));
            app.Clock.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(["[get, 5]"], await CommandsOfAsync(() => RequestsAsync(browser, 5)));
            app.Clock.Advance(TimeSpan.FromSeconds(1));

            var commands = await CommandsOfAsync(async () =>
            {
                await browser.GetAsync("/account");
                // The request does not wait for it.
                await Eventually.TrueAsync(async () => await app.Redis.CallsAsync("setrange") == 1, "last seen is written");
                await RequestsAsync(browser, 5);
            });

            Assert.Contains("[setrange, 1]", commands);
        }
    }

    [Fact]
    public async Task A_rotation_costs_one_write_which_no_request_waits_for()
    {
        using var browser = await app.NewUserAsync();
        app.Clock.Advance(new SessionPolicy().RotationInterval);
        browser.Headers["Sec-Fetch-Mode"] = "cors";
        await CommandsOfAsync(async () =>
        {
            await browser.GetAsync("/account");
            await Eventually.TrueAsync(async () => await app.Redis.CallsAsync("setrange") == 1, "last seen is written");
        });
        var old = browser.SessionCookie;
        browser.Headers["Sec-Fetch-Mode"] = "navigate";

        Assert.Equal(["[get, 1]"], await CommandsOfAsync(() => browser.GetAsync("/account")));
        Assert.NotEqual(old, browser.SessionCookie);
        var commands = await CommandsOfAsync(async () =>
        {
            await browser.GetAsync("/account");
            await Eventually.TrueAsync(async () => await app.Redis.CallsAsync("setrange") == 1, "the new secret is noted");
            await RequestsAsync(browser, 5);
        });

        // The requests' own, and the one inside the script.
        Assert.Contains("[get, 7]", commands);
        Assert.Contains("[setrange, 1]", commands);
        Assert.Equal(["[get, 1]"], await CommandsOfAsync(() => browser.GetAsync("/account")));
    }

    private static async Task RequestsAsync(Browser browser, int count)
    {
        for (var i = 0; i < count; i++)
            await browser.GetAsync("/account");
    }

    private async Task<IEnumerable<string>> CommandsOfAsync(Func<Task> act)
    {
        await app.Redis.CliAsync("CONFIG", "RESETSTAT");
        await act();
        return (await app.Redis.CommandsAsync()).Select(command => command.ToString()).Order(StringComparer.Ordinal);
    }
}
