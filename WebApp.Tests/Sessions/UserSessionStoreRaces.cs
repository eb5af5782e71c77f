using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>The part of the contract that only shows when calls interleave.</summary>
public abstract class UserSessionStoreRaces : UserSessionStoreContract
{
    /// <summary>How often each race is run.</summary>
    protected virtual int Rounds => Effort.Of(1000, usual: 200);

    /// <summary>Where the rounds of a race are run, side by side: two writers at once cost SQLite's driver a pause of 150 ms, and several databases wait through theirs at the same time.</summary>
    protected virtual Task<IReadOnlyList<IUserSessionStore>> OpenRaceStoresAsync() => Task.FromResult<IReadOnlyList<IUserSessionStore>>([Store]);

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_touch_races_it() =>
        RaceRevocationAsync(async (store, session) => await store.TouchAsync(session.UserId, session.Id, new(session.LastSeenAt.AddMinutes(1), null)) is not null);

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_rotation_races_it() =>
        RaceRevocationAsync((store, session) => store.RotateAsync(session.UserId, session.Id, session.Secret, session.Secret.Next(), Clock.GetUtcNow()));

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_ticket_update_races_it() =>
        RaceRevocationAsync((store, session) => store.UpdateTicketAsync(session.UserId, session.Id, new byte[] { 1, 2, 3 }, 0));

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_lock_races_it() =>
        RaceRevocationAsync((store, session) => store.LockAsync(session.UserId, session.Id, new(Clock.GetUtcNow(), LockReason.User)));

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_proof_of_identity_races_it() => RaceRevocationAsync((store, session) =>
        store.ConfirmAsync(session, new(session.Secret.AfterProof(), session.Secret, Clock.GetUtcNow(), default)));

    [Fact]
    public Task A_revoked_session_stays_revoked_when_a_shortening_races_it() =>
        RaceRevocationAsync((store, session) => store.ShortenAsync(session.UserId, session.Id, Clock.GetUtcNow().AddHours(1)));

    // One that was missed would keep rights that were taken away.
    [Fact]
    public Task No_sign_in_slips_past_a_change_of_rights() => EachRoundAsync(async (store, round) =>
    {
        var user = Guid.NewGuid();
        var session = Samples.Session(Clock.GetUtcNow(), user) with { RightsVersion = 0, RequiredRightsVersion = 0 };

        var (require, add) = InEitherOrder(round, () => RequireAsync(store, user, 1), () => store.AddAsync(session, default));
        Assert.True(await require);
        Assert.NotNull(await add);

        Assert.Equal(1, (await store.FindAsync(user, session.Id))!.RequiredRightsVersion);
    });

    [Fact]
    public Task A_principal_that_is_saved_late_does_not_hide_a_newer_change_of_rights() => EachRoundAsync(async (store, round) =>
    {
        var session = Samples.Session(Clock.GetUtcNow()) with { RightsVersion = 0, RequiredRightsVersion = 1 };
        await store.AddAsync(session, default);

        var (require, update) = InEitherOrder(
            round, () => RequireAsync(store, session.UserId, 2), () => store.UpdateTicketAsync(session.UserId, session.Id, new byte[] { 1 }, 1));
        Assert.True(await require && await update);

        var found = (await store.FindAsync(session.UserId, session.Id))!;
        Assert.Equal((1, 2), (found.RightsVersion, found.RequiredRightsVersion));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task There_is_room_for_no_more_than_the_limit_however_many_sign_in_at_the_same_time(int limit)
    {
        var user = Guid.NewGuid();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Store.AddIfRoomAsync(Samples.Session(Clock.GetUtcNow(), user), default, limit))));

