using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Sessions.Redis;

/// <summary>
/// A session as the bytes of one Redis value. What changes in a session's life stands at fixed places, so that a script can rewrite it in place:
/// <code>
///   0  version (1)               60  previous address (16)     128  created (8)
///   1  state (1)                 76  moved (8)                 136  absolute deadline (8)
///   2  user id (16)              84  family (2)                144  idle timeout (8)
///  18  rights (4)                86  secret (8)                152  family hash (32)
///  22  required rights (4)       94  previous secret (8)       184  sign-in address (16)
///  26  name shown until (8)     102  secret since (8)          200  flags (1)
///  34  last seen (8)            110  authenticated (8)         201  where the tail begins (2)
///  42  last address (16)        118  locked (8)                203  user agent: length (2), text
///  58  country (2)              126  lock reason (1)                sign-in method: length (1), text
///                               127  proof attempts (1)             tail: the ticket, or the revocation
/// </code>
/// Numbers are big-endian, times milliseconds since 1970 (0: never). An address is IPv6 (its scope is not kept) or IPv4-mapped; all zeros: unknown.
/// The revocation is: at (8), reason (1), whether there is a case reference (1), refused attempts (2), the last of them (8), its address (16),
/// the case reference's text. The session id is in the key only.
/// </summary>
internal static class RedisSessionRecord
{
    public const byte FormatVersion = 3;
    public const byte Live = 1;
    public const byte Revoked = 2;

    public const int StateAt = 1;
    public const int UserIdAt = 2;
    public const int RightsAt = 18;
    public const int RequiredRightsAt = 22;
    public const int RightsSize = 4;
    public const int NameShownUntilAt = 26;
    public const int LastSeenAt = 34;
    public const int FamilyAt = 84;
    public const int SecretAt = 86;
    public const int AuthenticatedAt = 110;
    public const int LockedAt = 118;
    public const int LockReasonAt = 126;
    public const int ProofAttemptsAt = 127;
    public const int CreatedAt = 128;
    public const int AbsoluteDeadlineAt = 136;
    public const int IdleTimeoutAt = 144;
    public const int TailOffsetAt = 201;
    public const int HeaderSize = 203;
    public const int UserIdSize = 16;

    /// <summary>Within a revocation: the refused attempts, whose last one follows on their number.</summary>
    public const int RefusedAt = 10;

    /// <summary>The length of a revocation without a case reference.</summary>
    public const int RevocationSize = 36;

    private const int LastAddressAt = 42;
    private const int CountryAt = 58;
    private const int CountrySize = 2;
    private const int PreviousAddressAt = 60;
    private const int MovedAt = 76;
    private const int FamilyHashAt = 152;
    private const int FamilyHashSize = 32;
    private const int SignInAddressAt = 184;
    private const int FlagsAt = 200;
    private const int AddressSize = 16;
    private const byte RememberedFlag = 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The value of a live session.</summary>
    /// <exception cref="ArgumentException">The hash or a text is not of the size that <see cref="UserSession"/> promises.</exception>
    public static byte[] Write(UserSession session)
    {
        byte[] agent = Encoding.UTF8.GetBytes(session.UserAgent), method = Encoding.UTF8.GetBytes(session.SignInMethod);
        var tailAt = HeaderSize + sizeof(ushort) + agent.Length + sizeof(byte) + method.Length;
        if (session.FamilyHash.Length != FamilyHashSize || method.Length > byte.MaxValue || tailAt > ushort.MaxValue)
            throw new ArgumentException("The family's hash, the user agent or the sign-in method is not of the size that a session promises.", nameof(session));

        var record = new byte[tailAt + session.Ticket.Length];
        var span = record.AsSpan();
        span[0] = FormatVersion;
        span[StateAt] = Live;
        session.UserId.TryWriteBytes(span[UserIdAt..], bigEndian: true, out _);
        WriteRights(session.RightsVersion).CopyTo(span[RightsAt..]);
        WriteRights(session.RequiredRightsVersion).CopyTo(span[RequiredRightsAt..]);
        WriteTime(span[NameShownUntilAt..], session.NameShownUntil);
        WriteUse(new(session.LastSeenAt, session.LastAddress)
        {
            Country = session.Country,
            PreviousAddress = session.PreviousAddress,
            MovedAt = session.MovedAt,
            Family = session.Family,
        }).CopyTo(span[LastSeenAt..]);
        WriteSecret(session.Secret, session.PreviousSecret, session.SecretSince).CopyTo(span[SecretAt..]);
        WriteTime(span[AuthenticatedAt..], session.AuthenticatedAt);
        if (session.Lock is { } sessionLock)
            WriteLock(sessionLock).CopyTo(span[LockedAt..]);
        span[ProofAttemptsAt] = session.ProofAttempts;
        WriteTime(span[CreatedAt..], session.CreatedAt);
        WriteTime(span[AbsoluteDeadlineAt..], session.AbsoluteDeadline);
        BinaryPrimitives.WriteInt64BigEndian(span[IdleTimeoutAt..], (long)session.IdleTimeout.TotalMilliseconds);
        session.FamilyHash.Span.CopyTo(span[FamilyHashAt..]);
        WriteAddress(span[SignInAddressAt..], session.SignInAddress);
        span[FlagsAt] = session.Remembered ? RememberedFlag : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(span[TailOffsetAt..], (ushort)tailAt);

        BinaryPrimitives.WriteUInt16BigEndian(span[HeaderSize..], (ushort)agent.Length);
        var rest = span[(HeaderSize + sizeof(ushort))..];
        agent.CopyTo(rest);
        rest[agent.Length] = (byte)method.Length;
        method.CopyTo(rest[(agent.Length + 1)..]);
        session.Ticket.Span.CopyTo(span[tailAt..]);
        return record;
    }

