using System.Net;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>Finding and counting sessions over all users, as each store must do it. Each test begins with an empty store.</summary>
public abstract class SessionSearchContract : IAsyncLifetime
{
    private static readonly SessionFilter Everything = new();

    protected TestClock Clock { get; } = new();

    protected IUserSessionStore Store { get; private set; } = null!;

    private DateTimeOffset Now => Clock.GetUtcNow();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    /// <summary>An empty store whose clock is <see cref="Clock"/>.</summary>
    protected abstract Task<IUserSessionStore> OpenAsync();

    [Fact]
    public async Task All_sessions_are_listed_once_last_seen_first_and_of_those_seen_at_once_the_higher_id_first()
    {
        var sessions = new List<UserSession>();
        for (var i = 0; i < 140; i++)
            sessions.Add(await AddAsync(s => s with { LastSeenAt = Now.AddMilliseconds(i / 3) }));
        var expected = sessions.OrderByDescending(s => s.LastSeenAt).ThenByDescending(s => s.Id.Value).Select(s => s.Id).ToList();

        foreach (var size in new[] { 1, 7, 50, 140, 500 })
            Assert.Equal(expected.Take(5 * size), await PagesAsync(Everything, size, 5));
        Assert.Equal(expected, await PagesAsync(Everything, 60, 10));

        Samples.AssertSame(sessions.Single(s => s.Id == expected[0]), (await Store.ListAllAsync(Everything, null, 1)).Sessions[0]);
    }

    [Fact]
    public async Task A_last_page_that_is_full_has_no_next_one_and_an_empty_store_no_page()
    {
        Assert.Equal((0, null), await SizeAsync(50));
        for (var i = 0; i < 3; i++)
            await AddAsync();

        Assert.Equal((3, null), await SizeAsync(3));
        Assert.NotNull((await Store.ListAllAsync(Everything, null, 2)).Next);

        async Task<(int, SessionCursor?)> SizeAsync(int count)
        {
            var page = await Store.ListAllAsync(Everything, null, count);
            return (page.Sessions.Count, page.Next);
        }
    }

