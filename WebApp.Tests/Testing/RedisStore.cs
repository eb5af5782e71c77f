using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Tests.Testing;

/// <summary>
/// The Redis store as an instance of the app has it: wired by <see cref="RedisSessions.AddRedisSessionStore"/>, with
/// its monitor running.
/// </summary>
public sealed class RedisStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RedisStore(ServiceProvider services, LogCollector log) => (_services, Log) = (services, log);

    public LogCollector Log { get; }

    public IUserSessionStore Store => _services.GetRequiredService<IUserSessionStore>();

    public IShortTermStore ShortTerm => _services.GetRequiredService<IShortTermStore>();

    internal RedisLookups Lookups => _services.GetRequiredService<RedisLookups>();

    internal RedisIndex Index => _services.GetRequiredService<RedisIndex>();

    public RedisConnection Connection => _services.GetRequiredService<RedisConnection>();

    /// <summary>
    /// Does not wait for Redis. Calls may take 20 seconds unless said otherwise: no test of the rules should fail
    /// because the machine is busy.
    /// </summary>
    internal static async Task<RedisStore> StartAsync(
        string connectionString,
        IDbContextFactory<SessionsDbContext> database,
        TimeProvider clock,
        TimeSpan? commandTimeout = null,
        params IEnumerable<RedisScriptSet> moreScripts)
    {
        var log = new LogCollector();
        var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddSingleton(clock)
            .AddSingleton(database)
            .Configure<SessionPolicy>(policy => policy.CommandTimeout = commandTimeout ?? TimeSpan.FromSeconds(20))
            .AddRedisSessionStore(new RedisSettings().Read(connectionString));
        foreach (var set in moreScripts)
            services.AddSingleton(set);

        var store = new RedisStore(services.BuildServiceProvider(), log);
        foreach (var hosted in store._services.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);

        return store;
    }

    public Task UntilVerifiedAsync() => Eventually.TrueAsync(() => Connection.IsVerified, "the connection is verified");

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
