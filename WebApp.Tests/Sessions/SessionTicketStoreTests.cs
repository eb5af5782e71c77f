using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What becomes of a session whose record no longer makes sense, and when its use is written down.</summary>
[Trait("Lane", "Fast")]
public sealed class SessionTicketStoreTests(SqlApp app) : IClassFixture<SqlApp>
{
    private readonly IUserSessionStore _store = app.Services.GetRequiredService<IUserSessionStore>();
    private readonly SessionPolicy _policy = new();

    [Fact]
    public async Task A_session_whose_ticket_can_not_be_read_is_ended_and_said_so_once()
    {
        using var browser = await app.NewUserAsync();
        var session = await SessionOfAsync(browser);
        Assert.True(await _store.UpdateTicketAsync(session.UserId, session.Id, new byte[100], 0));

        var first = await browser.GetAsync("/account/login");
        var second = await browser.GetAsync("/account/sessions");

        Assert.Contains("A security rule ended this session", first.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", second.Address.AbsolutePath);
        Assert.Contains("A security rule ended this session", second.Text, StringComparison.Ordinal);
        Assert.Equal(RevocationReason.Unreadable, (await _store.FindAsync(session.UserId, session.Id))!.Revocation!.Reason);
        Assert.Single(app.Log.Lines, line => line.Contains($"The ticket of session {session.Id}", StringComparison.Ordinal));
        var entry = Assert.Single(await app.AuditOfAsync(session.UserId), e => e.Action == AuditAction.SessionEnded);
        Assert.Equal((nameof(RevocationReason.Unreadable), null), (entry.Reason, entry.ActorId));
    }

    [Fact]
    public async Task Another_sessions_ticket_signs_nobody_in()
    {
        using var browser = await app.NewUserAsync();
        using var admin = await app.SignedInAsync("ada@example.com");
        var (mine, theirs) = (await SessionOfAsync(browser), await SessionOfAsync(admin));

        await _store.UpdateTicketAsync(mine.UserId, mine.Id, theirs.Ticket, 0);

        Assert.Equal("/account/login", (await browser.GetAsync("/admin/users")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Use_is_written_down_only_when_the_last_one_is_stale()
    {
        using var browser = await app.NewUserAsync();
        var begun = await SessionOfAsync(browser);

        app.Clock.Advance(_policy.TouchInterval(begun) - TimeSpan.FromMilliseconds(1));
        await browser.GetAsync("/account");
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await browser.GetAsync("/account");
        var due = app.Clock.GetUtcNow();

        await Eventually.TrueAsync(async () => (await SessionOfAsync(browser)).LastSeenAt > begun.LastSeenAt, "the use is written down");
        Assert.Equal(due, (await SessionOfAsync(browser)).LastSeenAt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_begins_with_the_deadlines_of_its_kind(bool remember)
    {
        var account = await app.NewAccountAsync();
        using var browser = app.NewBrowser();

        await browser.SignInAsync(account.Email!, remember: remember);

        var (session, now) = (await SessionOfAsync(browser), app.Clock.GetUtcNow());
        Assert.Equal(
            (remember, now, now, _policy.IdleWindow(Terms(remember).IdleTimeout), now + Terms(remember).AbsoluteTimeout),
            (session.Remembered, session.CreatedAt, session.LastSeenAt, session.IdleTimeout, session.AbsoluteDeadline));
        Assert.Equal(("pwd", "127.0.0.1", "127.0.0.1"), (session.SignInMethod, session.SignInAddress?.ToString(), session.LastAddress?.ToString()));
    }

    private async Task<UserSession> SessionOfAsync(Browser browser)
    {
        var ticket = app.Services.GetRequiredService<SessionCookieFormat>().Unprotect(browser.SessionCookie)!;
        Assert.True(SessionKey.TryDecode(ticket.Principal.Claims.Single().Value, out var key));
        return (await _store.FindAsync(key.UserId, key.SessionId))!;
    }

    private SessionTerms Terms(bool remembered) => _policy.TermsFor(new(), remembered);
}