    /// <summary>What a touch rewrites: all from last seen to family, which stand side by side.</summary>
    public static byte[] WriteUse(SessionUse use)
    {
        var bytes = new byte[SecretAt - LastSeenAt];
        WriteTime(bytes, use.SeenAt);
        WriteAddress(bytes.AsSpan(LastAddressAt - LastSeenAt), use.Address);
        Encoding.ASCII.GetBytes(use.Country ?? "", bytes.AsSpan(CountryAt - LastSeenAt, CountrySize));
        WriteAddress(bytes.AsSpan(PreviousAddressAt - LastSeenAt), use.PreviousAddress);
        WriteTime(bytes.AsSpan(MovedAt - LastSeenAt), use.MovedAt);
        WriteFamily(bytes.AsSpan(FamilyAt - LastSeenAt), use.Family);
        return bytes;
    }

    /// <summary>What a proof of identity expects: all from secret to lock reason, which stand side by side.</summary>
    public static byte[] WriteSecretAndLock(UserSession session)
    {
        var bytes = new byte[ProofAttemptsAt - SecretAt];
        WriteSecret(session.Secret, session.PreviousSecret, session.SecretSince).CopyTo(bytes, 0);
        WriteTime(bytes.AsSpan(AuthenticatedAt - SecretAt), session.AuthenticatedAt);
        if (session.Lock is { } sessionLock)
            WriteLock(sessionLock).CopyTo(bytes, LockedAt - SecretAt);
        return bytes;
    }

    /// <summary>What a proof of identity rewrites: all from family to proof attempts, which stand side by side.</summary>
    public static byte[] WriteProof(SessionProof proof)
    {
        var bytes = new byte[CreatedAt - FamilyAt];
        WriteFamily(bytes, proof.Family);
        WriteSecret(proof.Next, proof.Presented, proof.At).CopyTo(bytes, SecretAt - FamilyAt);
        WriteTime(bytes.AsSpan(AuthenticatedAt - FamilyAt), proof.At);
        return bytes;
    }

    /// <summary>What a lock rewrites: when and why, which stand side by side.</summary>
    public static byte[] WriteLock(SessionLock sessionLock)
    {
        var bytes = new byte[ProofAttemptsAt - LockedAt];
        WriteTime(bytes, sessionLock.At);
        bytes[LockReasonAt - LockedAt] = (byte)sessionLock.Reason;
        return bytes;
    }

    /// <summary>A version of rights.</summary>
    public static byte[] WriteRights(int version)
    {
        var bytes = new byte[RightsSize];
        BinaryPrimitives.WriteInt32BigEndian(bytes, version);
        return bytes;
    }

    /// <summary>A time of its own.</summary>
    public static byte[] WriteTime(DateTimeOffset time)
    {
        var bytes = new byte[sizeof(long)];
        WriteTime(bytes, time);
        return bytes;
    }

    /// <summary>What a refused attempt rewrites behind their number: when and from where.</summary>
    public static byte[] WriteRefused(DateTimeOffset at, IPAddress? address)
    {
        var bytes = new byte[sizeof(long) + AddressSize];
        WriteTime(bytes, at);
        WriteAddress(bytes.AsSpan(sizeof(long)), address);
        return bytes;
    }

    /// <summary>A version, as a rotation compares it.</summary>
    public static byte[] WriteSecret(SecretVersion version)
    {
        var bytes = new byte[SecretVersion.Size];
        version.Write(bytes);
        return bytes;
    }

    /// <summary>What a rotation rewrites: secret, previous secret and since when, which stand side by side.</summary>
    public static byte[] WriteSecret(SecretVersion version, SecretVersion previous, DateTimeOffset since)
    {
        var bytes = new byte[(2 * SecretVersion.Size) + sizeof(long)];
        version.Write(bytes);
        previous.Write(bytes.AsSpan(SecretVersion.Size));
        WriteTime(bytes.AsSpan(2 * SecretVersion.Size), since);
        return bytes;
    }

    /// <summary>The tail of a tombstone.</summary>
    public static byte[] WriteRevocation(Revocation revocation)
    {
        var reference = Encoding.UTF8.GetBytes(revocation.CaseReference ?? "");
        var tail = new byte[RevocationSize + reference.Length];
        WriteTime(tail, revocation.At);
        tail[sizeof(long)] = (byte)revocation.Reason;
        tail[sizeof(long) + 1] = revocation.CaseReference is null ? (byte)0 : (byte)1;
        reference.CopyTo(tail, RevocationSize);
        return tail;
    }

