using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Sessions.Sql;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>The verbs of pages, and the events that they raise.</summary>
[Trait("Lane", "Fast")]
public sealed class SessionManagerTests : IDisposable
{
    private readonly SqliteDatabase _database = new();
    private readonly TestClock _clock = new();
    private readonly List<SessionEvent> _raised = [];
    private readonly SqlUserSessionStore _store;
    private readonly SessionManager _sessions;
    private readonly Guid _user = Guid.NewGuid();

    public SessionManagerTests()
    {
        var events = new SessionEvents();
        events.Connect(raised =>
        {
            _raised.Add(raised);
            return Task.CompletedTask;
        });
        _store = new(_database, Options.Create(new SessionPolicy()), _clock);
        _sessions = new(_store, events, _clock);
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task Live_sessions_are_listed_by_when_they_were_last_seen_and_ended_ones_by_when_they_ended()
    {
        var (seenFirst, seenLast, seenBetween) = (await AddAsync(seenMinutesAgo: 30), await AddAsync(seenMinutesAgo: 1), await AddAsync(seenMinutesAgo: 15));
        var (endedFirst, endedLast) = (await AddAsync(), await AddAsync());
        await _sessions.RevokeAsync(_user, endedFirst, RevocationReason.SignedOutElsewhere);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _sessions.RevokeAsync(_user, endedLast, RevocationReason.SignedOutElsewhere);

        var all = await _sessions.ListAsync(_user);

        Assert.Equal([seenLast, seenBetween, seenFirst], all.Live.Select(s => s.Id));
        Assert.Equal([endedLast, endedFirst], all.Revoked.Select(s => s.Id));
    }

    [Fact]
    public async Task An_expired_session_is_listed_nowhere()
    {
        await AddAsync();
        _clock.Advance(TimeSpan.FromHours(1));

        var all = await _sessions.ListAsync(_user);

        Assert.Empty(all.Live);
        Assert.Empty(all.Revoked);
    }

    [Fact]
    public async Task The_end_of_a_session_is_told_once_with_its_reason()
    {
        var id = await AddAsync();

        Assert.True(await _sessions.RevokeAsync(_user, id, RevocationReason.UserRequest, "C-17"));
        Assert.False(await _sessions.RevokeAsync(_user, id, RevocationReason.ReportedTheft, "C-18"));

        Assert.Equal([new SessionRevoked(_user, id, new(Now, RevocationReason.UserRequest, "C-17"))], _raised);
    }

    [Fact]
    public async Task Nothing_is_told_of_a_session_that_was_not_the_users()
    {
        var id = await AddAsync();

        Assert.False(await _sessions.RevokeAsync(Guid.NewGuid(), id, RevocationReason.SignedOutElsewhere));

        Assert.Empty(_raised);
        Assert.Single((await _sessions.ListAsync(_user)).Live);
    }

    [Fact]
    public async Task Ending_the_others_spares_this_session_and_tells_each_end()
    {
        var (current, one, other) = (await AddAsync(), await AddAsync(), await AddAsync());

        var ended = await _sessions.RevokeOthersAsync(_user, current, RevocationReason.PasswordChanged);

        Assert.Equal(2, ended);
        Assert.Equal([current], (await _sessions.ListAsync(_user)).Live.Select(s => s.Id));
        Assert.Equal(Sorted([one, other]), Sorted(_raised.Select(e => e.SessionId)));
        Assert.All(_raised, e => Assert.Equal(new Revocation(Now, RevocationReason.PasswordChanged), ((SessionRevoked)e).Revocation));
    }

    [Fact]
    public async Task Ending_all_spares_none_and_nobody_elses()
    {
        var (one, other) = (await AddAsync(), await AddAsync());
        var stranger = Samples.Session(Now);
        await _store.AddAsync(stranger, default);

        var ended = await _sessions.RevokeAllAsync(_user, RevocationReason.ReportedTheft, "C-19");

        Assert.Equal(2, ended);
        Assert.Empty((await _sessions.ListAsync(_user)).Live);
        Assert.Equal(Sorted([one, other]), Sorted(_raised.Select(e => e.SessionId)));
        Assert.Single((await _sessions.ListAsync(stranger.UserId)).Live);
    }

    [Fact]
    public async Task Without_a_listener_a_session_ends_all_the_same()
    {
        var id = await AddAsync();

        Assert.True(await new SessionManager(_store, new SessionEvents(), _clock).RevokeAsync(_user, id, RevocationReason.SignedOut));
    }

    [Fact]
    public async Task A_sign_in_remembers_the_generation_from_before_the_first_proof()
    {
        var context = new DefaultHttpContext();
        var before = await _store.GetGenerationAsync(_user);

        await _sessions.BeginSignInAsync(context, _user);
        await _sessions.RevokeAllAsync(_user, RevocationReason.UserRequest);

        Assert.Equal(before, RequestSession.Of(context).SignInGeneration);
        Assert.NotEqual(before, await _store.GetGenerationAsync(_user));
    }

    private async Task<SessionId> AddAsync(int seenMinutesAgo = 0)
    {
        var session = Samples.Session(Now, _user) with { LastSeenAt = Now.AddMinutes(-seenMinutesAgo) };
        Assert.NotNull(await _store.AddAsync(session, await _store.GetGenerationAsync(_user)));
        return session.Id;
    }

    private static IEnumerable<string> Sorted(IEnumerable<SessionId> ids) => ids.Select(id => id.ToString()).Order(StringComparer.Ordinal);
}
