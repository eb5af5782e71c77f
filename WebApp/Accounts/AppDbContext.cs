using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Factors;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;

namespace WebApp.Accounts;

/// <summary>ASP.NET Core Identity's tables, with a migrations history of their own. Times are UTC milliseconds since 1970.</summary>
public sealed class AppDbContext(DbContextOptions<AppDbContext> options) : IdentityDbContext<AppUser, IdentityRole<Guid>, Guid>(options)
{
    public const string MigrationsHistoryTable = "__AccountsMigrations";

    /// <summary>Changes of rights that the session store has not confirmed yet.</summary>
    public DbSet<RightsChange> RightsChanges => Set<RightsChange>();

    public DbSet<SpentToken> SpentTokens => Set<SpentToken>();

    public DbSet<KnownBrowser> KnownBrowsers => Set<KnownBrowser>();

    public DbSet<Authenticator> Authenticators => Set<Authenticator>();

    public DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    public DbSet<PasskeyUse> PasskeyUses => Set<PasskeyUse>();

    public DbSet<AccountSnapshot> Snapshots => Set<AccountSnapshot>();

    /// <summary>Mail on its way out; see <see cref="MailRows"/>.</summary>
    public DbSet<WaitingMail> WaitingMails => Set<WaitingMail>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<AppUser>(user =>
        {
            user.Property(u => u.Name).HasMaxLength(AppUser.MaxNameLength);
            user.Property(u => u.NormalizedName).HasMaxLength(2 * AppUser.MaxNameLength);
            user.Property(u => u.SessionStamp).HasMaxLength(32);
            // For staff, who look for the beginning of a name and read the list by address. The other two hold only the rows that a filter asks for.
            user.HasIndex(u => new { u.NormalizedName, u.NormalizedEmail }).HasDatabaseName("NameIndex");
            user.HasIndex(u => u.NormalizedEmail, "BannedIndex").HasFilter("\"BannedUntil\" IS NOT NULL");
            user.HasIndex(u => u.NormalizedEmail, "OneFactorIndex").HasFilter("NOT \"TwoFactorEnabled\"");
            // The address is the name people sign in with, so two accounts can never share one.
            user.HasIndex(u => u.NormalizedEmail).HasDatabaseName("EmailIndex").IsUnique();
        });
        builder.Entity<SpentToken>(token =>
        {
            token.Property(t => t.Id).ValueGeneratedNever();
            token.HasIndex(t => t.KeepUntil);
        });
        builder.Entity<KnownBrowser>(browser =>
        {
            browser.HasOne<AppUser>().WithMany().HasForeignKey(b => b.UserId);
            browser.HasIndex(b => new { b.UserId, b.Hash }).IsUnique();
            browser.HasIndex(b => b.Hash);
            browser.HasIndex(b => b.LastSignInAt);
            browser.Property(b => b.Device).HasMaxLength(KnownBrowser.MaxDeviceLength);
        });
        builder.Entity<Authenticator>(authenticator =>
        {
            authenticator.HasKey(a => a.UserId);
            authenticator.HasOne<AppUser>().WithOne().HasForeignKey<Authenticator>(a => a.UserId);
        });
        builder.Entity<RecoveryCode>(code =>
        {
            code.HasOne<AppUser>().WithMany().HasForeignKey(c => c.UserId);
            code.HasIndex(c => new { c.UserId, c.Hash }).IsUnique();
        });
        builder.Entity<PasskeyUse>(use =>
        {
            use.HasKey(u => u.CredentialId);
            use.HasOne<AppUser>().WithMany().HasForeignKey(u => u.UserId);
        });
        builder.Entity<AccountSnapshot>(snapshot =>
        {
            snapshot.HasOne<AppUser>().WithMany().HasForeignKey(s => s.UserId);
            snapshot.HasIndex(s => s.KeepUntil);
            snapshot.HasIndex(s => s.NormalizedEmail);
            snapshot.Property(s => s.Email).HasMaxLength(AppUser.MaxEmailLength);
            snapshot.Property(s => s.NormalizedEmail).HasMaxLength(AppUser.MaxEmailLength);
        });
        builder.Entity<WaitingMail>(mail =>
        {
            // The order in which mail goes, and whether it is due, without a look at the rows.
            mail.HasIndex(m => new { m.Priority, m.Tries, m.Id, m.DueAt });
            mail.HasIndex(m => m.Trouble).HasFilter("\"Trouble\" IS NOT NULL");
            mail.Property(m => m.Trouble).HasMaxLength(WaitingMail.MaxTroubleLength);
        });
    }

    // The SQLite provider can't compare DateTimeOffset values kept as text.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<TimeConverter>();

    private sealed class TimeConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
