using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace WebApp.Sessions.Sql;

/// <summary>
/// The tables of this folder, with a migrations history of their own: the sessions themselves for the embedded store,
/// and the journal of revocations for Redis. Times are UTC milliseconds since 1970, spans are milliseconds.
/// </summary>
public sealed class SessionsDbContext(DbContextOptions<SessionsDbContext> options) : DbContext(options)
{
    public const string MigrationsHistoryTable = "__SessionsMigrations";

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<GenerationRow> Generations => Set<GenerationRow>();

    public DbSet<RightsRow> RequiredRights => Set<RightsRow>();

    public DbSet<EpochRow> Epochs => Set<EpochRow>();

    public DbSet<JournalRow> RevocationJournal => Set<JournalRow>();

    public DbSet<ShortTermRow> ShortTerm => Set<ShortTermRow>();

    public DbSet<RingKey> RingKeys => Set<RingKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SessionRow>(session =>
        {
            session.HasKey(s => s.Id);
            session.HasIndex(s => s.UserId);
            // For the sweeper; and it can count the live ones by itself.
            session.HasIndex(s => new { s.KeepUntil, s.RevokedAt, s.Epoch });
            // For staff's lists over all users. Only the first is written whenever a session is used. What is common alone may be rare together.
            session.HasIndex(s => new { s.LastSeenAt, s.Id }, "IX_Sessions_Live").HasFilter($"{nameof(SessionRow.RevokedAt)} IS NULL");
            session.HasIndex(s => s.LastAddressKey, "IX_Sessions_LiveAddress").HasFilter($"{nameof(SessionRow.RevokedAt)} IS NULL");
            session.HasIndex(s => new { s.Country, s.SignInMethod, s.Family }, "IX_Sessions_LiveCountry").HasFilter($"{nameof(SessionRow.RevokedAt)} IS NULL");
            session.HasIndex(s => s.Family, "IX_Sessions_LiveFamily").HasFilter($"{nameof(SessionRow.RevokedAt)} IS NULL");
            session.HasIndex(s => new { s.SignInMethod, s.Family }, "IX_Sessions_LiveMethod").HasFilter($"{nameof(SessionRow.RevokedAt)} IS NULL");
            session.HasIndex(s => s.LockReason).HasFilter($"{nameof(SessionRow.LockReason)} IS NOT NULL");
            session.HasIndex(s => s.RevocationReason).HasFilter($"{nameof(SessionRow.RevocationReason)} IS NOT NULL");
            session.Property(s => s.LastAddressKey).HasMaxLength(SessionRow.AddressKeyLength);
            session.Property(s => s.SignInMethod).HasMaxLength(32);
            session.Property(s => s.Country).HasMaxLength(2);
            session.Property(s => s.UserAgent).HasMaxLength(Device.MaxUserAgentBytes);
            session.Property(s => s.CaseReference).HasMaxLength(Revocation.MaxCaseReferenceLength);
        });
        modelBuilder.Entity<GenerationRow>().HasKey(g => g.UserId);
        modelBuilder.Entity<RightsRow>().HasKey(r => r.UserId);
        modelBuilder.Entity<EpochRow>(epoch =>
        {
            epoch.HasKey(e => e.Number);
            epoch.Property(e => e.Number).ValueGeneratedNever();
            epoch.Property(e => e.CaseReference).HasMaxLength(Revocation.MaxCaseReferenceLength);
        });
        modelBuilder.Entity<JournalRow>(journal =>
        {
            journal.HasKey(j => j.Id);
            // What Redis may lack is found in it, without the rows themselves.
            journal.HasIndex(j => new { j.Lineage, j.Tag, j.Place });
            journal.HasIndex(j => j.KeepUntil);
            journal.Property(j => j.CaseReference).HasMaxLength(Revocation.MaxCaseReferenceLength);
        });
        modelBuilder.Entity<ShortTermRow>(kept =>
        {
            kept.HasKey(k => new { k.UserId, k.Id });
            kept.HasIndex(k => k.KeepUntil);
        });
        modelBuilder.Entity<RingKey>().Property(key => key.Id).HasMaxLength(2 * SHA256.HashSizeInBytes);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<SessionId>().HaveConversion<SessionIdConverter>().HaveMaxLength(2 * SessionId.Size);
        configurationBuilder.Properties<SecretVersion>().HaveConversion<VersionConverter>();
        configurationBuilder.Properties<BrowserFamily>().HaveConversion<FamilyConverter>();
        configurationBuilder.Properties<IPAddress>().HaveConversion<AddressConverter>().HaveMaxLength(45);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<TimeConverter>();
        configurationBuilder.Properties<TimeSpan>().HaveConversion<SpanConverter>();
    }

    private sealed class SessionIdConverter() : ValueConverter<SessionId, string>(id => id.ToString(), text => SessionId.Parse(text, null));

    private sealed class VersionConverter() : ValueConverter<SecretVersion, long>(
        version => (long)version.Number << 32 | version.Mark, number => new SecretVersion((uint)(number >> 32), (uint)number));

    private sealed class FamilyConverter() : ValueConverter<BrowserFamily, int>(
        family => family.Browser << 8 | family.System, number => new BrowserFamily((byte)(number >> 8), (byte)number));

    private sealed class AddressConverter() : ValueConverter<IPAddress, string>(address => address.ToString(), text => IPAddress.Parse(text));

    private sealed class TimeConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    private sealed class SpanConverter() : ValueConverter<TimeSpan, long>(
        span => (long)span.TotalMilliseconds, milliseconds => TimeSpan.FromMilliseconds(milliseconds));
}

