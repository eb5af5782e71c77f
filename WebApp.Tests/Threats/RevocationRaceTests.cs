using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>What is under way while sessions are ended must not outlive it: requests in flight, and sign-ins half done.</summary>
public abstract class RevocationRaceTests(TestApp app)
{
    private static readonly TimeSpan LastSeenResolution = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Requests_in_flight_do_not_bring_a_session_back()
    {
        using var owner = await app.NewUserAsync();
        using var other = app.NewBrowser();
        // Remembered: it must outlive the hours that the requests below let pass.
        await other.SignInAsync(owner.Email, remember: true);
        var page = await other.GetAsync("/account/sessions");
        // From here on each request writes: "last seen", and the principal, which is due to be checked.
        app.Clock.Advance(TimeSpan.FromMinutes(31));
        var requests = new ConcurrentBag<(long Started, string Answer)>();
        using var stop = new CancellationTokenSource();
        var running = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var copy = app.CopyOf(owner);
            while (!stop.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                requests.Add((started, (await copy.GetAsync("/account")).Address.AbsolutePath));
                app.Clock.Advance(LastSeenResolution);
            }
        })).ToList();
        await Eventually.TrueAsync(() => requests.Count > 40, "the requests flow");

        await page.PressAsync("Sign out the other session");
        var revoked = Stopwatch.GetTimestamp();
        var before = requests.Count;
        await Eventually.TrueAsync(() => requests.Count > before + 40, "the requests flow on");
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.Contains(requests, r => r.Answer == "/account");
        Assert.All(requests.Where(r => r.Started > revoked), r => Assert.Equal("/account/login", r.Answer));
        Assert.NotNull((await FindAsync(app.KeyOf(owner)))!.Revocation);
    }

    [Fact]
    public async Task A_form_held_in_flight_does_not_bring_a_session_back()
    {
        using var owner = await app.NewUserAsync();
        var key = app.KeyOf(owner);
        var form = await owner.GetAsync("/account/sessions");
        var held = await HeldPost.SendAsync(app, owner, "/account/sessions?handler=RevokeOthers", ("__RequestVerificationToken", form.AntiforgeryToken));

        await SupportEndsAllAsync(key.UserId);
        await held.FinishAsync();

        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
        Assert.NotNull((await FindAsync(key))!.Revocation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_of_password_held_in_flight_does_not_begin_a_new_session(bool all)
    {
        using var owner = await app.NewUserAsync();
        var key = app.KeyOf(owner);
        var form = await owner.GetAsync("/account/change-password");
        var held = await HeldPost.SendAsync(app, owner, "/account/change-password",
            ("CurrentPassword", Browser.Password), ("NewPassword", "another good passphrase"), ("__RequestVerificationToken", form.AntiforgeryToken));

        if (all)
            await SupportEndsAllAsync(key.UserId);
        else
            await Sessions.RevokeAsync(key.UserId, key.SessionId, RevocationReason.ReportedTheft);
        var answer = await held.FinishAsync();

        Assert.Equal(302, answer.Status);
        Assert.Empty((await Sessions.ListAsync(key.UserId)).Live);
        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_sign_in_under_way_while_all_sessions_are_ended_is_refused_and_says_so()
    {
        using var owner = await app.NewUserAsync();
        var userId = app.KeyOf(owner).UserId;
        var browsers = Enumerable.Range(0, 3).Select(_ => app.NewBrowser()).ToList();

        // Hashing the password takes far longer than one turn of the loop: every sign-in has an end of all sessions in its middle.
        var signIns = Task.WhenAll(browsers.Select(browser => browser.TrySignInAsync(owner.Email, Browser.Password)));
        while (!signIns.IsCompleted)
        {
            await Sessions.RevokeAllAsync(userId, RevocationReason.ReportedTheft);
            await Task.Delay(2);
        }

        Assert.All(await signIns, page =>
        {
            Assert.Equal("/account/login", page.Address.AbsolutePath);
            Assert.Contains("All your sessions were ended while you were signing in. Please sign in again.", page.Text, StringComparison.Ordinal);
        });
        Assert.Empty((await Sessions.ListAsync(userId)).Live);
        using var again = app.NewBrowser();
        await again.SignInAsync(owner.Email);
        browsers.ForEach(browser => browser.Dispose());
    }

    private SessionManager Sessions => app.Services.GetRequiredService<SessionManager>();

    private Task<UserSession?> FindAsync(SessionKey key) => app.Services.GetRequiredService<IUserSessionStore>().FindAsync(key.UserId, key.SessionId);

    private async Task SupportEndsAllAsync(Guid userId)
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{userId}");
        page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1");
        page = await page.PressAsync("End the only session");
        Assert.Contains("One session was ended.", page.Text, StringComparison.Ordinal);
    }
}

[Collection(SqlApp.Collection)]
public sealed class RevocationRaceOnSqlTests(SqlApp app) : RevocationRaceTests(app);

[Collection(RedisApp.Collection)]
public sealed class RevocationRaceOnRedisTests(RedisApp app) : RevocationRaceTests(app);
