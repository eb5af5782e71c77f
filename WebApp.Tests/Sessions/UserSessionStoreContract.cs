using System.Net;
using System.Security.Cryptography;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>The contract of <see cref="IUserSessionStore"/>, as each implementation must keep it. Races are in <see cref="UserSessionStoreRaces"/>.</summary>
public abstract class UserSessionStoreContract : IAsyncLifetime
{
    protected TestClock Clock { get; } = new();

    protected IUserSessionStore Store { get; private set; } = null!;

    private DateTimeOffset Now => Clock.GetUtcNow();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    /// <summary>A store whose clock is <see cref="Clock"/>.</summary>
    protected abstract Task<IUserSessionStore> OpenAsync();

    [Fact]
    public async Task A_session_comes_back_exactly_as_it_was_stored()
    {
        var session = Samples.Session(Now) with { UserAgent = "Käse/1.0 \U0001F9C0", SignInMethod = "pop" };

        Assert.NotNull(await Store.AddAsync(session, default));

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
        Samples.AssertSame(session, Assert.Single(await Store.ListAsync(session.UserId)));
    }

    [Fact]
    public async Task A_check_of_a_store_that_serves_passes_and_changes_nothing()
    {
        var session = Samples.Session(Now);
        Assert.NotNull(await Store.AddAsync(session, default));

        await Store.CheckAsync();

        Samples.AssertSame(session, Assert.Single(await Store.ListAsync(session.UserId)));
        Assert.Empty(await Store.ListAsync(Guid.Empty));
    }

