using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using WebApp.Admin.Bulk;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>What staff have asked for in bulk, with a migrations history of its own. Times are UTC milliseconds since 1970.</summary>
public sealed class AdminDbContext(DbContextOptions<AdminDbContext> options) : DbContext(options)
{
    public const string MigrationsHistoryTable = "__AdminMigrations";

    public DbSet<BulkRequest> Requests => Set<BulkRequest>();

    public DbSet<BulkTarget> Targets => Set<BulkTarget>();

    public DbSet<BulkLease> Leases => Set<BulkLease>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<BulkRequest>(request =>
        {
            request.ToTable("BulkRequests");
            request.HasIndex(r => r.State);
            request.HasIndex(r => r.AskedAt);
            request.Property(r => r.Kind).HasConversion<string>().HasMaxLength(16);
            request.Property(r => r.State).HasConversion<string>().HasMaxLength(16);
            request.Property(r => r.Trouble).HasConversion<string>().HasMaxLength(16);
            request.Property(r => r.Reason).HasConversion<string>().HasMaxLength(32);
            request.Property(r => r.Picked).HasMaxLength(BulkRequest.MaxPickedLength);
            request.Property(r => r.CaseReference).HasMaxLength(Revocation.MaxCaseReferenceLength);
            request.Property(r => r.Note).HasMaxLength(AuditEntry.MaxNoteLength);
            request.Ignore(r => r.SparedSession);
            request.Property(r => r.SparedSessionId).HasMaxLength(32);
            request.Property(r => r.Site).HasMaxLength(BulkRequest.MaxSiteLength);
        });
        modelBuilder.Entity<BulkTarget>(target =>
        {
            target.ToTable("BulkTargets");
            target.HasKey(t => new { t.RequestId, t.Position });
            target.HasIndex(t => new { t.RequestId, t.Fate, t.Position });
            target.HasOne<BulkRequest>().WithMany().HasForeignKey(t => t.RequestId);
            target.Property(t => t.Text).HasMaxLength(BulkTarget.MaxTextLength);
        });
        modelBuilder.Entity<BulkLease>(lease =>
        {
            lease.ToTable("BulkLease");
            lease.Property(l => l.Id).ValueGeneratedNever();
            lease.HasData(new BulkLease { Id = BulkLease.TheOne });
        });
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<TimeConverter>();

    private sealed class TimeConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