    /// <summary>Null for another version and for bytes that are no record.</summary>
    public static UserSession? Read(SessionId id, byte[] record)
    {
        if (record.Length < HeaderSize || record[0] != FormatVersion || record[StateAt] is not (Live or Revoked))
            return null;

        try
        {
            return Decode(id, record);
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            // A length that points outside, a time that is none, or text that is not UTF-8.
            return null;
        }
    }

    private static UserSession Decode(SessionId id, byte[] record)
    {
        var span = record.AsSpan();
        var rest = span[HeaderSize..BinaryPrimitives.ReadUInt16BigEndian(span[TailOffsetAt..])];
        var agent = rest.Slice(sizeof(ushort), BinaryPrimitives.ReadUInt16BigEndian(rest));
        rest = rest[(sizeof(ushort) + agent.Length)..];
        var method = rest.Slice(1, rest[..1][0]);
        var tail = record.AsMemory(BinaryPrimitives.ReadUInt16BigEndian(span[TailOffsetAt..]));
        var revoked = record[StateAt] == Revoked;
        return new()
        {
            Id = id,
            UserId = new Guid(span.Slice(UserIdAt, UserIdSize), bigEndian: true),
            FamilyHash = record.AsMemory(FamilyHashAt, FamilyHashSize),
            Secret = SecretVersion.Read(span[SecretAt..]),
            PreviousSecret = SecretVersion.Read(span[(SecretAt + SecretVersion.Size)..]),
            SecretSince = ReadTime(span[(SecretAt + (2 * SecretVersion.Size))..]),
            CreatedAt = ReadTime(span[CreatedAt..]),
            AuthenticatedAt = ReadTime(span[AuthenticatedAt..]),
            Lock = record[LockReasonAt] == 0 ? null : new(ReadTime(span[LockedAt..]), (LockReason)record[LockReasonAt]),
            ProofAttempts = record[ProofAttemptsAt],
            LastSeenAt = ReadTime(span[LastSeenAt..]),
            IdleTimeout = new TimeSpan(checked(BinaryPrimitives.ReadInt64BigEndian(span[IdleTimeoutAt..]) * TimeSpan.TicksPerMillisecond)),
            AbsoluteDeadline = ReadTime(span[AbsoluteDeadlineAt..]),
            Remembered = (record[FlagsAt] & RememberedFlag) != 0,
            SignInMethod = Utf8.GetString(method),
            SignInAddress = ReadAddress(span.Slice(SignInAddressAt, AddressSize)),
            LastAddress = ReadAddress(span.Slice(LastAddressAt, AddressSize)),
            PreviousAddress = ReadAddress(span.Slice(PreviousAddressAt, AddressSize)),
            MovedAt = ReadTimeOrNever(span[MovedAt..]),
            Country = record[CountryAt] == 0 ? null : Encoding.ASCII.GetString(span.Slice(CountryAt, CountrySize)),
            Family = new(record[FamilyAt], record[FamilyAt + 1]),
            UserAgent = Utf8.GetString(agent),
            RightsVersion = BinaryPrimitives.ReadInt32BigEndian(span[RightsAt..]),
            RequiredRightsVersion = BinaryPrimitives.ReadInt32BigEndian(span[RequiredRightsAt..]),
            NameShownUntil = ReadTimeOrNever(span[NameShownUntilAt..]),
            Ticket = revoked ? ReadOnlyMemory<byte>.Empty : tail,
            Revocation = revoked ? ReadRevocation(tail.Span) : null,
            Refused = revoked ? ReadRefused(tail.Span) : null,
        };
    }

    private static Revocation ReadRevocation(ReadOnlySpan<byte> tail)
    {
        var (reason, hasReference) = (tail[sizeof(long)..][0], tail[(sizeof(long) + 1)..][0] != 0);
        return new(ReadTime(tail), (RevocationReason)reason, hasReference ? Utf8.GetString(tail[RevocationSize..]) : null);
    }

    private static RefusedAttempts? ReadRefused(ReadOnlySpan<byte> tail)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(tail[RefusedAt..]);
        var last = tail.Slice(RefusedAt + sizeof(ushort), sizeof(long) + AddressSize);
        return count == 0 ? null : new(count, ReadTime(last), ReadAddress(last[sizeof(long)..]));
    }

    private static void WriteFamily(Span<byte> destination, BrowserFamily family) => (destination[0], destination[1]) = (family.Browser, family.System);

    private static void WriteTime(Span<byte> destination, DateTimeOffset? time) =>
        BinaryPrimitives.WriteInt64BigEndian(destination, time?.ToUnixTimeMilliseconds() ?? 0);

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes) =>
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes));

    private static DateTimeOffset? ReadTimeOrNever(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes) == 0 ? null : ReadTime(bytes);

    private static void WriteAddress(Span<byte> destination, IPAddress? address)
    {
        if (address?.AddressFamily == AddressFamily.InterNetwork)
            address = address.MapToIPv6();
        address?.TryWriteBytes(destination, out _);
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOfAnyExcept((byte)0) < 0)
            return null;

        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
