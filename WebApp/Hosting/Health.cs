using System.Data.Common;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: database, session store and key ring answer too.
/// One word for everyone; the details go to the log.
/// </summary>
internal static class Health
{
    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseCheck>("database")
        .AddCheck<SessionStoreCheck>("session store")
        .AddCheck<KeyRingCheck>("key ring");

    /// <summary>Ahead of authentication, so that a probe costs no session look-up and works while the store is down.</summary>
    public static void UseHealth(this IApplicationBuilder app)
    {
        app.UseHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.UseHealthChecks("/health/ready");
    }

    private sealed class DatabaseCheck(IServiceProvider services) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
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

    private sealed class SessionStoreCheck(IUserSessionStore sessions) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await sessions.GetGenerationAsync(Guid.Empty);
                return HealthCheckResult.Healthy();
            }
            catch (SessionStoreUnavailableException e)
            {
                return HealthCheckResult.Unhealthy("The session store did not answer.", e);
            }
        }
    }

    private sealed class KeyRingCheck(KeyRingGate gate) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(gate.IsOpen ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The key ring has never been read."));
    }
}
