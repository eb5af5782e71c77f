using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>An old secret comes back, and the network says whether it may be its owner's.</summary>
public abstract class TheftFromAfarTests(ProxiedApp app)
{
    private const string Elsewhere = "192.0.2.44";
    private static readonly SessionPolicy Policy = new();

    [Fact]
    public async Task A_copy_in_another_network_than_the_secret_in_use_ends_the_session()
    {
        using Browser owner = (await NewUserAsync()).At(ProxiedApp.Home), thief = app.CopyOf(owner).At(ProxiedApp.Away);
        await RotateAsync(owner);
        app.Clock.Advance(Policy.RotationGrace);

        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);

        Assert.Equal(RevocationReason.PossibleTheft, (await app.StoredAsync(owner)).Revocation!.Reason);
    }

    // He shows it while it still opens pages, so that his network looks like the session's.
    [Fact]
    public async Task A_copy_shown_within_the_grace_does_not_make_its_network_the_sessions()
    {
        using Browser owner = (await NewUserAsync()).At(ProxiedApp.Home), thief = app.CopyOf(owner).At(ProxiedApp.Away);
        await RotateAsync(owner);
        app.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("/account", (await thief.GetAsync("/account")).Address.AbsolutePath);
        await app.SettledAsync();
        app.Clock.Advance(Policy.RotationGrace);

        await thief.GetAsync("/account");

        Assert.Equal(RevocationReason.PossibleTheft, (await app.StoredAsync(owner)).Revocation!.Reason);
    }

    // A phone whose answer was lost as it went from one network to the next.
    [Fact]
    public async Task A_browser_that_missed_its_new_cookie_and_moved_is_asked_and_not_called_a_thief()
    {
        using var owner = (await NewUserAsync()).At(ProxiedApp.Home);
        app.Clock.Advance(Policy.RecentSignIn);
        var form = (await owner.GetAsync("/account/confirm")).Fill("Password", Browser.Password);
        var before = owner.SessionCookie;
        await form.SendAsync("Confirm");
        owner.SessionCookie = before;
        owner.At(Elsewhere);
        app.Clock.Advance(Policy.RotationGrace);

        Assert.Equal("/account/confirm", (await owner.GetAsync("/account")).Address.AbsolutePath);

        Assert.Equal("/account", (await owner.ConfirmAsync("/account")).Address.AbsolutePath);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.SessionEnded);
    }

    [Fact]
    public async Task A_third_network_is_told_even_right_after_a_move()
    {
        using var owner = (await NewUserAsync()).At(ProxiedApp.Home);
        await MoveAsync(owner, ProxiedApp.Away);
        await MoveAsync(owner, Elsewhere);
        // Back and forth between the two is what phones do.
        await MoveAsync(owner, ProxiedApp.Away);
        await MoveAsync(owner, Elsewhere);

        var moves = (await app.AuditOfAsync(app.KeyOf(owner).UserId)).Where(e => e.Action == AuditAction.SessionMoved).Select(e => e.Address);

        Assert.Equal([ProxiedApp.Away, Elsewhere], moves);
    }

    [Fact]
    public async Task A_machine_with_both_versions_of_the_protocol_does_not_move()
    {
        using var owner = (await NewUserAsync()).At(ProxiedApp.Home);
        foreach (var address in new[] { "2001:db8::7", ProxiedApp.Home, "2001:db8::7" })
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await owner.At(address).GetAsync("/account");
            await Eventually.TrueAsync(async () => (await app.StoredAsync(owner)).LastAddress?.ToString() == address, "the use is recorded");
        }

        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action is AuditAction.SessionMoved or AuditAction.SignalRaised);
    }

    private async Task<Browser> NewUserAsync()
    {
        var browser = app.NewBrowser().At(ProxiedApp.Home);
        await browser.RegisterAsync();
        return browser;
    }

    private async Task MoveAsync(Browser browser, string address)
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await browser.At(address).GetAsync("/account");
        await Eventually.TrueAsync(async () => (await app.StoredAsync(browser)).LastAddress?.ToString() == address, "the use is recorded");
        // The line follows the record.
        await app.SettledAsync();
    }

    private async Task RotateAsync(Browser browser)
    {
        app.Clock.Advance(Policy.RotationInterval);
        await browser.GetAsync("/account");
        await browser.GetAsync("/account");
        await Eventually.TrueAsync(async () => (await app.StoredAsync(browser)).Secret == app.KeyOf(browser).Version, "the new secret was noted");
    }
}

public sealed class TheftFromAfarOnSqlTests(ProxiedApp app) : TheftFromAfarTests(app), IClassFixture<ProxiedApp>;

public sealed class TheftFromAfarOnRedisTests(ProxiedRedisApp app) : TheftFromAfarTests(app), IClassFixture<ProxiedRedisApp>;
