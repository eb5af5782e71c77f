using Microsoft.EntityFrameworkCore;
using WebApp.Admin.Bulk;

namespace WebApp.Admin;

public static class AdminSetup
{
    private const int LargestThreshold = 1_000_000;
    private const int FastestPace = 1000;

    private static readonly TimeSpan ShortestHold = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    /// <param name="services">The app's services. A <see cref="TellOfEnd"/> has to be among them.</param>
    /// <param name="database">How to reach the database, given the name of the migrations history table.</param>
    public static void AddAdmin(this IServiceCollection services, Action<DbContextOptionsBuilder, string> database)
    {
        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(admin => admin.IsValidPattern(), $"{AdminOptions.Section}:{nameof(AdminOptions.CaseReferencePattern)} is no regular expression.")
            .Validate(admin => admin.ApprovalThreshold is >= 0 and <= LargestThreshold,
                $"{AdminOptions.Section}:{nameof(AdminOptions.ApprovalThreshold)} must be from 0 to {LargestThreshold}.")
            .Validate(admin => admin.BulkHold >= ShortestHold && admin.BulkHold <= LongestHold,
                $"{AdminOptions.Section}:{nameof(AdminOptions.BulkHold)} must be from {ShortestHold} to {LongestHold}.")
            .Validate(admin => admin.BulkPace is >= 1 and <= FastestPace, $"{AdminOptions.Section}:{nameof(AdminOptions.BulkPace)} must be from 1 to {FastestPace}.")
            .ValidateOnStart();
        services.AddPooledDbContextFactory<AdminDbContext>(options => database(options, AdminDbContext.MigrationsHistoryTable));
        services.AddSingleton<AdminDatabase>();
        services.AddScoped<StaffRoles>();
        services.AddSingleton<BulkBell>().AddSingleton<BulkRequests>().AddScoped<BulkDrafts>().AddScoped<BulkReport>();
        services.AddSingleton<BulkLeases>().AddSingleton<BulkRunner>().AddSingleton<BulkMails>().AddHostedService<BulkWorker>();
        services.AddSingleton<BulkCounter>().AddHostedService(s => s.GetRequiredService<BulkCounter>());
        services.AddSingleton<BulkSweeper>().AddHostedService(s => s.GetRequiredService<BulkSweeper>());
        services.AddScoped<AuditDesk>();
        services.AddSingleton<StaffReasons>();
        services.AddScoped<UserDirectory>().AddScoped<StaffActs>().AddScoped<ForcedSignOut>().AddScoped<AccountActs>().AddScoped<AddressReveal>().AddScoped<Receipts>();
    }
}
