using System.Net;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

/// <summary>The list of everybody's sessions. Each test marks its own by a network or a country that no other has.</summary>
public abstract class SessionsTests(TestApp app) : IAsyncLifetime
{
    private static int Networks;

    private readonly string _network = $"10.77.{Interlocked.Increment(ref Networks)}.";
    private Browser _staff = null!;

    private IUserSessionStore Store => app.Services.GetRequiredService<IUserSessionStore>();

    public async Task InitializeAsync() => _staff = await app.SignedInAsync("sam@example.com");

    public Task DisposeAsync()
    {
        _staff.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_shows_whose_session_it_is_and_where_and_leads_to_the_person()
    {
        // Of sessions seen at once any fifty may be on the first page.
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        using var person = await app.NewUserAsync();
        var id = app.KeyOf(person).SessionId;

        var page = await FindAsync("/admin/sessions");

        var shown = page.Document.QuerySelector($"[data-session-id='{id}']")!;
        Assert.Equal($"/admin/users/{await app.UserIdAsync(person.Email)}#device-{id}", shown.QuerySelector("a")!.GetAttribute("href"));
        Assert.Equal(person.Email, shown.QuerySelector("a")!.TextContent);
        Assert.Contains("127.0.0.0/24", shown.TextContent);
        Assert.DoesNotContain("127.0.0.1", shown.TextContent);
        Assert.Contains("Firefox on", shown.TextContent);
        Assert.Contains("Password", shown.TextContent);
    }

    [Fact]
    public async Task Fifty_are_shown_and_the_next_page_goes_on()
    {
        for (var i = 0; i < 120; i++)
            await AddAsync(i);

        var first = await FindAsync($"/admin/sessions?address={_network}0/24");
        var second = await first.FollowLinkAsync("Next page");
        var third = await second.FollowLinkAsync("Next page");

        Assert.Equal([50, 50, 20], new[] { first, second, third }.Select(page => page.SessionIds.Count));
        Assert.Equal(120, first.SessionIds.Concat(second.SessionIds).Concat(third.SessionIds).Distinct().Count());
        Assert.DoesNotContain(third.Document.QuerySelectorAll("a"), a => a.TextContent == "Next page");
        Assert.Equal($"{_network}0/24", third.Document.QuerySelector("[name=address]")!.GetAttribute("value"));
        Assert.Equal(first.SessionIds, (await third.FollowLinkAsync("First page")).SessionIds);
    }

    [Fact]
    public async Task Each_filter_finds_its_own_and_the_form_keeps_what_was_chosen()
    {
        var one = await AddAsync(1, s => s with { Country = "LI", SignInMethod = "hwk", Family = new(4, 4) });
        var two = await AddAsync(2, s => s with { Country = "LI", SignInMethod = "pwd rec", Family = new(4, 3) });

        foreach (var (query, expected) in new (string, UserSession[])[]
        {
            ("country=li", [two, one]),
            ("country=LI&method=hwk", [one]),
            ("country=LI&method=pwd+rec", [two]),
            ("browser=4&country=LI", [two, one]),
            ("system=3&browser=4", [two]),
            ("country=LI&state=Locked", []),
        })
        {
            Assert.Equal(expected.Select(s => s.Id.ToString()).Order(StringComparer.Ordinal), (await FindAsync($"/admin/sessions?{query}&address={_network}0/24")).SessionIds.Order(StringComparer.Ordinal));
        }

        var form = await FindAsync($"/admin/sessions?address={_network}0/24&system=3&method=pwd+rec&state=Any");
        Assert.Equal(["3", "pwd rec"], form.Document.QuerySelectorAll("option[selected]").Select(o => o.GetAttribute("value")).Where(value => value is not "Any"));
        Assert.Contains("Windows", form.Document.QuerySelector("#System")!.TextContent);
    }

    // Each filter would halve what is left: eight of them are an address that nobody gave a reason for.
    [Fact]
    public async Task Support_finds_by_no_less_of_an_address_than_it_sees_and_an_Admin_by_all_of_it()
    {
        var (one, two, other) = (await AddAsync(1), await AddAsync(254), await AddAsync(1, s => s with { LastAddress = IPAddress.Parse("2001:db8:77:1::1"), Country = "LI" }));
        using var admin = await app.SignedInAsync("ada@example.com");
        string[] both = [.. new[] { one, two }.Select(s => s.Id.ToString()).Order(StringComparer.Ordinal)];

        foreach (var narrow in new[] { $"{_network}0/25", $"{_network}0/31", $"::ffff:{_network}0/121", "2001:db8:77::/49", "2001:db8:77::/127" })
        {
            var refused = await FindAsync($"/admin/sessions?address={narrow}");
            Assert.Contains("Support can filter by a /24 network (IPv6: /48), or a wider one.", refused.Text);
            Assert.Equal((narrow, 0), (refused.Document.QuerySelector("[name=address]")!.GetAttribute("value"), refused.SessionIds.Count));
        }

        foreach (var address in new[] { $"{_network}1", $"{_network}57", $"{_network}254/32", $"::ffff:{_network}1" })
        {
            var whole = await FindAsync($"/admin/sessions?address={address}");
            Assert.Equal(both, whole.SessionIds.Order(StringComparer.Ordinal));
            Assert.Contains($"This is all of {_network}0/24: only an Admin can filter by one address.", whole.Text);
        }

        Assert.Contains("This is all of 2001:db8:77::/48:", (await FindAsync("/admin/sessions?address=2001:db8:77:2::9&country=LI")).Text);
        Assert.DoesNotContain("This is all of", (await FindAsync($"/admin/sessions?address={_network}0/24")).Text);
        Assert.Equal([one.Id.ToString()], (await admin.GetAsync($"/admin/sessions?address={_network}1")).SessionIds);
        Assert.Equal([two.Id.ToString()], (await admin.GetAsync($"/admin/sessions?address={_network}128/25")).SessionIds);
        Assert.Contains(other.Id.ToString(), (await admin.GetAsync("/admin/sessions?address=2001:db8:77:1::/64")).SessionIds);
    }

    [Fact]
    public async Task Locked_sessions_and_those_taken_for_theft_say_so()
    {
        var (locked, stolen) = (await AddAsync(1), await AddAsync(2));
        await Store.LockAsync(locked.UserId, locked.Id, new(app.Clock.GetUtcNow(), LockReason.Travel));
        await Store.RevokeAsync(stolen.UserId, stolen.Id, new(app.Clock.GetUtcNow(), RevocationReason.PossibleTheft));

        var flagged = await FindAsync($"/admin/sessions?address={_network}0/24&state=Flagged");
        var all = await FindAsync($"/admin/sessions?address={_network}0/24");

        Assert.Equal([locked.Id.ToString()], all.SessionIds);
        Assert.Contains("Locked: it was used in two countries within a short time", all.Text);
        Assert.Equal(2, flagged.SessionIds.Count);
        Assert.Contains("Ended as possible theft", flagged.Text);
        Assert.Contains("Deleted account", flagged.Text);
    }

    [Theory]
    [InlineData("address=nonsense", "Enter an address such as")]
    [InlineData("address=10.0.0.0/33", "Enter an address such as")]
    [InlineData("address=1", "Enter an address such as")]
    [InlineData("address=%27%3B--", "Enter an address such as")]
    [InlineData("address=%00", "Enter an address such as")]
    [InlineData("country=Switzerland", "Enter the two letters of a country, such as CH.")]
    [InlineData("country=%00%FF", "Enter the two letters of a country, such as CH.")]
    [InlineData("browser=x", "Choose one from the list.")]
    [InlineData("browser=999", "Choose one from the list.")]
    [InlineData("browser=200", "Choose one from the list.")]
    [InlineData("system=-1", "Choose one from the list.")]
    [InlineData("method=*", "Choose one from the list.")]
    [InlineData("state=17", "Choose one from the list.")]
    [InlineData("state=stolen", "Choose one from the list.")]
    [InlineData("country=ZZ", "No session fits.")]
    [InlineData("after=0-00000000000000000000000000000000", "There are no more sessions.")]
    public async Task Garbage_finds_nothing_and_says_what_to_do(string query, string words)
    {
        var page = await _staff.PeekAsync($"/admin/sessions?{query}");

        Assert.Equal(200, page.Status);
        Assert.Empty(page.SessionIds);
        Assert.Contains(words, page.Text);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1-2")]
    [InlineData("-00000000000000000000000000000000")]
    [InlineData("99999999999999999999-00000000000000000000000000000000")]
    [InlineData("253402300800000-00000000000000000000000000000000")]
    [InlineData("1-0000000000000000000000000000000g")]
    public async Task A_place_that_is_none_is_not_found(string after) => Assert.Equal(404, (await _staff.PeekAsync($"/admin/sessions?after={after}")).Status);

    private async Task<Page> FindAsync(string path)
    {
        var page = await _staff.GetAsync(path);
        Assert.Equal(200, page.Status);
        return page;
    }

    /// <summary>Of nobody who has an account.</summary>
    private async Task<UserSession> AddAsync(int number, Func<UserSession, UserSession>? change = null)
    {
        var session = Samples.Session(app.Clock.GetUtcNow()) with { LastAddress = IPAddress.Parse($"{_network}{number}") };
        session = change?.Invoke(session) ?? session;
        Assert.NotNull(await Store.AddAsync(session, default));
        return session;
    }
}

[Trait("Lane", "Fast")]
public sealed class SessionsOnSqlTests(SqlApp app) : SessionsTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Fast")]
public sealed class SessionsOnRedisTests(RedisApp app) : SessionsTests(app), IClassFixture<RedisApp>;
