using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace WebApp.Sessions.Redis;

/// <summary>
/// A session as the bytes of one Redis value, format 4. What scripts compare and rewrite stands at fixed places:
/// <code>
///   0  version (1)               50  family hash (16)          105  family (2)
///   1  state (1)                 66  flags (1)                 107  country (2)
///   2  user id (16)              67  size of [begun] (2)       109  last seen (6)
///  18  rights (4)                69  proof attempts (1)        115  size of the addresses (1)
///  22  required rights (4)       70  secret (8)                116  last address, previous address, moved (6, or nothing)
///  26  name shown until (6)      78  previous secret (8)            [begun: sign-in address, sign-in method, user agent]
///  32  created (6)               86  secret since (6)               tail: the ticket, or the revocation
///  38  absolute deadline (6)     92  authenticated (6)
///  44  idle timeout (6)          98  locked (6)
///                               104  lock reason (1)
/// </code>
/// Numbers are big-endian, times milliseconds since 1970 (0: never). An address is its length (0: unknown) and its bytes; IPv6 without its scope.
/// A sign-in method is a length below 128 and a text, or 128 and its number in <see cref="Methods"/>. The user agent: see
/// <see cref="CompactUserAgent"/>. The revocation is: at (6), reason (1), whether there is a case reference (1), refused attempts (2), the last
/// of them (6), its address (16, IPv4 mapped to IPv6; all zeros: unknown), the case reference's text. The session id is in the key only.
/// </summary>
/// <remarks>A typical session must stay below 315 bytes: there Redis' allocator has a step, and the next one is at 379.</remarks>
internal static class RedisSessionRecord
{
    public const byte FormatVersion = 4;
    public const byte Live = 1;
    public const byte Revoked = 2;

    public const int TimeSize = 6;
    public const int StateAt = 1;
    public const int UserIdAt = 2;
    public const int UserIdSize = 16;
    public const int RightsAt = 18;
    public const int RequiredRightsAt = 22;
    public const int RightsSize = 4;
    public const int NameShownUntilAt = 26;
    public const int CreatedAt = 32;
    public const int AbsoluteDeadlineAt = 38;
    public const int IdleTimeoutAt = 44;
    public const int FlagsAt = 66;
    public const int BegunSizeAt = 67;
    public const int ProofAttemptsAt = 69;
    public const int SecretAt = 70;
    public const int AuthenticatedAt = 92;
    public const int LockedAt = 98;
    public const int LockReasonAt = 104;
    public const int FamilyAt = 105;
    public const int LastSeenAt = 109;
    public const int AddressesAt = 115;
    public const int HeaderSize = 116;
    public const int NumberedMethod = 128;

    /// <summary>Within a revocation: the refused attempts, whose last one follows on their number.</summary>
    public const int RefusedAt = 8;

    /// <summary>The length of a revocation without a case reference.</summary>
    public const int RevocationSize = 32;

    private const int FamilyHashAt = 50;
    private const int CountryAt = 107;
    private const int CountrySize = 2;
    private const int AddressSize = 16;
    /// <summary>Of the flags; the bits above it are the mark of the epoch (see <see cref="RedisEpochs"/>).</summary>
    private const byte RememberedFlag = 1;

