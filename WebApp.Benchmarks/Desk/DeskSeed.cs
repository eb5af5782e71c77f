using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Http.Peers;
using WebApp.Benchmarks.Machine;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Benchmarks.Desk;

/// <summary>Fills the database and the store of an app that has made its tables already.</summary>
internal sealed class DeskSeed(DeskOptions options, string database, DeskData data)
{
    private const int Batch = 2000;
    private const int AtOnce = 64;
    private const int ProgressEvery = 50_000;

    /// <summary>Straight into the table: what a new account sets off is not what is measured.</summary>
    public Task FillAccountsAsync() =>
        FillAsync("accounts", options.Users, () => new AppDbContext(OptionsOf<AppDbContext>()), (db, number) => db.Add(Account(number)));

    /// <summary>By the log itself, which chains them.</summary>
    public async Task FillAuditLogAsync()
    {
        using var log = new AuditLog(new PooledDbContextFactory<AuditDbContext>(OptionsOf<AuditDbContext>()), new AuditKey(Workplace.AuditKey, file: ""), TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        for (var from = 0; from < options.Entries; from += Batch)
        {
            var count = Math.Min(Batch, options.Entries - from);
            await log.AppendAllAsync([.. Enumerable.Range(from, count).Select(data.Entry)]);
            Tell(from + count, "audit entries", started);
        }
    }

    public Task FillSqlAsync() =>
        FillAsync("sessions", options.Sessions, () => new SessionsDbContext(OptionsOf<SessionsDbContext>()), (db, number) => db.Add(SessionRow.From(data.Session(number), epoch: 0)));

    /// <summary>By the store, as sign-ins do. Returns the bytes that each session takes of Redis, and how many of them are the index over all users.</summary>
    public async Task<(double All, double Index)> FillRedisAsync(RedisProcess redis, Workplace place)
    {
        var builder = PeerServer.NewBuilder([.. place.SettingsIn(place.NewFolder("seed"), redis), $"--ConnectionStrings:Database=Data Source={database}", "--Sessions:CommandTimeout=00:00:20"]);
        new Ours().AddServices(builder);
        await using var app = builder.Build();
        await app.StartAsync();
        var (store, done, started) = (app.Services.GetRequiredService<IUserSessionStore>(), 0, Stopwatch.GetTimestamp());
        var before = (await redis.CountAsync()).Memory;
        await Parallel.ForAsync(0, options.Sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            await store.AddAsync(data.Session(i), default, limit: 100);
            Tell(Interlocked.Increment(ref done), "sessions", started);
        });
        var all = (await redis.CountAsync()).Memory - before;
        var index = await IndexBytesAsync(app.Services.GetRequiredService<RedisConnection>());
        await app.StopAsync();
        return (all / options.Sessions, index / options.Sessions);
    }

    /// <summary>Keys and values as Redis counts them, from every seventh tag.</summary>
    private static async Task<double> IndexBytesAsync(RedisConnection connection)
    {
        const int every = 7;
        var (bytes, tags) = (0.0, 0);
        for (var tag = 0; tag < RedisKeys.Tags; tag += every, tags++)
        {
            for (var list = 0; list < RedisIndexEntry.Lists; list++)
                bytes += await connection.RunAsync(async redis => (double)await redis.ExecuteAsync("MEMORY", "USAGE", $"ul:{{s{tag:x2}}}:{list:x2}"));
            foreach (var key in new[] { $"ub:{{s{tag:x2}}}:", $"uc:{{s{tag:x2}}}:0" })
                bytes += await connection.RunAsync(async redis => (double)await redis.ExecuteAsync("MEMORY", "USAGE", key));
        }

        return bytes * RedisKeys.Tags / tags;
    }

    private static async Task FillAsync<TContext>(string what, int count, Func<TContext> open, Action<TContext, int> add)
        where TContext : DbContext
    {
        var started = Stopwatch.GetTimestamp();
        for (var from = 0; from < count; from += Batch)
        {
            await using var db = open();
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            for (var number = from; number < Math.Min(count, from + Batch); number++)
                add(db, number);
            await db.SaveChangesAsync();
            Tell(Math.Min(count, from + Batch), what, started);
        }
    }

    private static void Tell(int done, string what, long started)
    {
        if (done % ProgressEvery == 0)
            Progress.Show($"{done:N0} {what}, {done / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} a second");
    }

    private static AppUser Account(int number)
    {
        var user = BenchmarkUser.Number(number);
        return new()
        {
            Id = user.Id,
            UserName = user.Email,
            NormalizedUserName = user.Email.ToUpperInvariant(),
            Email = user.Email,
            NormalizedEmail = user.Email.ToUpperInvariant(),
            EmailConfirmed = true,
            Name = user.DisplayName,
            SecurityStamp = user.Stamp,
        };
    }

    private DbContextOptions<TContext> OptionsOf<TContext>()
        where TContext : DbContext => new DbContextOptionsBuilder<TContext>().UseSqlite($"Data Source={database}").Options;
}
