using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace WebApp.Accounts;

/// <summary>ASP.NET Core Identity's tables, with a migrations history of their own. Times are UTC milliseconds since 1970.</summary>
public sealed class AppDbContext(DbContextOptions<AppDbContext> options) : IdentityDbContext<AppUser, IdentityRole<Guid>, Guid>(options)
{
    public const string MigrationsHistoryTable = "__AccountsMigrations";

    /// <summary>Changes of rights that the session store has not confirmed yet.</summary>
    public DbSet<RightsChange> RightsChanges => Set<RightsChange>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<AppUser>(user =>
        {
            user.Property(u => u.Name).HasMaxLength(AppUser.MaxNameLength);
            user.Property(u => u.SessionStamp).HasMaxLength(32);
            // The address is the name people sign in with, so two accounts can never share one.
            user.HasIndex(u => u.NormalizedEmail).HasDatabaseName("EmailIndex").IsUnique();
        });
    }

    // The SQLite provider can't compare DateTimeOffset values kept as text.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<TimeConverter>();

    private sealed class TimeConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