    // The places in this are stored: append, never reorder.
    public static readonly string[] Methods = ["", "pwd", "otp", "mfa", "hwk", "swk"];

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The value of a live session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="epochMark">Of the epoch that it begins in.</param>
    /// <exception cref="ArgumentException">The hash, a text or a time is not of the size that <see cref="UserSession"/> promises.</exception>
    public static byte[] Write(UserSession session, int epochMark = 0)
    {
        byte[] begun = [.. WriteAddress(session.SignInAddress), .. WriteMethod(session.SignInMethod), .. CompactUserAgent.Encode(session.UserAgent)];
        if (session.FamilyHash.Length != SessionKey.FamilyHashSize || begun.Length > ushort.MaxValue)
            throw new ArgumentException("The family's hash or the user agent is not of the size that a session promises.", nameof(session));

        var use = WriteUse(new(session.LastSeenAt, session.LastAddress)
        {
            Country = session.Country,
            PreviousAddress = session.PreviousAddress,
            MovedAt = session.MovedAt,
            Family = session.Family,
        });
        var record = new byte[FamilyAt + use.Length + begun.Length + session.Ticket.Length];
        var span = record.AsSpan();
        span[0] = FormatVersion;
        span[StateAt] = Live;
        session.UserId.TryWriteBytes(span[UserIdAt..], bigEndian: true, out _);
        WriteRights(session.RightsVersion).CopyTo(span[RightsAt..]);
        WriteRights(session.RequiredRightsVersion).CopyTo(span[RequiredRightsAt..]);
        WriteTime(span[NameShownUntilAt..], session.NameShownUntil);
        WriteTime(span[CreatedAt..], session.CreatedAt);
        WriteTime(span[AbsoluteDeadlineAt..], session.AbsoluteDeadline);
        WriteNumber(span[IdleTimeoutAt..], (long)session.IdleTimeout.TotalMilliseconds);
        session.FamilyHash.Span.CopyTo(span[FamilyHashAt..]);
        span[FlagsAt] = (byte)((epochMark << 1) | (session.Remembered ? RememberedFlag : 0));
        BinaryPrimitives.WriteUInt16BigEndian(span[BegunSizeAt..], (ushort)begun.Length);
        span[ProofAttemptsAt] = session.ProofAttempts;
        WriteSecretAndLock(session).CopyTo(span[SecretAt..]);
        use.CopyTo(span[FamilyAt..]);
        begun.CopyTo(span[(FamilyAt + use.Length)..]);
        session.Ticket.Span.CopyTo(span[^session.Ticket.Length..]);
        return record;
    }

    /// <summary>What a touch rewrites: all from family to the addresses, which stand side by side. Its size may differ from what was there.</summary>
    public static byte[] WriteUse(SessionUse use)
    {
        byte[] addresses = [.. WriteAddress(use.Address), .. WriteAddress(use.PreviousAddress), .. use.MovedAt is { } moved ? WriteTime(moved) : []];
        var bytes = new byte[HeaderSize - FamilyAt + addresses.Length];
        WriteFamily(bytes, use.Family);
        Encoding.ASCII.GetBytes(use.Country ?? "", bytes.AsSpan(CountryAt - FamilyAt, CountrySize));
        WriteTime(bytes.AsSpan(LastSeenAt - FamilyAt), use.SeenAt);
        bytes[AddressesAt - FamilyAt] = (byte)addresses.Length;
        addresses.CopyTo(bytes, HeaderSize - FamilyAt);
        return bytes;
    }

    /// <summary>What a proof of identity expects: all from secret to lock reason, which stand side by side.</summary>
    public static byte[] WriteSecretAndLock(UserSession session)
    {
        var bytes = new byte[FamilyAt - SecretAt];
        WriteSecret(session.Secret, session.PreviousSecret, session.SecretSince).CopyTo(bytes, 0);
        WriteTime(bytes.AsSpan(AuthenticatedAt - SecretAt), session.AuthenticatedAt);
        if (session.Lock is { } sessionLock)
            WriteLock(sessionLock).CopyTo(bytes, LockedAt - SecretAt);
        return bytes;
    }

    /// <summary>What a proof of identity rewrites: all from proof attempts to family, which stand side by side.</summary>
    public static byte[] WriteProof(SessionProof proof)
    {
        var bytes = new byte[CountryAt - ProofAttemptsAt];
        WriteSecret(proof.Next, proof.Presented, proof.At).CopyTo(bytes, SecretAt - ProofAttemptsAt);
        WriteTime(bytes.AsSpan(AuthenticatedAt - ProofAttemptsAt), proof.At);
        WriteFamily(bytes.AsSpan(FamilyAt - ProofAttemptsAt), proof.Family);
        return bytes;
    }

