using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>
/// Browsers with many tabs on a bad network, in simulated time but against the real store: requests and answers take up to 25 seconds each,
/// overtake each other, and one answer in ten is lost. An honest browser must never be taken for a thief, and a thief always.
/// In full these are ten thousand requests of an honest browser, and thirty thieves.
/// </summary>
public abstract class RotationSimulationTests(TestApp app)
{
    private const double SlowestSeconds = 25;
    private const double LostShare = 0.1;
    private static readonly SessionPolicy Policy = new();

    [Fact]
    public async Task Twenty_tabs_raise_no_alarm()
    {
        var requests = Effort.Of(10_000, usual: 2000);
        var (id, owner) = await SignInAsync(20, meanGapSeconds: 100);

        var alarm = await RunAsync(new Random(1), requests, owner);

        Assert.Null(alarm);
        var session = (await Store.FindAsync(id.UserId, id.Id))!;
        Assert.Null(session.Revocation);
        Assert.Null(session.Lock);
        // A thousand requests take 78 minutes. Every quarter of an hour has its secret, whatever got lost.
        Assert.InRange(session.Secret.Number, (uint)requests / 250, (uint)requests * 6 / 1000);
        Assert.Equal(session.Secret.Number, Decode(owner.Cookie).Version.Number);
    }

    [Theory]
    [InlineData(3, 30)]
    [InlineData(4, 5)]
    [InlineData(5, 100)]
    public async Task A_thief_beside_the_owner_is_found_out(int seed, double thiefsGapSeconds)
    {
        for (var round = 0; round < Effort.Of(10, usual: 3); round++)
        {
            var (id, owner) = await SignInAsync(5, meanGapSeconds: 30);
            var thief = new SimulatedBrowser(owner.Cookie, 1, thiefsGapSeconds);
            var begun = app.Clock.GetUtcNow();

            var alarm = await RunAsync(new Random((seed * 100) + round), 10_000, owner, thief);

            Assert.NotNull(alarm);
            var found = (await Store.FindAsync(id.UserId, id.Id))!;
            Assert.True(found.Revocation?.Reason == RevocationReason.PossibleTheft || found.Lock?.Reason == LockReason.OldSecret, "Found out.");
            // Rotation and three graces, and for each of the four steps the time until somebody asks again and is heard.
            var patience = Policy.RotationInterval + (3 * Policy.RotationGrace) + (4 * TimeSpan.FromSeconds((5 * thiefsGapSeconds) + (2 * SlowestSeconds)));
            Assert.InRange(alarm.Value - begun, TimeSpan.Zero, patience);
        }
    }

    private IUserSessionStore Store => app.Services.GetRequiredService<IUserSessionStore>();

    private SessionTicketStore Tickets => app.Services.GetRequiredService<SessionTicketStore>();

    private async Task<((Guid UserId, SessionId Id) Session, SimulatedBrowser Browser)> SignInAsync(int tabs, double meanGapSeconds)
    {
        var user = Guid.NewGuid();
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user.ToString())], IdentityConstants.ApplicationScheme);
        var ticket = new AuthenticationTicket(new(identity), IdentityConstants.ApplicationScheme);
        var cookie = await Tickets.StoreAsync(ticket, NewRequest(), default);
        return ((user, Decode(cookie).SessionId), new(cookie, tabs, meanGapSeconds));
    }

    /// <summary>Runs the network until so many requests were answered or the session is ended or locked; returns when that was.</summary>
    private async Task<DateTimeOffset?> RunAsync(Random random, int requests, params SimulatedBrowser[] browsers)
    {
        var network = new PriorityQueue<Func<Task>, DateTimeOffset>();
        DateTimeOffset? ended = null;
        var answered = 0;
        foreach (var browser in browsers)
        {
            for (var tab = 0; tab < browser.Tabs; tab++)
                Later(browser.MeanGapSeconds * random.NextDouble(), () => Send(browser));
        }

        while (answered < requests && ended is null && network.TryDequeue(out var happens, out var at))
        {
            if (at > app.Clock.GetUtcNow())
                app.Clock.SetUtcNow(at);
            await happens();
        }

        return ended;

        void Later(double seconds, Func<Task> happens) => network.Enqueue(happens, app.Clock.GetUtcNow().AddSeconds(seconds));

        double Delay() => SlowestSeconds * Math.Pow(random.NextDouble(), 4);

        Task Send(SimulatedBrowser browser)
        {
            var cookie = browser.Cookie;
            Later(Delay(), () => AnswerAsync(browser, cookie));
            Later(-Math.Log(1 - random.NextDouble()) * browser.MeanGapSeconds, () => Send(browser));
            return Task.CompletedTask;
        }

        async Task AnswerAsync(SimulatedBrowser browser, string cookie)
        {
            answered++;
            var request = NewRequest();
            if (await Tickets.RetrieveAsync(cookie, request, default) is null || RequestSession.Of(request).Current!.Lock is not null)
            {
                ended = app.Clock.GetUtcNow();
                return;
            }

            await UntilNotedAsync(cookie);
            if (RequestSession.Of(request).NextKey is { } next && random.NextDouble() >= LostShare)
            {
                Later(Delay(), () =>
                {
                    browser.Cookie = next.Encode();
                    return Task.CompletedTask;
                });
            }
        }
    }

    /// <summary>The store is told off the request's path, which takes no simulated time.</summary>
    private async Task UntilNotedAsync(string cookie)
    {
        var key = Decode(cookie);
        await Eventually.TrueAsync(async () =>
        {
            var session = (await Store.FindAsync(key.UserId, key.SessionId))!;
            return session.UseOf(key.Version, app.Clock.GetUtcNow(), Policy.RotationGrace) is not (SecretUse.Next or SecretUse.Ahead);
        }, "the new secret was noted");
    }

    private static DefaultHttpContext NewRequest() => new() { Request = { Method = HttpMethods.Get } };

    private static SessionKey Decode(string cookie) => SessionKey.TryDecode(cookie, out var key) ? key : throw new InvalidOperationException("This is no key.");

    private sealed class SimulatedBrowser(string cookie, int tabs, double meanGapSeconds)
    {
        /// <summary>Shared by all tabs. What is sent is what is here at that moment; what arrives last stays.</summary>
        public string Cookie { get; set; } = cookie;

        public int Tabs => tabs;

        public double MeanGapSeconds => meanGapSeconds;
    }
}

public sealed class RotationSimulationOnSqlTests(SqlApp app) : RotationSimulationTests(app), IClassFixture<SqlApp>;

public sealed class RotationSimulationOnRedisTests(RedisApp app) : RotationSimulationTests(app),
    IClassFixture<RedisApp>;
