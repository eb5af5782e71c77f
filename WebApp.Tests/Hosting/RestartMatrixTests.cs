using WebApp.Tests.Testing;
using Database = WebApp.Tests.Testing.DatabaseBefore;
using Redis = WebApp.Tests.Testing.RedisBefore;

namespace WebApp.Tests.Hosting;

/// <summary>
/// Whatever an app finds in its database and in Redis, it starts, is ready when it says so, and people can sign in, see
/// and end their sessions, and sign out; without an error in its log. Processes are started and stopped as an operator
/// does it.
/// </summary>
public sealed class RestartMatrixTests(InstallationPasts pasts) : IClassFixture<InstallationPasts>
{
    private const string Production = Installation.Production;
    private const string Development = Installation.Development;

    /// <summary>Any two columns have every pair of their values.</summary>
    public static TheoryData<Database, Redis, string, StartKind> Pairs => new()
    {
        { Database.Fresh, Redis.Empty, Production, StartKind.First },
        { Database.Fresh, Redis.Existing, Production, StartKind.Restart },
        { Database.Fresh, Redis.Flushed, Development, StartKind.SecondInstance },
        { Database.Fresh, Redis.OlderSnapshot, Development, StartKind.First },
        { Database.Existing, Redis.Empty, Development, StartKind.Restart },
        { Database.Existing, Redis.Existing, Production, StartKind.SecondInstance },
        { Database.Existing, Redis.Flushed, Production, StartKind.First },
        { Database.Existing, Redis.OlderSnapshot, Production, StartKind.Restart },
        { Database.RestoredOlder, Redis.Empty, Production, StartKind.SecondInstance },
        { Database.RestoredOlder, Redis.Existing, Development, StartKind.First },
        { Database.RestoredOlder, Redis.Flushed, Production, StartKind.Restart },
        { Database.RestoredOlder, Redis.OlderSnapshot, Production, StartKind.SecondInstance },
    };

    /// <summary>All others.</summary>
    public static TheoryData<Database, Redis, string, StartKind> Rest
    {
        get
        {
            var pairs = Pairs.Select(row => (row[0], row[1], row[2], row[3])).ToHashSet();
            var rest =
                from database in Enum.GetValues<Database>()
                from redis in Enum.GetValues<Redis>()
                from environment in new[] { Production, Development }
                from start in Enum.GetValues<StartKind>()
                where !pairs.Contains((database, redis, environment, start))
                select (database, redis, environment, start);
            var rows = new TheoryData<Database, Redis, string, StartKind>();
            foreach (var (database, redis, environment, start) in rest)
                rows.Add(database, redis, environment, start);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task The_app_serves_people_whatever_was_there_before(
        Database database, Redis redis, string environment, StartKind start)
    {
        var past = await pasts.OfAsync(environment);
        await using var installation = await past.InstallAsync(database, redis);

        var one = await installation.StartAsync();
        using var early = await installation.SignInAsync(one);
        await AssertWhoIsSignedInAsync(installation, one, past, database, redis);
        if (start == StartKind.Restart)
            await installation.StopAsync();
        var two = start switch
        {
            StartKind.First => one,
            StartKind.Restart => await installation.StartAsync(),
            _ => await installation.StartBesideAsync(),
        };
        using var first = start == StartKind.Restart ? installation.Lead(early, two) : early;
        using var second = await installation.SignInAsync(two, Browser.Safari);

        await AssertTheyCanActAsync(first, second);
        await installation.StopAsync();
    }

    [Theory]
    [MemberData(nameof(Rest))]
    [Trait("Lane", "Long")]
    public Task So_it_does_in_every_other_case(Database database, Redis redis, string environment, StartKind start) =>
        The_app_serves_people_whatever_was_there_before(database, redis, environment, start);

    /// <summary>Each sees both; the second ends the first, which is refused, and signs out itself.</summary>
    private static async Task AssertTheyCanActAsync(Browser first, Browser second)
    {
        var firstId = (await SessionsAsync(first)).CurrentSessionId;
        var page = await SessionsAsync(second);
        Assert.Contains(firstId, page.SessionIds);
        Assert.Contains(page.CurrentSessionId, (await SessionsAsync(first)).SessionIds);

        page = await page.PressAsync("Sign out", $"[data-session-id='{firstId}']");
        Assert.Equal(200, page.Status);
        await AssertSignedInAsync(first, false, "whom the second has ended");
        await AssertSignedInAsync(second, true, "who has ended the first");

        page = await (await SessionsAsync(second)).PressAsync("Sign out", "header");
        Assert.Equal(200, page.Status);
        await AssertSignedInAsync(second, false, "who has signed out");
    }

    private static async Task<Page> SessionsAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account/sessions");
        Assert.Equal((200, "/account/sessions"), (page.Status, page.Address.AbsolutePath));
        return page;
    }

    /// <summary>What becomes of the sessions from before: none comes back that is known to have ended.</summary>
    private static async Task AssertWhoIsSignedInAsync(
        Installation installation, AppProcess app, InstallationPast past, Database database, Redis redis)
    {
        Browser[] expected = (database, redis) switch
        {
            // The key ring has gone, and with it all cookies are void.
            (_, Redis.Empty or Redis.Flushed) => [],
            // To this database they are nobody.
            (Database.Fresh, _) => [],
            (Database.Existing, Redis.Existing) => [past.Kept, past.Later],
            // The journal in the database ends again what the snapshot brought back.
            (Database.Existing, Redis.OlderSnapshot) => [past.Kept],
            // Redis knows what has ended. The account of the later person has gone.
            (Database.RestoredOlder, Redis.Existing) => [past.Kept],
            // Neither knows of the end: then the session is back.
            (Database.RestoredOlder, Redis.OlderSnapshot) => [past.Ended, past.Kept],
            _ => throw new ArgumentOutOfRangeException(nameof(redis)),
        };
        await AssertAsync(past.Ended, "that was ended");
        await AssertAsync(past.Kept, "that was kept");
        await AssertAsync(past.Later, "that came later");

        async Task AssertAsync(Browser known, string who)
        {
            using var browser = installation.Lead(known, app);
            await AssertSignedInAsync(browser, expected.Contains(known), who);
        }
    }

    private static async Task AssertSignedInAsync(Browser browser, bool expected, string who)
    {
        var page = await browser.GetAsync("/account");
        var answer = $"{page.Status} {page.Address.AbsolutePath}";
        Assert.True(answer == (expected ? "200 /account" : "200 /account/login"), $"The one {who} got {answer}");
    }
}