    /// <summary>What a lock rewrites: when and why, which stand side by side.</summary>
    public static byte[] WriteLock(SessionLock sessionLock)
    {
        var bytes = new byte[FamilyAt - LockedAt];
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
        var bytes = new byte[TimeSize];
        WriteTime(bytes, time);
        return bytes;
    }

    /// <summary>What a refused attempt rewrites behind their number: when and from where.</summary>
    public static byte[] WriteRefused(DateTimeOffset at, IPAddress? address)
    {
        var bytes = new byte[TimeSize + AddressSize];
        WriteTime(bytes, at);
        address?.MapToIPv6().TryWriteBytes(bytes.AsSpan(TimeSize), out _);
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
        var bytes = new byte[(2 * SecretVersion.Size) + TimeSize];
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
        tail[TimeSize] = (byte)revocation.Reason;
        tail[TimeSize + 1] = revocation.CaseReference is null ? (byte)0 : (byte)1;
        reference.CopyTo(tail, RevocationSize);
        return tail;
    }

    /// <summary>Null for an unknown version and for bytes that are no record.</summary>
    /// <param name="id">Of the session.</param>
    /// <param name="record">The value.</param>
    /// <param name="known">What was read before, or null; returned itself if the record is the same.</param>
    public static UserSession? Read(SessionId id, byte[] record, UserSession? known = null)
    {
        if (known?.Id == id && IsFrom(record, known))
            return known;

        try
        {
            if (RedisRecordFormat3.Is(record))
                record = RedisRecordFormat3.Convert(record);
            return record.Length >= HeaderSize && record[0] == FormatVersion && record[StateAt] is Live or Revoked ? Decode(id, record) : null;
        }
        catch (ArgumentException)
        {
            // A length that points outside, a time that is none, or text that is not UTF-8.
            return null;
        }
    }

    /// <summary>The mark of the epoch that a record's session began in.</summary>
    public static int EpochMarkOf(byte[] record) => RedisRecordFormat3.Is(record) ? 0 : record[FlagsAt] >> 1;

