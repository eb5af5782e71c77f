using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace WebApp.Audit;

/// <summary>
/// The audit log's tables, with a migrations history of their own. Times are UTC milliseconds since 1970. Triggers, made by the migrations, refuse to
/// change or remove what <see cref="AuditLog"/> has written, whoever asks.
/// </summary>
public sealed class AuditDbContext(DbContextOptions<AuditDbContext> options) : DbContext(options)
{
    public const string MigrationsHistoryTable = "__AuditMigrations";

    private static readonly ValueConverter<DateTimeOffset, long> Milliseconds =
        new(time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    public DbSet<AuditRow> Entries => Set<AuditRow>();

    public DbSet<AuditOrigin> Origins => Set<AuditOrigin>();

    public DbSet<AuditText> Texts => Set<AuditText>();

    public DbSet<AuditHead> Heads => Set<AuditHead>();

    public DbSet<AuditCheckpoint> Checkpoints => Set<AuditCheckpoint>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<AuditRow>(entry =>
        {
            entry.ToTable("AuditLog");
            entry.HasKey(e => e.Id);
            entry.Property(e => e.Id).ValueGeneratedNever();
            // One for each filter of the staff's page, in the order in which it lists.
            entry.HasIndex(e => new { e.SubjectId, e.Id });
            entry.HasIndex(e => new { e.ActorId, e.Id });
            entry.HasIndex(e => new { e.SessionId, e.Id });
            entry.HasIndex(e => new { e.CaseReference, e.Id });
            entry.HasIndex(e => new { e.Reason, e.Id });
            entry.HasIndex(e => new { e.Action, e.Id });
            entry.HasIndex(e => new { e.Action, e.At });
            entry.HasIndex(e => e.At);
            entry.Property(e => e.At).HasConversion(Milliseconds);
            entry.Property(e => e.Action).HasMaxLength(32)
                .HasConversion(new ValueConverter<AuditAction, string>(action => AuditActions.NameOf(action), name => AuditActions.Parse(name)));
            entry.Property(e => e.SessionId).HasMaxLength(AuditEntry.MaxSessionIdLength);
            entry.Property(e => e.Method).HasMaxLength(AuditEntry.MaxMethodLength);
            entry.Property(e => e.Reason).HasMaxLength(AuditEntry.MaxReasonLength);
            entry.Property(e => e.CaseReference).HasMaxLength(AuditEntry.MaxCaseReferenceLength);
        });
        modelBuilder.Entity<AuditOrigin>(origin =>
        {
            origin.ToTable("AuditOrigins");
            origin.HasKey(o => o.EntryId);
            origin.Property(o => o.EntryId).ValueGeneratedNever();
            origin.Property(o => o.Address).HasMaxLength(45);
            origin.Property(o => o.Device).HasMaxLength(AuditEntry.MaxDeviceLength);
        });
        modelBuilder.Entity<AuditText>(text =>
        {
            text.ToTable("AuditTexts");
            text.HasKey(t => t.EntryId);
            text.Property(t => t.EntryId).ValueGeneratedNever();
            text.Property(t => t.Details).HasMaxLength(AuditEntry.MaxDetailsLength);
            text.Property(t => t.Note).HasMaxLength(AuditEntry.MaxNoteLength);
        });
        modelBuilder.Entity<AuditHead>(head =>
        {
            head.ToTable("AuditHead");
            head.Property(h => h.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<AuditCheckpoint>(checkpoint =>
        {
            checkpoint.ToTable("AuditCheckpoints");
            checkpoint.HasKey(c => c.LastId);
            checkpoint.Property(c => c.LastId).ValueGeneratedNever();
            checkpoint.Property(c => c.At).HasConversion(Milliseconds);
        });
    }
}
