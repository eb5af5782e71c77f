using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What <see cref="IUserSessionStore.EndEveryoneAsync"/> promises, for each implementation.</summary>
public abstract class EndEveryoneContract : IAsyncLifetime
{
    protected TestClock Clock { get; } = new();

    protected IUserSessionStore Store { get; private set; } = null!;

    protected DateTimeOffset Now => Clock.GetUtcNow();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    protected abstract Task<IUserSessionStore> OpenAsync();

    /// <summary>Makes tombstones of what ended, as is done behind it.</summary>
    protected abstract Task PutAwayAsync();

    [Fact]
    public async Task Everybodys_sessions_are_tombstones_at_once_and_say_why()
    {
        var (one, other) = (await AddAsync(), await AddAsync());
        var revocation = new Revocation(Now, RevocationReason.SuspiciousActivity, "INC-1");

        await Store.EndEveryoneAsync(revocation, spared: null);

        foreach (var session in new[] { one, other })
        {
            var tombstone = session with { Revocation = revocation, Ticket = default };
            Samples.AssertSame(tombstone, await Store.FindAsync(session.UserId, session.Id));
            Samples.AssertSame(tombstone, Assert.Single(await Store.ListAsync(session.UserId)));
        }
    }

    [Fact]
    public async Task Who_signs_in_afterwards_is_signed_in_until_the_next_time()
    {
        await EndEveryoneAsync();
        var session = await AddAsync();

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
        Assert.NotNull(await Store.TouchAsync(session.UserId, session.Id, new(Now.AddMinutes(2), null)));

        await EndEveryoneAsync();

        Assert.NotNull((await Store.FindAsync(session.UserId, session.Id))!.Revocation);
    }

    [Fact]
    public async Task A_sign_in_that_is_under_way_is_refused()
    {
        var user = Guid.NewGuid();
        var before = await Store.GetGenerationAsync(user);

        await EndEveryoneAsync();

        Assert.Null(await Store.AddAsync(Samples.Session(Now, user), before));
        Assert.Equal(AddOutcome.Superseded, await Store.AddIfRoomAsync(Samples.Session(Now, user), before, 5));
        Assert.Empty(await Store.ListAsync(user));
    }

    [Fact]
    public async Task The_one_that_is_spared_stays_and_is_not_spared_the_next_time()
    {
        var user = Guid.NewGuid();
        var (spared, other) = (await AddAsync(user), await AddAsync(user));

        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(user, spared.Id));

        Samples.AssertSame(spared, await Store.FindAsync(user, spared.Id));
        Assert.NotNull((await Store.FindAsync(user, other.Id))!.Revocation);

        await EndEveryoneAsync();

