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
    }
}
