using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>Which script comes first in the life of a process must not matter.</summary>
public sealed class FirstScriptTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Fact]
    public async Task A_new_process_whose_first_script_is_the_sweepers_signs_people_in()
    {
        var folder = Directory.CreateTempSubdirectory("webapp-").FullName;
        var database = Path.Combine(folder, "webapp.db");
        DatabaseTemplate.OfTheApp.CopyTo(database);
        await FillAsync();

        await using (var app = await AppProcess.StartAsync(redis.ConnectionString, database))
        {
            var swept = await PlaceAsync();
            await Eventually.TrueAsync(async () => await PlaceAsync() > swept, "the sweeper has come by");
            using var browser = new Browser(app.Address);
            await browser.SignInAsync("alice@example.com", Browser.DemoPassword);

            Assert.Equal(200, (await browser.GetAsync("/account/sessions")).Status);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>
    /// Leaves what an earlier instance does: a session and the copies of the epoch, so that reads need no script.
    /// </summary>
    private async Task FillAsync()
    {
        var clock = new TestClock();
        using var database = new SqliteDatabase();
        await using var app = await RedisStore.StartAsync(redis.ConnectionString, database, clock);
        await app.Store.EndEveryoneAsync(Samples.Revocation(clock.GetUtcNow()), spared: null);
        var session = Samples.Session(clock.GetUtcNow());
        Assert.NotNull(await app.Store.AddAsync(session, await app.Store.GetGenerationAsync(session.UserId)));
    }

    private async Task<long> PlaceAsync() =>
        long.TryParse(await redis.CliAsync("GET", "ul:place"), out var place) ? place : 0;
}
