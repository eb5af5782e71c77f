using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>Which script comes first in the life of a process must not matter.</summary>
public sealed class FirstScriptTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Fact]
    public async Task A_new_process_with_an_empty_journal_whose_first_script_is_the_sweepers_signs_people_in()
    {
        var folder = Directory.CreateTempSubdirectory("webapp-").FullName;
        var database = Path.Combine(folder, "webapp.db");
        await MakeAccountsAsync(database);
        await FillRedisAsync();

        await using (var app = await AppProcess.StartAsync(redis.ConnectionString, database))
        {
            var place = await PlaceAsync();
            await Eventually.TrueAsync(async () => await PlaceAsync() > place, "the sweeper has come by");
            using var browser = new Browser(app.Address);
            await browser.SignInAsync("alice@example.com", Browser.DemoPassword);

            Assert.Equal(200, (await browser.GetAsync("/account/sessions")).Status);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>
    /// Makes the demo accounts, without Redis: so nothing about them is in the journal, or waits to be told.
    /// </summary>
    private static async Task MakeAccountsAsync(string database)
    {
        DatabaseTemplate.OfTheApp.CopyTo(database);
        await using var app = new TestApp { Database = database };
        await app.UntilReadyAsync();
        await using var scope = app.Services.CreateAsyncScope();
        var changes = scope.ServiceProvider.GetRequiredService<AppDbContext>().RightsChanges;
        await Eventually.TrueAsync(async () => !await changes.AnyAsync(), "the rights of the demo accounts are told");
    }

    /// <summary>
    /// Leaves what an earlier instance does: a session and the copies of the epoch, so that reads need no script.
    /// </summary>
    private async Task FillRedisAsync()
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