    [Fact]
    public async Task Who_goes_from_page_to_page_meets_no_session_twice_and_misses_only_those_used_meanwhile()
    {
        var sessions = new List<UserSession>();
        for (var i = 0; i < 60; i++)
            sessions.Add(await AddAsync(s => s with { LastSeenAt = Now.AddSeconds(-i) }));
        var used = sessions.Where((_, i) => i % 7 == 3).ToList();
        var first = await Store.ListAllAsync(Everything, null, 20);

        foreach (var session in used)
            await TouchAsync(session, Now.AddMinutes(1));
        await AddAsync(s => s with { LastSeenAt = Now.AddMinutes(2) });
        var second = await Store.ListAllAsync(Everything, first.Next, 20);
        var third = await Store.ListAllAsync(Everything, second.Next, 20);

        Assert.Equal(sessions.Take(20).Select(s => s.Id), first.Sessions.Select(s => s.Id));
        Assert.Equal(sessions.Skip(20).Except(used).Select(s => s.Id), second.Sessions.Concat(third.Sessions).Select(s => s.Id));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task Ended_sessions_are_not_listed_however_they_ended()
    {
        UserSession idle = await AddAsync(), capped = await AddAsync(s => s with { IdleTimeout = TimeSpan.FromHours(9), AbsoluteDeadline = Now.AddMinutes(30) });
        UserSession revoked = await AddAsync(), shortened = await AddAsync(), stays = await AddAsync(), spared = await AddAsync();
        var two = await AddAsync(s => s with { UserId = spared.UserId });
        await Store.RevokeAsync(revoked.UserId, revoked.Id, Samples.Revocation(Now));
        Assert.Equal([two.Id], await Store.RevokeAllAsync(spared.UserId, spared.Id, Samples.Revocation(Now)));
        await Store.ShortenAsync(shortened.UserId, shortened.Id, Now.AddMinutes(20));
        await AssertListedAsync(Everything, idle, capped, shortened, stays, spared);

        Clock.Advance(TimeSpan.FromMinutes(20));
        await AssertListedAsync(Everything, idle, capped, stays, spared);
        await TouchAsync(stays, Now);
        await TouchAsync(spared, Now);
        Clock.Advance(TimeSpan.FromMinutes(50));

        await AssertListedAsync(Everything, stays, spared);
        Assert.NotNull(idle);
    }

    [Fact]
    public async Task Sessions_that_the_limit_ends_are_not_listed_and_those_that_ask_for_room_are()
    {
        var first = await AddAsync();
        var second = Samples.Session(Now.AddMinutes(1), first.UserId);
        var third = Samples.Session(Now.AddMinutes(2), first.UserId);

        await Store.AddAsync(second, default, limit: 1);
        await Store.AddIfRoomAsync(third, default, 2);

        await AssertListedAsync(Everything, second, third);
        await AssertCountsAsync(live: 2);
    }

    [Fact]
    public async Task Sessions_are_found_by_address_and_network()
    {
        string?[] addresses =
        [
            "203.0.113.7", "203.0.113.8", "203.0.113.200", "203.0.112.200", "203.0.127.255",
            "203.0.128.0", "92.91.42.63", "95.1.2.3", "96.1.2.3", "198.51.100.1",
            "2001:db8::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:6:5", "2001:db8:1:9::1", "2001:db8:2:9::1",
            "2001:db8:1:2::77", "2001:db8:1:3::77", "2001:db8:ffff::", "2001:db9::",
            null,
        ];
        foreach (var address in addresses)
            await AddAsync(s => s with { LastAddress = address is null ? null : IPAddress.Parse(address) });

        await AssertFoundAsync("203.0.113.7", "203.0.113.7");
        await AssertFoundAsync("203.0.113.0/24", "203.0.113.7", "203.0.113.8", "203.0.113.200");
        await AssertFoundAsync("203.0.112.0/23", "203.0.113.7", "203.0.113.8", "203.0.113.200", "203.0.112.200");
        await AssertFoundAsync("203.0.112.0/20", "203.0.113.7", "203.0.113.8", "203.0.113.200", "203.0.112.200", "203.0.127.255");
        await AssertFoundAsync("92.91.0.0/16", "92.91.42.63");
        await AssertFoundAsync("92.0.0.0/6", "92.91.42.63", "95.1.2.3");
        await AssertFoundAsync("0.0.0.0/0", "203.0.113.7", "203.0.113.8", "203.0.113.200", "203.0.112.200", "203.0.127.255", "203.0.128.0", "92.91.42.63", "95.1.2.3", "96.1.2.3", "198.51.100.1");
        await AssertFoundAsync("::/0", "2001:db8::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:6:5", "2001:db8:1:9::1", "2001:db8:2:9::1", "2001:db8:1:2::77", "2001:db8:1:3::77", "2001:db8:ffff::", "2001:db9::");
        await AssertFoundAsync("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6");
        await AssertFoundAsync("2001:db8:1::/48", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:6:5", "2001:db8:1:9::1", "2001:db8:1:2::77", "2001:db8:1:3::77");
        await AssertFoundAsync("2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:6:5", "2001:db8:1:2::77");
        await AssertFoundAsync("2001:db8::/32", "2001:db8::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:6:5", "2001:db8:1:9::1", "2001:db8:2:9::1", "2001:db8:1:2::77", "2001:db8:1:3::77", "2001:db8:ffff::");
        await AssertFoundAsync("192.0.2.0/24");
        await AssertFoundAsync("fe80::/10");

        async Task AssertFoundAsync(string range, params string[] expected)
        {
            var page = await Store.ListAllAsync(new() { Addresses = AddressRange.Parse(range, null) }, null, 50);
            Assert.Equal(expected.Order(StringComparer.Ordinal), page.Sessions.Select(s => s.LastAddress!.ToString()).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Sessions_are_found_by_country_device_method_and_all_of_them_at_once()
    {
        var one = await AddAsync(s => s with { Country = "CH", Family = new(5, 1), SignInMethod = "pwd" });
        var two = await AddAsync(s => s with { Country = "FR", Family = new(7, 1), SignInMethod = "pwd otp" });
        var three = await AddAsync(s => s with { Country = null, Family = default, SignInMethod = "hwk" });
        var four = await AddAsync(s => s with { Country = "CH", Family = new(5, 2), SignInMethod = "" });

        await AssertListedAsync(new() { Country = "CH" }, one, four);
        await AssertListedAsync(new() { Country = "C*" });
        await AssertListedAsync(new() { Device = new(5, 0) }, one, four);
        await AssertListedAsync(new() { Device = new(0, 1) }, one, two);
        await AssertListedAsync(new() { Device = new(7, 1) }, two);
        await AssertListedAsync(new() { Device = new(7, 2) });
        await AssertListedAsync(new() { Method = "pwd" }, one);
        await AssertListedAsync(new() { Method = "pwd otp" }, two);
        await AssertListedAsync(new() { Method = "hwk" }, three);
        await AssertListedAsync(new() { Method = "otp pwd" });
        await AssertListedAsync(new() { Country = "CH", Device = new(5, 2), Method = "" }, four);
        await AssertListedAsync(new() { Country = "FR", Method = "pwd" });
    }

    [Fact]
    public async Task What_is_rare_is_found_among_many_on_pages_as_well()
    {
        var rare = new List<UserSession>();
        for (var i = 0; i < 300; i++)
        {
            var session = await AddAsync(s => s with { LastSeenAt = Now.AddSeconds(-i), Country = i % 100 == 99 ? "LI" : "CH" });
            if (i % 100 == 99)
                rare.Add(session);
        }

        Assert.Equal(rare.Select(s => s.Id), await PagesAsync(new() { Country = "LI" }, 4, 10));
        Assert.Equal(297, (await PagesAsync(new() { Country = "CH" }, 100, 10)).Count);
    }

    [Fact]
    public async Task Whatever_is_looked_for_pages_have_all_that_fits_and_nothing_else()
    {
        var random = new Random(20_261);
        string?[] countries = ["CH", "CH", "CH", "FR", "FR", "HC", "LI", null];
        string[] methods = ["pwd", "pwd", "pwd otp", "hwk", "pwd rec", ""];
        string?[] networks = ["203.0.113.", "203.0.113.", "203.0.177.", "198.51.100.", "2001:db8:1::", "2001:db8:2:1::", null];
        var sessions = new List<UserSession>();
        for (var i = 0; i < 600; i++)
        {
            var network = One(networks);
            sessions.Add(await AddAsync(s => s with
            {
                LastSeenAt = Now.AddSeconds(-random.Next(300)),
                Country = One(countries),
                SignInMethod = One(methods),
                Family = new((byte)random.Next(8), (byte)random.Next(4)),
                LastAddress = network is null ? null : IPAddress.Parse(network + random.Next(10)),
            }));
        }

        for (var i = 0; i < Effort.Of(60, usual: 25); i++)
        {
            var filter = new SessionFilter
            {
                Country = random.Next(2) == 0 ? One(countries) : null,
                Method = random.Next(2) == 0 ? One(methods) : null,
                Device = new((byte)Math.Max(0, random.Next(16) - 8), (byte)Math.Max(0, random.Next(8) - 4)),
                Addresses = random.Next(2) == 0 ? AddressRange.Parse(One<string>(["203.0.113.3", "203.0.113.0/24", "203.0.0.0/16", "2001:db8:1::/48", "2001:db8:1::5", "2001:db8::/32"]), null) : null,
            };
            var expected = sessions.Where(filter.Matches).OrderByDescending(s => s.LastSeenAt).ThenByDescending(s => s.Id.Value).Select(s => s.Id);

            Assert.Equal(expected, await PagesAsync(filter, random.Next(5, 60), 120));
        }

        T One<T>(T[] of) => of[random.Next(of.Length)];
    }

    [Fact]
    public async Task A_session_is_found_where_it_is_and_no_longer_where_it_was()
    {
        var session = await AddAsync(s => s with { Country = "CH", Family = new(5, 1), LastAddress = IPAddress.Parse("203.0.113.7") });
        var use = new SessionUse(Now.AddMinutes(1), IPAddress.Parse("198.51.100.9")) { Country = "FR", Family = new(7, 2) };

        var moved = (await Store.TouchAsync(session.UserId, session.Id, use))!;

        await AssertListedAsync(Everything, moved);
        await AssertListedAsync(new() { Country = "FR", Device = new(7, 2), Addresses = AddressRange.Parse("198.51.100.9", null) }, moved);
        await AssertListedAsync(new() { Country = "CH" });
        await AssertListedAsync(new() { Device = new(5, 0) });
        await AssertListedAsync(new() { Addresses = AddressRange.Parse("203.0.113.0/24", null) });
        await AssertCountsAsync(live: 1);
    }

    [Fact]
    public async Task Locked_and_flagged_sessions_are_found_and_counted_as_they_come_and_go()
    {
        UserSession mine = await AddAsync(), support = await AddAsync(), rule = await AddAsync(), stolen = await AddAsync(), other = await AddAsync();
        await AssertCountsAsync(live: 5);

        await Store.LockAsync(mine.UserId, mine.Id, new(Now, LockReason.User));
        await Store.LockAsync(support.UserId, support.Id, new(Now, LockReason.Support));
        await Store.LockAsync(rule.UserId, rule.Id, new(Now, LockReason.OldSecret));
        await Store.RevokeAsync(stolen.UserId, stolen.Id, new(Now, RevocationReason.PossibleTheft));
        await Store.RevokeAsync(other.UserId, other.Id, new(Now, RevocationReason.Signal));

        await AssertListedAsync(new() { State = SessionState.Locked }, mine, support, rule);
        await AssertListedAsync(new() { State = SessionState.Flagged }, rule, stolen);
        await AssertListedAsync(new() { State = SessionState.Flagged, Country = "FR" });
        await AssertListedAsync(Everything, mine, support, rule);
        await AssertCountsAsync(live: 3, locked: 3, flagged: 2);

        await TouchAsync(rule, Now.AddMinutes(1));
        var locked = (await Store.FindAsync(rule.UserId, rule.Id))!;
        Assert.True(await Store.ConfirmAsync(locked, new(locked.Secret.AfterProof(), locked.Secret, Now.AddMinutes(1), new(3, 3))));
        await Store.RevokeAllAsync(mine.UserId, null, Samples.Revocation(Now));

        await AssertListedAsync(new() { State = SessionState.Locked }, support);
        await AssertListedAsync(new() { State = SessionState.Flagged }, stolen);
        await AssertListedAsync(new() { Device = new(3, 3) }, rule);
        await AssertCountsAsync(live: 2, locked: 1, flagged: 1);
    }

    [Fact]
    public async Task Counts_forget_what_ends_by_itself_though_nobody_comes_by()
    {
        var (capped, stolen, stays) = (await AddAsync(s => s with { AbsoluteDeadline = Now.AddMinutes(30) }), await AddAsync(), await AddAsync());
        await AddAsync();
        await Store.LockAsync(capped.UserId, capped.Id, new(Now, LockReason.TwoNetworks));
        await Store.RevokeAsync(stolen.UserId, stolen.Id, new(Now, RevocationReason.PossibleTheft));
        await AssertCountsAsync(live: 3, locked: 1, flagged: 2);

        Clock.Advance(TimeSpan.FromMinutes(31));
        await AssertCountsAsync(live: 2, flagged: 1);
        await TouchAsync(stays, Now);
        await TouchAsync(stays, Now.AddSeconds(1));
        Clock.Advance(TimeSpan.FromMinutes(31));
        await AssertCountsAsync(live: 1, flagged: 1);
        Clock.Advance(TimeSpan.FromHours(24));

        await AssertCountsAsync();
        await AssertListedAsync(new() { State = SessionState.Flagged });
    }

    [Fact]
    public async Task Sessions_are_found_by_the_beginning_of_their_id()
    {
        var session = await AddAsync();
        var near = await AddAsync(s => s with { Id = new(session.Id.Value ^ 1), LastSeenAt = Now.AddSeconds(-1) });
        await AddAsync();
        var text = $"{session.Id}";

        foreach (var length in new[] { 8, 9, 31 })
            Assert.Equal([session.Id, near.Id], (await Store.FindByIdPrefixAsync(text[..length].ToUpperInvariant(), 5)).Select(s => s.Id));
        Samples.AssertSame(session, Assert.Single(await Store.FindByIdPrefixAsync(text, 5)));
        Samples.AssertSame(session, Assert.Single(await Store.FindByIdPrefixAsync(text[..9], 1)));
        foreach (var garbage in new[] { "", text[..7], text + "0", "********", "zzzzzzzz", text[..8] + "%", "????????" })
            Assert.Empty(await Store.FindByIdPrefixAsync(garbage, 5));

        await Store.RevokeAsync(session.UserId, session.Id, new(Now, RevocationReason.PossibleTheft));
        Assert.Equal([near.Id], (await Store.FindByIdPrefixAsync(text[..8], 5)).Select(s => s.Id));
    }

    [Fact]
    public async Task A_country_that_is_none_finds_nothing()
    {
        await AddAsync();
        await AddAsync(s => s with { Country = null });

        foreach (var country in new[] { "", "\0\0", "*?", "[a", "CHE", "\uFFFF\uD800" })
            await AssertListedAsync(new() { Country = country });
    }

    protected async Task<UserSession> AddAsync(Func<UserSession, UserSession>? change = null)
    {
        var session = Samples.Session(Now);
        session = change?.Invoke(session) ?? session;
        Assert.NotNull(await Store.AddAsync(session, await Store.GetGenerationAsync(session.UserId)));
        return session;
    }

    protected async Task TouchAsync(UserSession session, DateTimeOffset at) => Assert.NotNull(await Store.TouchAsync(session.UserId, session.Id,
        new(at, session.LastAddress) { Country = session.Country, Family = session.Family, PreviousAddress = session.PreviousAddress, MovedAt = session.MovedAt }));

    protected async Task AssertListedAsync(SessionFilter filter, params UserSession[] expected)
    {
        var page = await Store.ListAllAsync(filter, null, 50);
        Assert.Equal(expected.Select(s => s.Id.ToString()).Order(StringComparer.Ordinal), page.Sessions.Select(s => s.Id.ToString()).Order(StringComparer.Ordinal));
        Assert.Null(page.Next);
        Assert.Equal(page.Sessions.OrderByDescending(s => s.LastSeenAt).ThenByDescending(s => s.Id.Value).Select(s => s.Id), page.Sessions.Select(s => s.Id));
    }

    protected async Task AssertCountsAsync(int live = 0, int locked = 0, int flagged = 0) => Assert.Equal(new(live, locked, flagged), await Store.CountAsync());

    private async Task<List<SessionId>> PagesAsync(SessionFilter filter, int size, int pages)
    {
        var ids = new List<SessionId>();
        SessionCursor? after = null;
        for (var i = 0; i < pages; i++)
        {
            var page = await Store.ListAllAsync(filter, after, size);
            ids.AddRange(page.Sessions.Select(s => s.Id));
            if (page.Next is not { } next)
                break;

            Assert.True(SessionCursor.TryParse(next.ToString(), null, out var parsed));
            after = parsed;
        }

        return ids;
    }
}
