using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>What is under way while sessions are ended must not outlive it: requests in flight, and sign-ins half done.</summary>
public abstract class RevocationRaceTests(TestApp app)
{
    private static readonly TimeSpan LastSeenResolution = TimeSpan.FromMinutes(1);
    private static readonly string[] Outcomes = ["/account", "/account/login"];

    [Fact]
    public async Task Requests_in_flight_do_not_bring_a_session_back()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser();
        // Remembered: it must outlive the hours that pass below.
        await other.SignInAsync(owner.Email, remember: true);
        // What a page loads does not rotate the secret: many copies of one cookie would be a theft.
        owner.Headers["Sec-Fetch-Mode"] = "cors";
        for (var round = 0; round < 5; round++)
        {
            await owner.SignInAsync(owner.Email);
            var copies = Enumerable.Range(0, 6).Select(_ => app.CopyOf(owner)).ToList();
            copies.ForEach(copy => copy.Headers["Sec-Fetch-Mode"] = "cors");
            // The principal is due to be compared, and so to be written.
            app.Clock.Advance(TimeSpan.FromMinutes(31));
            var page = await other.ConfirmAsync();

            var inFlight = copies.Select(copy => copy.GetAsync("/account")).ToList();
            await inFlight[0];
            var revocation = page.PressAsync("Sign out the other session");
            while (!revocation.IsCompleted)
            {
                // "Last seen" is due with every request.
                app.Clock.Advance(LastSeenResolution);
                inFlight.AddRange(copies.Select(copy => copy.GetAsync("/account")));
                await Task.Delay(5);
            }

            Assert.Contains("One other session was signed out.", (await revocation).Text, StringComparison.Ordinal);
            Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
            var answers = await Task.WhenAll(inFlight);
            Assert.All(answers, answer => Assert.Contains(answer.Address.AbsolutePath, Outcomes));
            Assert.Contains(answers, answer => answer.Address.AbsolutePath == "/account");
            Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
            Assert.NotNull((await FindAsync(app.KeyOf(owner)))?.Revocation);
            copies.ForEach(copy => copy.Dispose());
        }
    }

    // The order that a race hardly ever takes: a revocation is written to the journal first, which takes longer.
    [Fact]
    public async Task A_principal_that_is_saved_after_the_end_does_not_bring_a_session_back()
    {
        using Browser owner = await app.NewUserAsync(), copy = app.CopyOf(owner);
        var key = app.KeyOf(owner);
        app.Clock.Advance(TimeSpan.FromMinutes(31));

        Task<Page> inFlight;
        using (var saving = app.Principals.Hold(owner.Email))
        {
            inFlight = copy.GetAsync("/account");
            await saving.ReachedAsync();
            await Sessions.RevokeAsync(key.UserId, key.SessionId, RevocationReason.ReportedTheft);
        }

        await inFlight;
        Assert.NotNull((await FindAsync(key))!.Revocation);
        Assert.True((await FindAsync(key))!.Ticket.IsEmpty);
        Assert.Equal("/account/login", (await owner.GetAsync("/account")).Address.AbsolutePath);
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
        using Browser owner = await app.NewUserAsync(), browser = app.NewBrowser();
        var userId = app.KeyOf(owner).UserId;

        Task<Page> signIn;
        using (var check = app.Checks.Hold(owner.Email))
        {
            signIn = browser.TrySignInAsync(owner.Email, Browser.Password);
            await check.ReachedAsync();
            await Sessions.RevokeAllAsync(userId, RevocationReason.ReportedTheft);
        }

        var page = await signIn;
        Assert.Equal("/account/login", page.Address.AbsolutePath);
        Assert.Contains("All your sessions were ended while you were signing in. Please sign in again.", page.Text, StringComparison.Ordinal);
        Assert.Null(browser.SessionCookie);
        Assert.Empty((await Sessions.ListAsync(userId)).Live);
        await browser.SignInAsync(owner.Email);
    }

    private SessionManager Sessions => app.Services.GetRequiredService<SessionManager>();

    private Task<UserSession?> FindAsync(SessionKey key) => app.Services.GetRequiredService<IUserSessionStore>().FindAsync(key.UserId, key.SessionId);

    private async Task SupportEndsAllAsync(Guid userId)
    {
        using var staff = await app.SignedInAsync("sam@example.com");
        var page = await staff.GetAsync($"/admin/users/{userId}");
        page.Fill("reason", "ReportedTheft").Fill("caseReference", "CASE-1");
        page = await page.PressAsync("End the only session");
        Assert.Contains("Done. 1 session ended.", page.Text, StringComparison.Ordinal);
    }
}

public sealed class RevocationRaceOnSqlTests(SqlApp app) : RevocationRaceTests(app), IClassFixture<SqlApp>;

public sealed class RevocationRaceOnRedisTests(RedisApp app) : RevocationRaceTests(app), IClassFixture<RedisApp>;
