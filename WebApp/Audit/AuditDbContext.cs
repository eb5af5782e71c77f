using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace WebApp.Audit;

/// <summary>The audit log's one table, with a migrations history of its own. Times are UTC milliseconds since 1970.</summary>
public sealed class AuditDbContext(DbContextOptions<AuditDbContext> options) : DbContext(options)
{
    public const string MigrationsHistoryTable = "__AuditMigrations";

    public DbSet<AuditEntry> Entries => Set<AuditEntry>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<AuditEntry>(entry =>
    {
        entry.ToTable("AuditLog");
        entry.HasKey(e => e.Id);
        entry.HasIndex(e => new { e.SubjectId, e.Id });
        entry.HasIndex(e => e.ActorId);
        entry.HasIndex(e => e.At);
        entry.HasIndex(e => e.SessionId);
        entry.Property(e => e.At).HasConversion(new ValueConverter<DateTimeOffset, long>(
            time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)));
        entry.Property(e => e.Action).HasConversion<string>().HasMaxLength(32);
        entry.Property(e => e.SessionId).HasMaxLength(32);
        entry.Property(e => e.Address).HasMaxLength(45);
        entry.Property(e => e.Device).HasMaxLength(AuditEntry.MaxDeviceLength);
        entry.Property(e => e.Method).HasMaxLength(AuditEntry.MaxMethodLength);
        entry.Property(e => e.Reason).HasMaxLength(32);
        entry.Property(e => e.CaseReference).HasMaxLength(64);
        entry.Property(e => e.Details).HasMaxLength(AuditEntry.MaxDetailsLength);
        entry.Property(e => e.Note).HasMaxLength(AuditEntry.MaxNoteLength);
    });
}