    [Fact]
    public async Task What_is_unknown_or_empty_comes_back_so()
    {
        var session = Samples.Session(Now) with
        {
            SignInAddress = null,
            LastAddress = null,
            UserAgent = "",
            SignInMethod = "",
            Remembered = false,
            Ticket = default,
        };

        await Store.AddAsync(session, default);

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task Milliseconds_and_the_longest_texts_are_kept()
    {
        var session = Samples.Session(Now) with
        {
            CreatedAt = Now.AddMilliseconds(-1),
            LastSeenAt = Now.AddMilliseconds(-999),
            IdleTimeout = TimeSpan.FromMilliseconds(3_600_001),
            AbsoluteDeadline = Now.AddDays(3659).AddMilliseconds(7),
            UserAgent = new('u', Device.MaxUserAgentBytes),
            SignInMethod = new('ä', 32),
            Ticket = RandomNumberGenerator.GetBytes(20_000),
        };

        await Store.AddAsync(session, default);

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task A_session_that_nobody_stored_is_not_found_and_can_not_be_changed()
    {
        var (user, id) = (Guid.NewGuid(), SessionId.New());

        Assert.Null(await Store.FindAsync(user, id));
        Assert.Empty(await Store.ListAsync(user));
        await AssertNothingWritesAsync(user, id, SecretVersion.First());
        Assert.Empty(await Store.RevokeAllAsync(user, null, Samples.Revocation(Now)));
    }

    [Fact]
    public async Task The_id_of_another_users_session_finds_and_changes_nothing()
    {
        var session = await AddAsync();
        // The last byte decides the shard: this stranger's keys lie where the owner's do.
        var bytes = session.UserId.ToByteArray();
        bytes[0] ^= 1;
        var stranger = new Guid(bytes);

        Assert.Null(await Store.FindAsync(stranger, session.Id));
        Assert.Empty(await Store.ListAsync(stranger));
        await AssertNothingWritesAsync(stranger, session.Id, session.Secret);
        Assert.Empty(await Store.RevokeAllAsync(stranger, null, Samples.Revocation(Now)));
        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task An_id_is_taken_once()
    {
        var session = await AddAsync();

        Assert.Null(await Store.AddAsync(session with { Ticket = new byte[] { 1 } }, default));
        Assert.Null(await Store.AddAsync(Samples.Session(Now, OtherUserOfTheShard(session.UserId)) with { Id = session.Id }, default));

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task An_idle_session_ends_at_its_idle_deadline()
    {
        var session = await AddAsync();

        Clock.SetUtcNow(session.IdleDeadline.AddMilliseconds(-1));
        Assert.NotNull(await Store.FindAsync(session.UserId, session.Id));
        Clock.SetUtcNow(session.IdleDeadline);

        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task A_session_in_use_ends_at_its_absolute_deadline()
    {
        var session = await AddAsync();
        for (var seen = Now; seen < session.AbsoluteDeadline; seen = seen.AddMinutes(59))
        {
            Clock.SetUtcNow(seen);
            await Store.TouchAsync(session.UserId, session.Id, new(seen, null));
        }

        Clock.SetUtcNow(session.AbsoluteDeadline.AddMilliseconds(-1));
        Assert.NotNull(await Store.FindAsync(session.UserId, session.Id));
        Clock.SetUtcNow(session.AbsoluteDeadline);

        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_ends_nothing()
    {
        var session = await AddAsync();

        Clock.Advance(TimeSpan.FromHours(-5));

        Samples.AssertSame(session, await Store.FindAsync(session.UserId, session.Id));
        Assert.Single(await Store.ListAsync(session.UserId));
        Assert.True(await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Now)));
    }

    [Fact]
    public async Task A_session_stored_past_its_deadline_is_not_there()
    {
        var session = Samples.Session(Now.AddDays(-2));

        await Store.AddAsync(session, default);

        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task A_touch_records_time_and_address_and_moves_the_idle_deadline()
    {
        var session = await AddAsync();
        var use = new SessionUse(Clock.GetUtcNow().AddMinutes(50), IPAddress.Parse("198.51.100.9"))
        {
            Country = "FR",
            PreviousAddress = IPAddress.Parse("198.51.100.8"),
            MovedAt = Now.AddMinutes(1),
            Family = new(3, 2),
        };
        Clock.Advance(TimeSpan.FromMinutes(50));

        var touched = await Store.TouchAsync(session.UserId, session.Id, use);

        Samples.AssertSame(Used(session, use), touched);
        Samples.AssertSame(Used(session, use), await Store.FindAsync(session.UserId, session.Id));
        Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Single(await Store.ListAsync(session.UserId));
    }

    [Fact]
    public async Task A_touch_never_takes_back_a_later_one()
    {
        var session = await AddAsync();
        var use = new SessionUse(Now.AddMinutes(2), null);
        await Store.TouchAsync(session.UserId, session.Id, use);

        Assert.Null(await Store.TouchAsync(session.UserId, session.Id, new(Now.AddMinutes(1), IPAddress.Loopback)));
        Assert.Null(await Store.TouchAsync(session.UserId, session.Id, new(Now.AddMinutes(2), IPAddress.Loopback)));

        Samples.AssertSame(Used(session, use), await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task A_secret_is_followed_by_the_next_only_while_it_is_the_current_one()
    {
        var session = await AddAsync();
        SecretVersion next = session.Secret.Next(), other = session.Secret.Next(), afterNext = next.Next();

        Assert.True(await Store.RotateAsync(session.UserId, session.Id, session.Secret, next, Now.AddMinutes(1)));
        Assert.False(await Store.RotateAsync(session.UserId, session.Id, session.Secret, other, Now.AddMinutes(2)));
        Assert.True(await Store.RotateAsync(session.UserId, session.Id, next, afterNext, Now.AddMinutes(3)));

        Samples.AssertSame(
            session with { Secret = afterNext, PreviousSecret = next, SecretSince = Now.AddMinutes(3) },
            await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task A_ticket_is_replaced_and_nothing_else_changes()
    {
        var session = await AddAsync();
        foreach (var size in new[] { 500, 0, 10 })
        {
            var ticket = RandomNumberGenerator.GetBytes(size);

            Assert.True(await Store.UpdateTicketAsync(session.UserId, session.Id, ticket, size));

            Samples.AssertSame(session with { Ticket = ticket, RightsVersion = size }, await Store.FindAsync(session.UserId, session.Id));
        }

        Clock.SetUtcNow(session.IdleDeadline);
        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task A_session_is_locked_once_and_stays_live()
    {
        var session = await AddAsync();
        var first = new SessionLock(Now.AddMilliseconds(5), LockReason.OldSecret);

        Assert.True(await Store.LockAsync(session.UserId, session.Id, first));
        Assert.False(await Store.LockAsync(session.UserId, session.Id, new(Now.AddMinutes(1), LockReason.Support)));

        Samples.AssertSame(session with { Lock = first }, await Store.FindAsync(session.UserId, session.Id));
        Assert.True((await Store.FindAsync(session.UserId, session.Id))!.IsLive(Now));
        Assert.True(await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Now)));
    }

    [Fact]
    public async Task A_proof_of_identity_undoes_the_lock_and_replaces_the_secret()
    {
        var session = await AddAsync();
        await Store.LockAsync(session.UserId, session.Id, new(Now, LockReason.BrowserChanged));
        var locked = (await Store.FindAsync(session.UserId, session.Id))!;
        var proof = new SessionProof(session.Secret.AfterProof(), session.Secret.Next(), Now.AddMinutes(2), new(5, 1));

        // Who began before the lock has not seen what it is about.
        Assert.False(await Store.ConfirmAsync(session, proof));
        Assert.True(await Store.ConfirmAsync(locked, proof));
        Assert.False(await Store.ConfirmAsync(locked, proof));
        // And a lock that was asked for before the proof comes too late.
        Assert.False(await Store.LockAsync(session.UserId, session.Id, new(proof.At.AddMilliseconds(-1), LockReason.OldSecret)));

        Samples.AssertSame(
            session with
            {
                Secret = proof.Next,
                PreviousSecret = proof.Presented,
                SecretSince = proof.At,
                AuthenticatedAt = proof.At,
                ProofAttempts = 0,
                Family = proof.Family,
            },
            await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task An_attempt_is_taken_by_one_of_those_who_saw_the_same_number()
    {
        var session = await AddAsync();

        Assert.False(await Store.TakeProofAttemptAsync(session.UserId, session.Id, 0));
        Assert.True(await Store.TakeProofAttemptAsync(session.UserId, session.Id, 1));
        Assert.False(await Store.TakeProofAttemptAsync(session.UserId, session.Id, 1));

        Samples.AssertSame(session with { ProofAttempts = 2 }, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task An_absolute_deadline_can_only_come_nearer()
    {
        var session = await AddAsync();
        var nearer = Now.AddMinutes(10);

        Assert.False(await Store.ShortenAsync(session.UserId, session.Id, session.AbsoluteDeadline.AddMilliseconds(1)));
        Assert.False(await Store.ShortenAsync(session.UserId, session.Id, session.AbsoluteDeadline));
        Assert.True(await Store.ShortenAsync(session.UserId, session.Id, nearer));
        Assert.False(await Store.ShortenAsync(session.UserId, session.Id, nearer.AddMilliseconds(1)));

        Samples.AssertSame(session with { AbsoluteDeadline = nearer }, await Store.FindAsync(session.UserId, session.Id));
        Assert.NotNull(await Store.TouchAsync(session.UserId, session.Id, new(Now.AddMinutes(9), null)));
        Clock.SetUtcNow(nearer.AddMilliseconds(-1));
        Assert.NotNull(await Store.FindAsync(session.UserId, session.Id));
        Clock.SetUtcNow(nearer);
        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task Until_when_a_name_is_shown_is_kept()
    {
        var session = await AddAsync();

        Assert.True(await Store.ShowNameAsync(session.UserId, session.Id, Now.AddMinutes(9)));

        Samples.AssertSame(session with { NameShownUntil = Now.AddMinutes(9) }, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task Rights_are_required_of_every_live_session_of_the_user_and_never_fall()
    {
        var user = Guid.NewGuid();
        UserSession one = await AddAsync(user), other = await AddAsync(user), ended = await AddAsync(user), strangers = await AddAsync(OtherUserOfTheShard(user));
        await Store.RevokeAsync(user, ended.Id, Samples.Revocation(Now));

        await Store.RequireRightsAsync(user, 9);
        await Store.RequireRightsAsync(user, 8);

        Samples.AssertSame(one with { RequiredRightsVersion = 9 }, await Store.FindAsync(user, one.Id));
        Samples.AssertSame(other with { RequiredRightsVersion = 9 }, await Store.FindAsync(user, other.Id));
        Assert.Equal(4, (await Store.FindAsync(user, ended.Id))!.RequiredRightsVersion);
        Assert.Equal(4, (await Store.FindAsync(strangers.UserId, strangers.Id))!.RequiredRightsVersion);
    }

    [Fact]
    public async Task Rights_are_required_of_the_sign_ins_under_way_as_well()
    {
        var user = Guid.NewGuid();
        await Store.RequireRightsAsync(user, 9);

        var session = await AddAsync(user);
        var inRoom = Samples.Session(Now, user);
        Assert.Equal(AddOutcome.Added, await Store.AddIfRoomAsync(inRoom, default, 5));

        Samples.AssertSame(session with { RequiredRightsVersion = 9 }, await Store.FindAsync(user, session.Id));
        Samples.AssertSame(inRoom with { RequiredRightsVersion = 9 }, await Store.FindAsync(user, inRoom.Id));
    }

    [Fact]
    public async Task Without_room_a_session_is_not_stored_and_none_is_ended()
    {
        var user = Guid.NewGuid();
        var (first, second) = (await AddAsync(user), Samples.Session(Now, user));

        Assert.Equal(AddOutcome.Full, await Store.AddIfRoomAsync(second, default, 1));
        Assert.Single(await Store.ListAsync(user));
        Assert.Equal(AddOutcome.Added, await Store.AddIfRoomAsync(second, default, 2));
        Assert.Equal(AddOutcome.Superseded, await Store.AddIfRoomAsync(second, default, 5));
        Assert.Equal(AddOutcome.Added, await Store.AddIfRoomAsync(Samples.Session(Now, user), default, 0));
        Assert.Equal(AddOutcome.Full, await Store.AddIfRoomAsync(Samples.Session(Now, user), default, 3));

        await Store.RevokeAllAsync(user, first.Id, Samples.Revocation(Now));
        Assert.Equal(AddOutcome.Superseded, await Store.AddIfRoomAsync(Samples.Session(Now, user), default, 5));
        Assert.Equal(AddOutcome.Added, await Store.AddIfRoomAsync(Samples.Session(Now, user), await Store.GetGenerationAsync(user), 2));
        Assert.Null((await Store.FindAsync(user, first.Id))!.Revocation);
    }

    [Fact]
    public async Task A_tombstone_counts_what_it_refuses_but_not_more_often_than_every_second()
    {
        var session = await AddAsync();
        var address = IPAddress.Parse("198.51.100.77");
        Assert.False(await Store.CountRefusedAsync(session.UserId, session.Id, Now, address));
        var revocation = new Revocation(Now, RevocationReason.UserRequest, "C-1");
        await Store.RevokeAsync(session.UserId, session.Id, revocation);

        Assert.True(await Store.CountRefusedAsync(session.UserId, session.Id, Now, address));
        Assert.False(await Store.CountRefusedAsync(session.UserId, session.Id, Now.AddMilliseconds(999), address));
        Assert.True(await Store.CountRefusedAsync(session.UserId, session.Id, Now.AddSeconds(1), null));
        Assert.False(await Store.CountRefusedAsync(OtherUserOfTheShard(session.UserId), session.Id, Now.AddSeconds(9), null));

        var tombstone = session with { Ticket = default, Revocation = revocation };
        Samples.AssertSame(tombstone with { Refused = new(2, Now.AddSeconds(1), null) }, await Store.FindAsync(session.UserId, session.Id));
        Assert.True(await Store.CountRefusedAsync(session.UserId, session.Id, Now.AddSeconds(2), address));
        Samples.AssertSame(tombstone with { Refused = new(3, Now.AddSeconds(2), address) }, Assert.Single(await Store.ListAsync(session.UserId)));
    }

    [Fact]
    public async Task A_revoked_session_leaves_a_tombstone_with_everything_but_the_ticket()
    {
        var session = await AddAsync();
        var revocation = new Revocation(Now.AddMilliseconds(3), RevocationReason.ReportedTheft, "CASE-ü-17");

        Assert.True(await Store.RevokeAsync(session.UserId, session.Id, revocation));

        var tombstone = session with { Ticket = default, Revocation = revocation };
        Samples.AssertSame(tombstone, await Store.FindAsync(session.UserId, session.Id));
        Samples.AssertSame(tombstone, Assert.Single(await Store.ListAsync(session.UserId)));
    }

    [Fact]
    public async Task A_tombstone_stays_until_the_absolute_deadline()
    {
        var session = await AddAsync();
        await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Now));

        Clock.SetUtcNow(session.AbsoluteDeadline.AddMilliseconds(-1));
        Assert.NotNull((await Store.FindAsync(session.UserId, session.Id))?.Revocation);
        Assert.Single(await Store.ListAsync(session.UserId));
        Clock.SetUtcNow(session.AbsoluteDeadline);

        await AssertGoneAsync(session);
    }

    [Fact]
    public async Task One_session_over_the_limit_ends_the_one_least_recently_seen()
    {
        var user = Guid.NewGuid();
        UserSession oldest = await AddAsync(user), third = await AddAsync(user);
        // The first to go, though it would be the last to expire.
        var used = Samples.Session(Now, user) with { IdleTimeout = TimeSpan.FromHours(20) };
        await Store.AddAsync(used, default);
        await Store.TouchAsync(user, oldest.Id, new(Now.AddMinutes(3), null));
        await Store.TouchAsync(user, third.Id, new(Now.AddMinutes(2), null));
        await Store.TouchAsync(user, used.Id, new(Now.AddMinutes(1), null));
        var stranger = await AddAsync(OtherUserOfTheShard(user));

        Assert.Empty((await Store.AddAsync(Samples.Session(Now.AddMinutes(4), user), default, limit: 4))!);
        Assert.Equal([used.Id], await Store.AddAsync(Samples.Session(Now.AddMinutes(5), user), default, limit: 4));
        Assert.Equal([third.Id, oldest.Id], await Store.AddAsync(Samples.Session(Now.AddMinutes(6), user), default, limit: 3));

        Assert.Equal(3, (await Store.ListAsync(user)).Count(s => s.Revocation is null));
        var tombstone = await Store.FindAsync(user, oldest.Id);
        Assert.Equal(new Revocation(Now.AddMinutes(6), RevocationReason.TooMany), tombstone!.Revocation);
        Assert.True(tombstone.Ticket.IsEmpty);
        Assert.Null((await Store.FindAsync(stranger.UserId, stranger.Id))!.Revocation);
    }

    [Fact]
    public async Task What_has_ended_does_not_count_towards_the_limit()
    {
        var user = Guid.NewGuid();
        var first = await AddAsync(user);
        await Store.RevokeAsync(user, (await AddAsync(user)).Id, Samples.Revocation(Now));
        await Store.RevokeAsync(user, (await AddAsync(user)).Id, Samples.Revocation(Now));

        Assert.Empty((await Store.AddAsync(Samples.Session(Now, user), default, limit: 2))!);

        Assert.Null((await Store.FindAsync(user, first.Id))!.Revocation);
    }

    [Fact]
    public async Task A_refused_session_ends_none()
    {
        var user = Guid.NewGuid();
        var (first, before) = (await AddAsync(user), await Store.GetGenerationAsync(user));
        await Store.RevokeAllAsync(user, first.Id, Samples.Revocation(Now));

        Assert.Null(await Store.AddAsync(Samples.Session(Now, user), before, limit: 1));
        Assert.Null(await Store.AddAsync(first, await Store.GetGenerationAsync(user), limit: 1));

        Assert.Null((await Store.FindAsync(user, first.Id))!.Revocation);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Of_a_users_tombstones_the_latest_are_kept_whatever_the_limit(int limit)
    {
        var user = Guid.NewGuid();
        var ended = new List<UserSession>();
        for (var i = 0; i < IUserSessionStore.MaxTombstones + 20; i++)
        {
            ended.Add(await AddAsync(user));
            await Store.RevokeAsync(user, ended[^1].Id, Samples.Revocation(Now.AddMilliseconds(i)));
        }

        await Store.AddAsync(Samples.Session(Now, user), default, limit);

        var kept = (await Store.ListAsync(user)).Where(s => s.Revocation is not null).Select(s => s.Id).ToHashSet();
        Assert.Equal(ended.TakeLast(IUserSessionStore.MaxTombstones).Select(s => s.Id).ToHashSet(), kept);
    }

    [Fact]
    public async Task A_tombstone_can_not_be_changed_or_overwritten()
    {
        var session = await AddAsync();
        var revocation = Samples.Revocation(Now);
        await Store.RevokeAsync(session.UserId, session.Id, revocation);

        await AssertNothingWritesAsync(session.UserId, session.Id, session.Secret);
        Assert.Empty(await Store.RevokeAllAsync(session.UserId, null, new(Now, RevocationReason.Other)));
        Assert.Null(await Store.AddAsync(session, await Store.GetGenerationAsync(session.UserId)));

        Samples.AssertSame(session with { Ticket = default, Revocation = revocation }, await Store.FindAsync(session.UserId, session.Id));
    }

    [Fact]
    public async Task Revoking_all_ends_every_session_and_names_them()
    {
        var user = Guid.NewGuid();
        var (first, second, already) = (await AddAsync(user), await AddAsync(user), await AddAsync(user));
        var bystander = await AddAsync();
        await Store.RevokeAsync(user, already.Id, Samples.Revocation(Now));

        var ended = await Store.RevokeAllAsync(user, null, new(Now, RevocationReason.Maintenance, "M-1"));

        Assert.Equal(new[] { first.Id, second.Id }.OrderBy(id => id.Value), ended.OrderBy(id => id.Value));
        Assert.All(await Store.ListAsync(user), session => Assert.NotNull(session.Revocation));
        Assert.Equal("M-1", (await Store.FindAsync(user, first.Id))?.Revocation?.CaseReference);
        Assert.Null((await Store.FindAsync(bystander.UserId, bystander.Id))?.Revocation);
    }

    [Fact]
    public async Task Revoking_all_others_spares_one()
    {
        var user = Guid.NewGuid();
        var (mine, other) = (await AddAsync(user), await AddAsync(user));

        var ended = await Store.RevokeAllAsync(user, mine.Id, Samples.Revocation(Now));

        Assert.Equal([other.Id], ended);
        Samples.AssertSame(mine, await Store.FindAsync(user, mine.Id));
    }

    [Fact]
    public async Task Repeating_to_revoke_all_ends_what_was_there_at_its_moment_and_nothing_that_began_since()
    {
        var user = Guid.NewGuid();
        var (earlier, then) = (await AddAsync(user), new Revocation(Now, RevocationReason.Maintenance, "M-1"));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = await AddAsync(user);
        var before = await Store.GetGenerationAsync(user);

        Assert.Equal([earlier.Id], await Store.RepeatRevokeAllAsync(user, then));
        Assert.Empty(await Store.RepeatRevokeAllAsync(user, then));

        Assert.Equal(then, (await Store.FindAsync(user, earlier.Id))?.Revocation);
        Samples.AssertSame(later, await Store.FindAsync(user, later.Id));
        Assert.Null(await Store.AddAsync(Samples.Session(Now, user), before));
    }

    [Fact]
    public async Task Revoking_all_refuses_sign_ins_that_are_under_way()
    {
        var user = Guid.NewGuid();
        var before = await Store.GetGenerationAsync(user);
        await Store.RevokeAllAsync(user, null, Samples.Revocation(Now));
        var between = await Store.GetGenerationAsync(user);
        await Store.RevokeAllAsync(user, SessionId.New(), Samples.Revocation(Now));
        var after = await Store.GetGenerationAsync(user);

        Assert.Equal(default, before);
        Assert.Null(await Store.AddAsync(Samples.Session(Now, user), before));
        Assert.Null(await Store.AddAsync(Samples.Session(Now, user), between));
        Assert.Empty(await Store.ListAsync(user));
        Assert.NotNull(await Store.AddAsync(Samples.Session(Now, user), after));
        Assert.Single(await Store.ListAsync(user));
    }

    [Fact]
    public async Task Revoking_one_session_refuses_no_sign_in()
    {
        var session = await AddAsync();
        var generation = await Store.GetGenerationAsync(session.UserId);

        await Store.RevokeAsync(session.UserId, session.Id, Samples.Revocation(Now));

        Assert.NotNull(await Store.AddAsync(Samples.Session(Now, session.UserId), generation));
    }

    protected async Task<UserSession> AddAsync(Guid? userId = null)
    {
        var session = Samples.Session(Now, userId);
        Assert.NotNull(await Store.AddAsync(session, await Store.GetGenerationAsync(session.UserId)));
        return session;
    }

    private async Task AssertGoneAsync(UserSession session)
    {
        Assert.Null(await Store.FindAsync(session.UserId, session.Id));
        Assert.Empty(await Store.ListAsync(session.UserId));
        await AssertNothingWritesAsync(session.UserId, session.Id, session.Secret);
        Assert.Empty(await Store.RevokeAllAsync(session.UserId, null, Samples.Revocation(Now)));
        Assert.Null(await Store.FindAsync(session.UserId, session.Id));
    }

    private static UserSession Used(UserSession session, SessionUse use) => session with
    {
        LastSeenAt = use.SeenAt,
        LastAddress = use.Address,
        Country = use.Country,
        PreviousAddress = use.PreviousAddress,
        MovedAt = use.MovedAt,
        Family = use.Family,
    };

    private async Task AssertNothingWritesAsync(Guid user, SessionId id, SecretVersion secret)
    {
        Assert.Null(await Store.TouchAsync(user, id, new(Now.AddMinutes(5), null)));
        Assert.False(await Store.RotateAsync(user, id, secret, secret.Next(), Now));
        Assert.False(await Store.UpdateTicketAsync(user, id, new byte[] { 1, 2, 3 }, 0));
        Assert.False(await Store.TakeProofAttemptAsync(user, id, 1));
        Assert.False(await Store.ConfirmAsync(Samples.Session(Now, user) with { Id = id, Secret = secret }, new(secret.AfterProof(), secret, Now, default)));
        Assert.False(await Store.LockAsync(user, id, new(Now, LockReason.Support)));
        Assert.False(await Store.ShortenAsync(user, id, Now.AddMilliseconds(1)));
        Assert.False(await Store.ShowNameAsync(user, id, Now.AddMinutes(5)));
        Assert.False(await Store.RevokeAsync(user, id, new(Now, RevocationReason.Other)));
    }

    private static Guid OtherUserOfTheShard(Guid user)
    {
        var bytes = user.ToByteArray();
        bytes[0] ^= 1;
        return new(bytes);
    }
}
