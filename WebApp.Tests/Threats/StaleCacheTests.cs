using System.Diagnostics;
using WebApp.Sessions;
using WebApp.Tests.Testing;
using static WebApp.Tests.Testing.CachedApps;

namespace WebApp.Tests.Threats;

/// <summary>
/// A thief whose session was ended hopes that one instance has not heard of it. Whatever breaks between the instances, none serves an ended
/// session for more than two seconds.
/// </summary>
public sealed class StaleCacheTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private readonly CachedApps _apps = new();

    public Task InitializeAsync() => _apps.InitializeAsync();

    public Task DisposeAsync() => _apps.DisposeAsync();

    [Fact]
    public async Task A_cut_link_to_Redis_ends_the_trust_before_the_bound()
    {
        using var browser = await _apps.CachedAsync();

        _apps.Link.Cut();
        await EndAsync(browser);

        await RefusedAsync(browser);
        _apps.Link.Mend();
        await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == false, "the instance answers again, and knows");
    }

    [Fact]
    public async Task A_broken_connection_is_mended_without_a_revocation_getting_lost()
    {
        for (var round = 0; round < 5; round++)
        {
            using var browser = await _apps.CachedAsync();

            _apps.Link.Break();
            await EndAsync(browser);

            await RefusedAsync(browser);
            await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == false, "the instance answers again, and knows");
        }
    }

    // The client mends the subscription by itself, within milliseconds: what was published meanwhile never comes.
    [Fact]
    public async Task A_dropped_subscriber_forgets_all_it_knew()
    {
        await UntilTrustedAsync(_apps.One);
        for (var round = 0; round < 8; round++)
        {
            using var browser = await _apps.CachedAsync();

            await Task.WhenAll(_apps.Redis.CliAsync("CLIENT", "KILL", "TYPE", "pubsub"), EndAsync(browser));

            await RefusedAsync(browser);
        }
    }

    [Fact]
    public async Task A_frozen_Redis_ends_the_trust_before_the_bound()
    {
        using var browser = await _apps.CachedAsync();
        var key = _apps.One.KeyOf(browser);

        await _apps.Redis.FreezeAsync();
        try
        {
            await RefusedAsync(browser);
            Assert.Null(await IsSignedInAsync(browser));
        }
        finally
        {
            await _apps.Redis.ThawAsync();
        }

        await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == true, "the instance answers again");
        await UntilTrustedAsync(_apps.One);
        Assert.True(await StoreOf(_apps.Two).RevokeAsync(key.UserId, key.SessionId, Samples.Revocation(_apps.One.Clock.GetUtcNow())));
        await RefusedAsync(browser);
    }

    [Fact]
    public async Task A_Redis_that_was_restarted_and_knows_nobody_is_believed()
    {
        using var browser = await _apps.CachedAsync();

        await _apps.Redis.StopAsync();
        await _apps.Redis.StartAsync();

        await RefusedAsync(browser);
        await Eventually.TrueAsync(async () => await IsSignedInAsync(browser) == false, "the instance answers again, and knows");
    }

    [Fact]
    public async Task Under_load_and_faults_at_random_no_ended_session_is_served_past_the_bound()
    {
        var random = new Random(4);
        using var stop = new CancellationTokenSource();
        var faults = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                switch (random.Next(3))
                {
                    case 0: _apps.Link.Break(); break;
                    case 1: await _apps.Redis.CliAsync("CLIENT", "KILL", "TYPE", "pubsub"); break;
                    default: _apps.Link.Cut(); await Task.Delay(random.Next(300)); _apps.Link.Mend(); break;
                }

                await Task.Delay(random.Next(700));
            }
        });

        // Each person's browser asks as fast as it can, and somewhere in between the session ends elsewhere.
        var served = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            using var browser = await Eventually.AnyAsync(_apps.Two.NewUserAsync);
            using var here = _apps.One.CopyOf(browser);
            var worst = TimeSpan.Zero;
            for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromMilliseconds(1500);)
                await IsSignedInAsync(here);

            await EndAsync(browser);
            var (ended, sent) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
            // One at least that is past the bound, however long the others take.
            while (sent < Bound || Stopwatch.GetElapsedTime(ended) < Bound + Bound)
            {
                sent = Stopwatch.GetElapsedTime(ended);
                if (await IsSignedInAsync(here) == true)
                    worst = sent;
            }

            return worst;
        }));

        await stop.CancelAsync();
        await faults;
        Assert.All(served, worst => Assert.InRange(worst, TimeSpan.Zero, Bound));
    }

    // The clock goes on while a process is stopped: when it wakes up, it trusts nothing that it knew.
    [Fact]
    public async Task An_instance_that_was_frozen_does_not_serve_what_ended_meanwhile()
    {
        await using var process = await AppProcess.StartAsync(_apps.Redis.ConnectionString, _apps.One.Database);
        using var browser = await _apps.Two.NewUserAsync();
        using var there = new Browser(process.Address, browser.Headers["User-Agent"]) { SessionCookie = browser.SessionCookie };
        for (var round = 0; round < 3; round++)
        {
            await browser.SignInAsync(browser.Email);
            there.SessionCookie = browser.SessionCookie;
            await Eventually.TrueAsync(async () => await IsSignedInAsync(there) == true, "the instance serves the session");

            await process.FreezeAsync();
            await EndAsync(browser);
            await Task.Delay(RedisLease);
            await process.ThawAsync();

            Assert.NotEqual(true, await IsSignedInAsync(there));
        }
    }

    private static TimeSpan RedisLease => WebApp.Sessions.Redis.RedisInvalidations.Lease;

    /// <summary>On the other instance, which is well.</summary>
    private async Task EndAsync(Browser browser)
    {
        var key = _apps.Two.KeyOf(browser);
        // In between, its own connection may be one of those that broke.
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await StoreOf(_apps.Two).RevokeAsync(key.UserId, key.SessionId, Samples.Revocation(_apps.Two.Clock.GetUtcNow()))
                    || (await StoreOf(_apps.Two).FindAsync(key.UserId, key.SessionId))?.Revocation is not null;
            }
            catch (SessionStoreUnavailableException)
            {
                return false;
            }
        }, "the session ends");
    }

    private static async Task RefusedAsync(Browser browser)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            var sent = Stopwatch.GetElapsedTime(started);
            if (await IsSignedInAsync(browser) != true)
                return;

            Assert.True(sent < Bound, $"Still signed in by a request sent {sent} after the end");
        }
    }
}
