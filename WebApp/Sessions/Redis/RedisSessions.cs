using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

public static class RedisSessions
{
    /// <summary>
    /// Keeps sessions in Redis: registers <see cref="IUserSessionStore"/>, the <see cref="RedisConnection"/> that
    /// others may borrow, and the monitor behind them. Needs an
    /// <c>IDbContextFactory&lt;SessionsDbContext&gt;</c> (for the journal of revocations), <see cref="SessionPolicy"/>
    /// options, a <see cref="TimeProvider"/> and logging.
    /// Call it before whatever uses Redis in a hosted service of its own: nothing gets through until the monitor has
    /// started. It loads every <see cref="RedisScriptSet"/> that is registered.
    /// </summary>
    public static IServiceCollection AddRedisSessionStore(
        this IServiceCollection services, ConfigurationOptions server) => services
        .AddSingleton(provider => new RedisConnection(
            server,
            provider.GetRequiredService<IOptions<SessionPolicy>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisConnection>>()))
        .AddSingleton<RedisLookups>()
        .AddSingleton<RedisScripts>()
        .AddSingleton(provider => provider.GetRequiredService<RedisScripts>().Set)
        .AddSingleton<RedisShortTermStore>()
        .AddSingleton<IShortTermStore>(provider => provider.GetRequiredService<RedisShortTermStore>())
        .AddSingleton(provider => provider.GetRequiredService<RedisShortTermStore>().Scripts)
        .AddSingleton<RevocationJournal>()
        .AddSingleton<PresentEpoch>()
        .AddSingleton<RedisIndex>()
        .AddSingleton<IUserSessionStore, RedisUserSessionStore>()
        .AddHostedService<RedisMonitor>()
        .AddHostedService<RedisIndexSweeper>();
}
