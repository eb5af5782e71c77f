using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

public static class AuditSetup
{
    /// <param name="services">The app's services.</param>
    /// <param name="database">How to reach the database, given the name of the migrations history table.</param>
    public static void AddAuditLog(this IServiceCollection services, Action<DbContextOptionsBuilder, string> database)
    {
        services.AddPooledDbContextFactory<AuditDbContext>(options => database(options, AuditDbContext.MigrationsHistoryTable));
        services.AddSingleton<AuditLog>();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(audit => audit.KeepFor >= AuditOptions.ShortestKept && audit.KeepFor <= TimeSpan.FromDays(3660),
                $"{AuditOptions.Section}:{nameof(AuditOptions.KeepFor)} must be from {AuditOptions.ShortestKept} to ten years.")
            .ValidateOnStart();
        services.AddSingleton<AuditRetention>().AddHostedService(s => s.GetRequiredService<AuditRetention>());
    }
}