        Assert.NotNull((await Store.FindAsync(user, spared.Id))!.Revocation);
    }

    [Fact]
    public async Task The_one_that_is_spared_may_have_signed_in_and_been_seen_long_before()
    {
        var spared = await AddAsync(Samples.Session(Now) with { IdleTimeout = TimeSpan.FromHours(12) });
        Clock.Advance(TimeSpan.FromHours(2));

        await Store.EndEveryoneAsync(new(Now, RevocationReason.Maintenance, "INC-5"), new(spared.UserId, spared.Id));
        var later = await AddAsync();

        Samples.AssertSame(spared, await Store.FindAsync(spared.UserId, spared.Id));
        Assert.Equal([later.Id, spared.Id], (await Store.ListAllAsync(new(), after: null, 50)).Sessions.Select(s => s.Id));
        var first = await Store.ListAllAsync(new(), after: null, 1);
        var second = await Store.ListAllAsync(new(), first.Next, 1);
        Assert.Equal([later.Id, spared.Id], first.Sessions.Concat(second.Sessions).Select(s => s.Id));
        Assert.NotNull(await Store.TouchAsync(spared.UserId, spared.Id, new(Now, null)));
        Assert.Equal([later.Id, spared.Id], (await Store.ListAllAsync(new(), after: null, 50)).Sessions.OrderBy(s => s.CreatedAt < later.CreatedAt).Select(s => s.Id));
    }

    [Fact]
    public async Task To_be_spared_brings_nobody_back_who_had_been_ended()
    {
        var (first, revoked) = (await AddAsync(), await AddAsync());
        await EndEveryoneAsync();
        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(first.UserId, first.Id));

        Assert.NotNull((await Store.FindAsync(first.UserId, first.Id))!.Revocation);

        var later = await AddAsync();
        await Store.RevokeAsync(later.UserId, later.Id, Samples.Revocation(Now));
        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(later.UserId, later.Id));
        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(first.UserId, revoked.Id));

        Assert.NotNull((await Store.FindAsync(later.UserId, later.Id))!.Revocation);
        Assert.NotNull((await Store.FindAsync(revoked.UserId, revoked.Id))!.Revocation);
    }

    [Fact]
    public async Task Nothing_that_a_request_under_way_still_writes_brings_a_session_back()
    {
        var session = await AddAsync();

        var revocation = new Revocation(Now, RevocationReason.Maintenance, "INC-4");
        await Store.EndEveryoneAsync(revocation, spared: null);

        Assert.Null(await Store.TouchAsync(session.UserId, session.Id, new(Now.AddMinutes(2), null)));
        Assert.False(await Store.RotateAsync(session.UserId, session.Id, session.Secret, session.Secret.Next(), Now));
        Assert.False(await Store.ConfirmAsync(session, new(session.Secret.AfterProof(), session.Secret, Now, default)));
        Assert.False(await Store.UpdateTicketAsync(session.UserId, session.Id, new byte[] { 1, 2, 3 }, 7));
        Assert.False(await Store.ShortenAsync(session.UserId, session.Id, Now.AddMinutes(1)));
        Assert.False(await Store.LockAsync(session.UserId, session.Id, new(Now, LockReason.User)));
        Assert.False(await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Now)));
        Assert.Empty(await Store.RevokeAllAsync(session.UserId, null, Samples.Revocation(Now)));
        Assert.Empty(await Store.RepeatRevokeAllAsync(session.UserId, Samples.Revocation(Now)));
        Samples.AssertSame(session with { Revocation = revocation, Ticket = default }, await Store.FindAsync(session.UserId, session.Id));
        Assert.All(await Store.ListAsync(session.UserId), found => Assert.Equal(revocation, found.Revocation));
    }

    [Fact]
    public async Task Who_tries_what_ended_is_counted_at_once()
    {
        var session = await AddAsync();
        var revocation = new Revocation(Now, RevocationReason.Maintenance, "INC-6");
        await Store.EndEveryoneAsync(revocation, spared: null);

        Assert.True(await Store.CountRefusedAsync(session.UserId, session.Id, Now, session.LastAddress));

        var tombstone = session with { Revocation = revocation, Ticket = default, Refused = new(1, Now, session.LastAddress) };
        Samples.AssertSame(tombstone, await Store.FindAsync(session.UserId, session.Id));
        Samples.AssertSame(tombstone, Assert.Single(await Store.ListAsync(session.UserId)));
    }

    [Fact]
    public async Task What_had_ended_before_keeps_its_own_end_and_what_had_expired_is_not_found()
    {
        var (revoked, idle) = (await AddAsync(), await AddAsync());
        var own = new Revocation(Now, RevocationReason.SignedOut);
        await Store.RevokeAsync(revoked.UserId, revoked.Id, own);
        Clock.Advance(idle.IdleTimeout);

        await EndEveryoneAsync();

        Assert.Equal(own, (await Store.FindAsync(revoked.UserId, revoked.Id))!.Revocation);
        Assert.Null(await Store.FindAsync(idle.UserId, idle.Id));

        await PutAwayAsync();

        Assert.Equal(own, (await Store.FindAsync(revoked.UserId, revoked.Id))!.Revocation);
        Assert.Null(await Store.FindAsync(idle.UserId, idle.Id));
        Assert.False(await Store.CountRefusedAsync(idle.UserId, idle.Id, Now, null));
    }

    [Fact]
    public async Task Those_that_ended_take_nobodys_room()
    {
        var user = Guid.NewGuid();
        await AddAsync(user);

        await EndEveryoneAsync();

        Assert.Equal(AddOutcome.Added, await Store.AddIfRoomAsync(Samples.Session(Now, user), await Store.GetGenerationAsync(user), 1));
        Assert.Equal(1, (await Store.ListAsync(user)).Count(s => s.Revocation is null));
    }

    [Fact]
    public async Task Staff_see_and_count_only_who_signed_in_afterwards_and_who_was_spared()
    {
        var user = Guid.NewGuid();
        var (spared, _, stolen) = (await AddAsync(user), await AddAsync(), await AddAsync());
        await Store.RevokeAsync(stolen.UserId, stolen.Id, new(Now, RevocationReason.PossibleTheft));
        var flagged = (await Store.CountAsync()).Flagged;
        await Store.EndEveryoneAsync(Samples.Revocation(Now), new(user, spared.Id));
        var later = await AddAsync();

        Assert.Equal(new[] { spared.Id, later.Id }.OrderBy(id => id.Value), (await Store.ListAllAsync(new(), after: null, 50)).Sessions.Select(s => s.Id).OrderBy(id => id.Value));
        Assert.Equal(new(2, 0, flagged), await Store.CountAsync());

        await PutAwayAsync();

        Assert.Equal(new(2, 0, flagged), await Store.CountAsync());
        Assert.Contains((await Store.ListAllAsync(new() { State = SessionState.Flagged }, after: null, 50)).Sessions, s => s.Id == stolen.Id);
        Assert.Empty(await Store.FindByIdPrefixAsync(Guid.NewGuid().ToString("N"), 50));
        await Store.RevokeAsync(user, spared.Id, Samples.Revocation(Now));
        Assert.Equal(1, (await Store.CountAsync()).Live);
    }

    [Fact]
    public async Task No_sign_in_slips_past()
    {
        for (var round = 0; round < 20; round++)
        {
            var user = Guid.NewGuid();
            var generation = await Store.GetGenerationAsync(user);
            var (end, add) = (Task.Run(EndEveryoneAsync), Task.Run(() => Store.AddAsync(Samples.Session(Now, user), generation)));
            await Task.WhenAll(end, add);

            // Either it was there to be ended, or it was refused.
            Assert.All(await Store.ListAsync(user), found => Assert.NotNull(found.Revocation));
        }
    }

    protected Task EndEveryoneAsync() => Store.EndEveryoneAsync(Samples.Revocation(Now), spared: null);

    protected Task<UserSession> AddAsync(Guid? userId = null) => AddAsync(Samples.Session(Now, userId));

    protected async Task<UserSession> AddAsync(UserSession session)
    {
        Assert.NotNull(await Store.AddAsync(session, await Store.GetGenerationAsync(session.UserId)));
        return session;
    }
}