        Assert.Equal(limit, outcomes.Count(o => o == AddOutcome.Added));
        Assert.Equal(limit, (await Store.ListAsync(user)).Count);
    }

    [Fact]
    public async Task Of_many_attempts_at_once_one_is_taken()
    {
        var session = await AddAsync();

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            Task.Run(() => Store.TakeProofAttemptAsync(session.UserId, session.Id, session.ProofAttempts))));

        Assert.Single(taken, true);
    }

    [Fact]
    public Task No_session_survives_that_began_before_all_were_revoked() => EachRoundAsync(async (store, round) =>
    {
        var user = Guid.NewGuid();
        var session = Samples.Session(Clock.GetUtcNow(), user);
        var generation = await store.GetGenerationAsync(user);

        var (revoke, add) = InEitherOrder(
            round, () => store.RevokeAllAsync(user, null, Samples.Revocation(Clock.GetUtcNow())), () => store.AddAsync(session, generation));
        var (ended, added) = (await revoke, await add);

        // Either it was there to be ended, or it was refused.
        Assert.Equal(added is not null, ended.Contains(session.Id));
        Assert.DoesNotContain(await store.ListAsync(user), s => s.Revocation is null);
    });

    [Fact]
    public async Task Of_many_rotations_at_once_one_wins()
    {
        var session = await AddAsync();

        var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            Task.Run(() => Store.RotateAsync(session.UserId, session.Id, session.Secret, session.Secret.Next(), Clock.GetUtcNow()))));

        Assert.Single(won, true);
    }

    [Fact]
    public async Task Of_many_revocations_at_once_one_ends_the_session()
    {
        var session = await AddAsync();

        var ended = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            Task.Run(() => Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Clock.GetUtcNow())))));

        Assert.Single(ended, true);
    }

    [Fact]
    public async Task Sign_ins_at_the_same_time_are_all_listed()
    {
        var user = Guid.NewGuid();

        var added = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => AddAsync(user))));

        Assert.Equal(added.Select(s => s.Id).Order(ById), (await Store.ListAsync(user)).Select(s => s.Id).Order(ById));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task The_limit_holds_however_many_sign_in_at_the_same_time(int limit)
    {
        var user = Guid.NewGuid();

        var ended = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Store.AddAsync(Samples.Session(Clock.GetUtcNow(), user), default, limit))));

        var all = await Store.ListAsync(user);
        Assert.Equal(limit, all.Count(s => s.Revocation is null));
        Assert.Equal(all.Where(s => s.Revocation is not null).Select(s => s.Id).Order(ById), ended.SelectMany(ids => ids!).Order(ById));
    }

    [Fact]
    public async Task A_list_taken_during_sign_ins_and_revocations_holds_whole_sessions_only()
    {
        var user = Guid.NewGuid();
        var working = Task.Run(async () =>
        {
            for (var round = 0; round < Rounds / 20; round++)
            {
                var session = await AddAsync(user);
                await Store.RevokeAsync(user, session.Id, Samples.Revocation(Clock.GetUtcNow()));
            }
        });

        var longest = 0;
        while (!working.IsCompleted)
        {
            var list = await Store.ListAsync(user);
            // Sign-ins come one after another, each revoked before the next: never two live, and none gets lost.
            Assert.True(list.Count(s => s.Revocation is null) <= 1);
            Assert.True(list.Count >= longest);
            Assert.All(list, s => Assert.Equal(s.Revocation is null ? 300 : 0, s.Ticket.Length));
            longest = list.Count;
        }

        await working;
        Assert.Equal(Rounds / 20, (await Store.ListAsync(user)).Count);
    }

    private static Comparer<SessionId> ById { get; } = Comparer<SessionId>.Create((a, b) => a.Value.CompareTo(b.Value));

    private static async Task<bool> RequireAsync(IUserSessionStore store, Guid user, int version)
    {
        await store.RequireRightsAsync(user, version);
        return true;
    }

    private Task RaceRevocationAsync(Func<IUserSessionStore, UserSession, Task<bool>> write) => EachRoundAsync(async (store, round) =>
    {
        var session = Samples.Session(Clock.GetUtcNow());
        Assert.NotNull(await store.AddAsync(session, default));

        var (revoke, racing) = InEitherOrder(
            round, () => store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Clock.GetUtcNow())), () => write(store, session));
        Assert.True(await revoke);
        await racing;
        // A revocation is written down first, so hardly any round has the other come last.
        Assert.False(await write(store, session));

        var found = await store.FindAsync(session.UserId, session.Id);
        Assert.NotNull(found?.Revocation);
        Assert.True(found.Ticket.IsEmpty);
    });

    /// <summary>Shares the rounds out to the stores. A round in which a store could not be asked, as may be on a busy machine, is run anew; a few may be.</summary>
    private async Task EachRoundAsync(Func<IUserSessionStore, int, Task> race)
    {
        const int most = 20;
        var unavailable = 0;
        var stores = await OpenRaceStoresAsync();
        await Task.WhenAll(stores.Select((store, lane) => Task.Run(async () =>
        {
            for (var round = lane; round < Rounds; round += stores.Count)
            {
                try
                {
                    await race(store, round / stores.Count);
                }
                catch (SessionStoreUnavailableException) when (Interlocked.Increment(ref unavailable) <= most)
                {
                    round -= stores.Count;
                    await Task.Delay(200);
                }
            }
        })));
    }

    /// <summary>Starts both at once, on two threads, taking turns in who is started first.</summary>
    private static (Task<TFirst> First, Task<TSecond> Second) InEitherOrder<TFirst, TSecond>(int round, Func<Task<TFirst>> first, Func<Task<TSecond>> second)
    {
        if (round % 2 == 0)
            return (Task.Run(first), Task.Run(second));

        var later = Task.Run(second);
        return (Task.Run(first), later);
    }
}
