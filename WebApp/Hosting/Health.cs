using System.Data.Common;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using WebApp.Accounts.Mail;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: database and key ring answer too, and the session
/// store has just read and run a script or transaction as for a sign-in (<see cref="IUserSessionStore.CheckAsync"/>).
/// One word for everyone; the details go to the log. <c>Degraded</c> (status 200): it serves, but Redis'
/// settings endanger the key ring, Redis refuses new sessions, rows of the database can't be opened, or mail does not
/// get out.
/// </summary>
internal static class Health
{
    public static void AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<DatabaseCheck>("database")
            .AddCheck<SessionStoreCheck>("session store")
            .AddCheck<KeyRingCheck>("key ring")
            .AddCheck<MailCheck>("mail");
        // The framework would repeat everything with every probe, traces included.
        services.AddSingleton<ReadinessLog>().AddLogging(logging =>
            logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
    }

    /// <summary>
    /// Ahead of authentication, so that a probe costs no session look-up and works while the store is down.
    /// </summary>
    public static void UseHealth(this IApplicationBuilder app)
    {
        app.UseHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.UseHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = AnswerAsync });
    }

    private static Task AnswerAsync(HttpContext context, HealthReport report)
    {
        context.RequestServices.GetRequiredService<ReadinessLog>().Note(report);
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(report.Status.ToString());
    }

    private sealed class DatabaseCheck(IServiceProvider services) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                return await Database.IsUpToDateAsync(services, cancellationToken)
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("Migrations are pending: run \"WebApp migrate\".");
            }
            catch (DbException e)
            {
                return HealthCheckResult.Unhealthy("The database did not answer.", e);
            }
        }
    }

    private sealed class SessionStoreCheck(IUserSessionStore sessions, IServiceProvider services) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await sessions.CheckAsync();
                // Without Redis there is no connection to ask.
                return services.GetService<RedisConnection>() is { } redis
                    ? JudgeWrites(redis)
                    : HealthCheckResult.Healthy();
            }
            catch (SessionStoreUnavailableException e)
            {
                return HealthCheckResult.Unhealthy("The session store did not answer.", e);
            }
        }

        /// <summary>Full memory keeps people from signing in, but nobody who is signed in from anything.</summary>
        private static HealthCheckResult JudgeWrites(RedisConnection redis) =>
            redis.Masters.Any(master => master.EvictsAnyKey)
                ? HealthCheckResult.Unhealthy(
                    "Redis may evict what finds the sessions that are to end: set maxmemory-policy to noeviction.")
            : redis.RefusedWrite is { } words ? HealthCheckResult.Degraded($"Redis refused to write: {words}")
            : HealthCheckResult.Healthy();
    }

    private sealed class KeyRingCheck(KeyRingGate gate, SealedRows rows, IServiceProvider services) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
            !gate.IsOpen ? HealthCheckResult.Unhealthy($"The key ring has never been read. {gate.Why}".TrimEnd())
            : rows.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble)
            : MayLoseKeys()
                ? HealthCheckResult.Degraded("Redis may evict the key ring: set maxmemory-policy to noeviction.")
            : HealthCheckResult.Healthy());

        // Without Redis there is no connection to ask.
        private bool MayLoseKeys() =>
            services.GetService<RedisConnection>()?.Masters.Any(master => master.MayEvictAnyKey) is true;
    }

    /// <summary>Never unhealthy: what waits for the mail server keeps nobody from signing in.</summary>
    private sealed class MailCheck(MailQueue mail) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                return await mail.FindTroubleAsync() is { } trouble
                    ? HealthCheckResult.Degraded(trouble)
                    : HealthCheckResult.Healthy();
            }
            catch (DbException)
            {
                // The database's own check says so.
                return HealthCheckResult.Healthy();
            }
        }
    }
}
