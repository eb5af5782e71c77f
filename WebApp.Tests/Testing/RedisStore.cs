using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Tests.Testing;

/// <summary>The Redis store as an instance of the app has it: wired by <see cref="RedisSessions.AddRedisSessionStore"/>, with its monitor running.</summary>
public sealed class RedisStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RedisStore(ServiceProvider services) => _services = services;

    public IUserSessionStore Store => _services.GetRequiredService<IUserSessionStore>();

    public SessionCache Cache => _services.GetRequiredService<SessionCache>();

    internal RedisIndex Index => _services.GetRequiredService<RedisIndex>();

    public RedisConnection Connection => _services.GetRequiredService<RedisConnection>();

    /// <summary>Does not wait for Redis. Calls may take 20 seconds unless said otherwise: no test of the rules should fail because the machine is busy.</summary>
    public static async Task<RedisStore> StartAsync(
        string connectionString, IDbContextFactory<SessionsDbContext> database, TimeProvider clock, TimeSpan? commandTimeout = null, LocalCache cache = default)
    {
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(clock)
            .AddSingleton(database)
            .Configure<SessionPolicy>(policy => (policy.CommandTimeout, policy.LocalCache) = (commandTimeout ?? TimeSpan.FromSeconds(20), cache))
            .AddRedisSessionStore(connectionString)
            .BuildServiceProvider();
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);

        return new(services);
    }

    public Task UntilVerifiedAsync() => Eventually.TrueAsync(() => Connection.IsVerified, "the connection is verified");

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
