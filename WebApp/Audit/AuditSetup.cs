using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

public static class AuditSetup
{
    /// <summary>The app adds an <see cref="AuditKey"/> by itself: where it is kept is its business.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="database">How to reach the database, given the name of the migrations history table.</param>
    public static void AddAuditLog(this IServiceCollection services, Action<DbContextOptionsBuilder, string> database)
    {
        services.AddPooledDbContextFactory<AuditDbContext>(options => database(options, AuditDbContext.MigrationsHistoryTable));
        services.AddSingleton<AuditLog>().AddSingleton<AuditVerifier>().AddSingleton<AuditSegments>().AddSingleton<AuditBeginning>().AddSingleton<AuditRestart>().AddSingleton<AuditBundle>();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(audit => audit.KeepFor >= AuditOptions.ShortestKept && audit.KeepFor <= TimeSpan.FromDays(3660),
                $"{AuditOptions.Section}:{nameof(AuditOptions.KeepFor)} must be from {AuditOptions.ShortestKept} to ten years.")
            .Validate(audit => audit.Key is null || AuditKey.IsKey(audit.Key),
                $"{AuditOptions.Section}:{nameof(AuditOptions.Key)} must be base64 of {AuditKey.Bytes} random bytes or more, such as \"openssl rand -base64 {AuditKey.Bytes}\" writes.")
            .ValidateOnStart();
        services.AddSingleton<AuditWatch>().AddHostedService(s => s.GetRequiredService<AuditWatch>());
        services.AddSingleton<AuditRetention>().AddHostedService(s => s.GetRequiredService<AuditRetention>());
    }
}