/// <summary>A <see cref="UserSession"/> as a row.</summary>
public sealed class SessionRow
{
    public const int AddressKeyLength = 33;

    public required SessionId Id { get; init; }
    public required Guid UserId { get; init; }

    /// <summary>The number of the epoch that it began in, or was spared for.</summary>
    public required long Epoch { get; set; }

    public required byte[] FamilyHash { get; init; }
    public required SecretVersion Secret { get; set; }
    public required SecretVersion PreviousSecret { get; set; }
    public required DateTimeOffset SecretSince { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset AuthenticatedAt { get; set; }
    public DateTimeOffset? LockedAt { get; set; }
    public LockReason? LockReason { get; set; }
    public required byte ProofAttempts { get; set; }
    public required DateTimeOffset LastSeenAt { get; set; }
    public required TimeSpan IdleTimeout { get; init; }
    public required DateTimeOffset AbsoluteDeadline { get; set; }

    /// <summary>When the row may be swept: the earlier deadline of a live session, the absolute deadline of a tombstone.</summary>
    public required DateTimeOffset KeepUntil { get; set; }

    public required bool Remembered { get; init; }
    public required string SignInMethod { get; init; }
    public IPAddress? SignInAddress { get; init; }
    public IPAddress? LastAddress { get; set; }

    /// <summary>
    /// <see cref="LastAddress"/> as 4 or 6 and hexadecimal digits, so that a network is a range. Null when the address is unknown, and until the next use of
    /// a session that is older than this column.
    /// </summary>
    public string? LastAddressKey { get; set; }

    public IPAddress? PreviousAddress { get; set; }
    public DateTimeOffset? MovedAt { get; set; }
    public string? Country { get; set; }
    public required BrowserFamily Family { get; set; }
    public required string UserAgent { get; init; }
    public required int RightsVersion { get; set; }
    public required int RequiredRightsVersion { get; set; }
    public DateTimeOffset? NameShownUntil { get; set; }
    public required byte[] Ticket { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
    public RevocationReason? RevocationReason { get; set; }
    public string? CaseReference { get; set; }
    public int RefusedCount { get; set; }
    public DateTimeOffset? RefusedAt { get; set; }
    public IPAddress? RefusedAddress { get; set; }

    public static SessionRow From(UserSession session, long epoch) => new()
    {
        Id = session.Id,
        UserId = session.UserId,
        Epoch = epoch,
        FamilyHash = session.FamilyHash.ToArray(),
        Secret = session.Secret,
        PreviousSecret = session.PreviousSecret,
        SecretSince = session.SecretSince,
        CreatedAt = session.CreatedAt,
        AuthenticatedAt = session.AuthenticatedAt,
        LockedAt = session.Lock?.At,
        LockReason = session.Lock?.Reason,
        ProofAttempts = session.ProofAttempts,
        LastSeenAt = session.LastSeenAt,
        IdleTimeout = session.IdleTimeout,
        AbsoluteDeadline = session.AbsoluteDeadline,
        KeepUntil = session.ExpiresAt,
        Remembered = session.Remembered,
        SignInMethod = session.SignInMethod,
        SignInAddress = session.SignInAddress,
        LastAddress = session.LastAddress,
        LastAddressKey = KeyOf(session.LastAddress),
        PreviousAddress = session.PreviousAddress,
        MovedAt = session.MovedAt,
        Country = session.Country,
        Family = session.Family,
        UserAgent = session.UserAgent,
        RightsVersion = session.RightsVersion,
        RequiredRightsVersion = session.RequiredRightsVersion,
        NameShownUntil = session.NameShownUntil,
        Ticket = session.Ticket.ToArray(),
    };

    /// <summary>See <see cref="LastAddressKey"/>.</summary>
    public static string? KeyOf(IPAddress? address) => address is null ? null : address.GetAddressBytes() is { Length: 4 } bytes
        ? "4" + Convert.ToHexStringLower(bytes)
        : "6" + Convert.ToHexStringLower(address.GetAddressBytes());

    public UserSession ToSession() => new()
    {
        Id = Id,
        UserId = UserId,
        FamilyHash = FamilyHash,
        Secret = Secret,
        PreviousSecret = PreviousSecret,
        SecretSince = SecretSince,
        CreatedAt = CreatedAt,
        AuthenticatedAt = AuthenticatedAt,
        Lock = LockedAt is { } lockedAt && LockReason is { } lockReason ? new(lockedAt, lockReason) : null,
        ProofAttempts = ProofAttempts,
        LastSeenAt = LastSeenAt,
        IdleTimeout = IdleTimeout,
        AbsoluteDeadline = AbsoluteDeadline,
        Remembered = Remembered,
        SignInMethod = SignInMethod,
        SignInAddress = SignInAddress,
        LastAddress = LastAddress,
        PreviousAddress = PreviousAddress,
        MovedAt = MovedAt,
        Country = Country,
        Family = Family,
        UserAgent = UserAgent,
        RightsVersion = RightsVersion,
        RequiredRightsVersion = RequiredRightsVersion,
        NameShownUntil = NameShownUntil,
        Ticket = Ticket,
        Revocation = RevokedAt is { } at && RevocationReason is { } reason ? new(at, reason, CaseReference) : null,
        Refused = RefusedAt is { } refusedAt ? new(RefusedCount, refusedAt, RefusedAddress) : null,
    };
}

/// <summary>A <see cref="UserGeneration"/>, kept for <see cref="UserGeneration.Lifetime"/> after it was raised.</summary>
public sealed class GenerationRow
{
    public required Guid UserId { get; init; }
    public required long Value { get; set; }
    public required DateTimeOffset RaisedAt { get; set; }
}

/// <summary>The version of rights that a user's sessions need, kept as long as a sign-in may take after it was raised: present sessions have it in their rows.</summary>
public sealed class RightsRow
{
    public required Guid UserId { get; init; }
    public required int Version { get; set; }
    public required DateTimeOffset RaisedAt { get; set; }
}

/// <summary>A revocation, a lock or a change of rights as it was asked for, so that it can be repeated: it may not have reached Redis, or Redis may lose it in a failover.</summary>
public sealed class JournalRow
{
    public long Id { get; init; }
    public required Guid UserId { get; init; }

    /// <summary>The session to revoke; null: all of the user's that began before <see cref="At"/>.</summary>
    public SessionId? SessionId { get; init; }

    /// <summary>With a null <see cref="SessionId"/>: the one session to spare.</summary>
    public SessionId? Except { get; init; }

    public required DateTimeOffset At { get; init; }
    public RevocationReason Reason { get; init; }
    public string? CaseReference { get; init; }

    /// <summary>Set: the session is to be locked, not revoked.</summary>
    public LockReason? LockReason { get; init; }

    /// <summary>Set: the user's sessions need rights of this version; nothing is to be revoked.</summary>
    public int? RightsVersion { get; init; }

    /// <summary>After this moment no session that it could concern can live any more.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>The last byte of the user's id: whose are the same lie together in Redis.</summary>
    public required int Tag { get; init; }

    /// <summary>
    /// Where Redis has counted it, among those of its lineage and tag; both are null until it has answered that it is
    /// done.
    /// </summary>
    public long? Lineage { get; init; }

    public long? Place { get; init; }
}
