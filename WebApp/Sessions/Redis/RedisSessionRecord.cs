using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WebApp.Sessions.Redis;

/// <summary>
/// A session as the bytes of one Redis value. What changes in a session's life stands at fixed places, so that a script can rewrite it in place:
/// <code>
///   0  version (1)         74  secret (8)               122  flags (1)
///   1  state (1)           82  previous secret (8)      123  sign-in address (16)
///   2  user id (16)        90  secret since (8)         139  where the tail begins (2)
///  18  last seen (8)       98  created (8)              141  user agent: length (2), text
///  26  last address (16)  106  absolute deadline (8)         sign-in method: length (1), text
///  42  family hash (32)   114  idle timeout (8)              tail: the ticket, or the revocation
/// </code>
/// Numbers are big-endian, times milliseconds since 1970. An address is IPv6 (its scope is not kept) or IPv4-mapped; all zeros: unknown.
/// The revocation is: at (8), reason (1), whether there is a case reference (1), its text. The session id is in the key only.
/// </summary>
internal static class RedisSessionRecord
{
    public const byte FormatVersion = 2;
    public const byte Live = 1;
    public const byte Revoked = 2;

    public const int StateAt = 1;
    public const int UserIdAt = 2;
    public const int LastSeenAt = 18;
    public const int SecretAt = 74;
    public const int CreatedAt = 98;
    public const int AbsoluteDeadlineAt = 106;
    public const int IdleTimeoutAt = 114;
    public const int TailOffsetAt = 139;
    public const int HeaderSize = 141;
    public const int UserIdSize = 16;

    private const int LastAddressAt = 26;
    private const int FamilyHashAt = 42;
    private const int FamilyHashSize = 32;
    private const int FlagsAt = 122;
    private const int SignInAddressAt = 123;
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
        WriteUse(session.LastSeenAt, session.LastAddress).CopyTo(span[LastSeenAt..]);
        session.FamilyHash.Span.CopyTo(span[FamilyHashAt..]);
        WriteSecret(session.Secret, session.PreviousSecret, session.SecretSince).CopyTo(span[SecretAt..]);
        WriteTime(span[CreatedAt..], session.CreatedAt);
        WriteTime(span[AbsoluteDeadlineAt..], session.AbsoluteDeadline);
        BinaryPrimitives.WriteInt64BigEndian(span[IdleTimeoutAt..], (long)session.IdleTimeout.TotalMilliseconds);
        span[FlagsAt] = session.Remembered ? RememberedFlag : (byte)0;
        WriteAddress(span[SignInAddressAt..], session.SignInAddress);
        BinaryPrimitives.WriteUInt16BigEndian(span[TailOffsetAt..], (ushort)tailAt);

        BinaryPrimitives.WriteUInt16BigEndian(span[HeaderSize..], (ushort)agent.Length);
        var rest = span[(HeaderSize + sizeof(ushort))..];
        agent.CopyTo(rest);
        rest[agent.Length] = (byte)method.Length;
        method.CopyTo(rest[(agent.Length + 1)..]);
        session.Ticket.Span.CopyTo(span[tailAt..]);
        return record;
    }

    /// <summary>What a touch rewrites: last seen and last address, which stand side by side.</summary>
    public static byte[] WriteUse(DateTimeOffset seenAt, IPAddress? address)
    {
        var use = new byte[sizeof(long) + AddressSize];
        WriteTime(use, seenAt);
        WriteAddress(use.AsSpan(sizeof(long)), address);
        return use;
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
        var tail = new byte[sizeof(long) + 2 + reference.Length];
        WriteTime(tail, revocation.At);
        tail[sizeof(long)] = (byte)revocation.Reason;
        tail[sizeof(long) + 1] = revocation.CaseReference is null ? (byte)0 : (byte)1;
        reference.CopyTo(tail, sizeof(long) + 2);
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
            LastSeenAt = ReadTime(span[LastSeenAt..]),
            IdleTimeout = new TimeSpan(checked(BinaryPrimitives.ReadInt64BigEndian(span[IdleTimeoutAt..]) * TimeSpan.TicksPerMillisecond)),
            AbsoluteDeadline = ReadTime(span[AbsoluteDeadlineAt..]),
            Remembered = (record[FlagsAt] & RememberedFlag) != 0,
            SignInMethod = Utf8.GetString(method),
            SignInAddress = ReadAddress(span.Slice(SignInAddressAt, AddressSize)),
            LastAddress = ReadAddress(span.Slice(LastAddressAt, AddressSize)),
            UserAgent = Utf8.GetString(agent),
            Ticket = revoked ? ReadOnlyMemory<byte>.Empty : tail,
            Revocation = revoked ? ReadRevocation(tail.Span) : null,
        };
    }

    private static Revocation ReadRevocation(ReadOnlySpan<byte> tail)
    {
        var rest = tail[sizeof(long)..];
        var reference = rest[2..];
        return new(ReadTime(tail), (RevocationReason)rest[0], rest[1] == 0 ? null : Utf8.GetString(reference));
    }

    private static void WriteTime(Span<byte> destination, DateTimeOffset time) =>
        BinaryPrimitives.WriteInt64BigEndian(destination, time.ToUnixTimeMilliseconds());

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes) =>
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes));

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