    /// <summary>A time of its own.</summary>
    public static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes) => DateTimeOffset.FromUnixTimeMilliseconds(ReadNumber(bytes));

    /// <summary>A session's hash is a part of the record that it was read from.</summary>
    private static bool IsFrom(byte[] record, UserSession session) =>
        MemoryMarshal.TryGetArray(session.FamilyHash, out var hash)
        && hash.Offset == FamilyHashAt && record.AsSpan().SequenceEqual(hash.Array);

    private static UserSession Decode(SessionId id, byte[] record)
    {
        var span = record.AsSpan();
        ReadOnlySpan<byte> addresses = span.Slice(HeaderSize, span[AddressesAt]);
        var begunAt = HeaderSize + addresses.Length;
        ReadOnlySpan<byte> begun = span.Slice(begunAt, BinaryPrimitives.ReadUInt16BigEndian(span[BegunSizeAt..]));
        var tail = record.AsMemory(begunAt + begun.Length);
        var revoked = record[StateAt] == Revoked;
        return new()
        {
            Id = id,
            UserId = new Guid(span.Slice(UserIdAt, UserIdSize), bigEndian: true),
            FamilyHash = record.AsMemory(FamilyHashAt, SessionKey.FamilyHashSize),
            Secret = SecretVersion.Read(span[SecretAt..]),
            PreviousSecret = SecretVersion.Read(span[(SecretAt + SecretVersion.Size)..]),
            SecretSince = ReadTime(span[(SecretAt + (2 * SecretVersion.Size))..]),
            CreatedAt = ReadTime(span[CreatedAt..]),
            AuthenticatedAt = ReadTime(span[AuthenticatedAt..]),
            Lock = record[LockReasonAt] == 0 ? null : new(ReadTime(span[LockedAt..]), (LockReason)record[LockReasonAt]),
            ProofAttempts = record[ProofAttemptsAt],
            LastSeenAt = ReadTime(span[LastSeenAt..]),
            IdleTimeout = TimeSpan.FromMilliseconds(ReadNumber(span[IdleTimeoutAt..])),
            AbsoluteDeadline = ReadTime(span[AbsoluteDeadlineAt..]),
            Remembered = (record[FlagsAt] & RememberedFlag) != 0,
            LastAddress = TakeAddress(ref addresses),
            PreviousAddress = TakeAddress(ref addresses),
            MovedAt = addresses.IsEmpty ? null : ReadTimeOrNever(addresses),
            Country = record[CountryAt] == 0 ? null : Encoding.ASCII.GetString(span.Slice(CountryAt, CountrySize)),
            Family = new(record[FamilyAt], record[FamilyAt + 1]),
            SignInAddress = TakeAddress(ref begun),
            SignInMethod = TakeMethod(ref begun),
            UserAgent = CompactUserAgent.Decode(begun, Utf8),
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
        var (reason, hasReference) = (tail.Slice(TimeSize, 1)[0], tail.Slice(TimeSize + 1, 1)[0] != 0);
        return new(ReadTime(tail), (RevocationReason)reason, hasReference ? Utf8.GetString(tail[RevocationSize..]) : null);
    }

    private static RefusedAttempts? ReadRefused(ReadOnlySpan<byte> tail)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(tail[RefusedAt..]);
        var last = tail.Slice(RefusedAt + sizeof(ushort), TimeSize + AddressSize);
        return count == 0 ? null : new(count, ReadTime(last), ReadAddress(last[TimeSize..]));
    }

    private static void WriteFamily(Span<byte> destination, BrowserFamily family) => (destination[0], destination[1]) = (family.Browser, family.System);

    private static void WriteTime(Span<byte> destination, DateTimeOffset? time) => WriteNumber(destination, time?.ToUnixTimeMilliseconds() ?? 0);

    /// <summary>Six bytes, as a time has.</summary>
    public static void WriteNumber(Span<byte> destination, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, (1L << (8 * TimeSize)) - 1);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(number >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[sizeof(ushort)..], (uint)number);
    }

    public static long ReadNumber(ReadOnlySpan<byte> bytes) =>
        ((long)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[sizeof(ushort)..]);

    private static DateTimeOffset? ReadTimeOrNever(ReadOnlySpan<byte> bytes) => ReadNumber(bytes) == 0 ? null : ReadTime(bytes);

    private static byte[] WriteAddress(IPAddress? address) => address?.GetAddressBytes() is { } bytes ? [(byte)bytes.Length, .. bytes] : [0];

    private static byte[] WriteMethod(string method)
    {
        if (Array.IndexOf(Methods, method) is var number and >= 0)
            return [(byte)(NumberedMethod + number)];

        var text = Encoding.UTF8.GetBytes(method);
        return text.Length < NumberedMethod ? [(byte)text.Length, .. text] : throw new ArgumentException("The sign-in method is too long.", nameof(method));
    }

    private static IPAddress? TakeAddress(ref ReadOnlySpan<byte> bytes)
    {
        var address = Take(ref bytes, Take(ref bytes, 1)[0]);
        return address.IsEmpty ? null : ReadAddress(address);
    }

    private static string TakeMethod(ref ReadOnlySpan<byte> bytes)
    {
        var first = Take(ref bytes, 1)[0];
        if (first < NumberedMethod)
            return Utf8.GetString(Take(ref bytes, first));

        return first - NumberedMethod < Methods.Length ? Methods[first - NumberedMethod] : throw new ArgumentException("The byte names no method.", nameof(bytes));
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int size)
    {
        var taken = bytes[..size];
        bytes = bytes[size..];
        return taken;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == AddressSize && bytes.IndexOfAnyExcept((byte)0) < 0)
            return null;

        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
