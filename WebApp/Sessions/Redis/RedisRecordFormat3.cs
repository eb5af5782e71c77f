using System.Buffers.Binary;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Records of format 3, which stay readable: every read and every script (common_format_3.lua) turns one into format 4
/// first (see <see cref="RedisSessionRecord"/>), and scripts write format 4 only.
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
/// The revocation is: at (8), reason (1), whether there is a case reference (1), refused attempts (2), the last of them
/// (8), its address (16), the case reference's text.
/// </summary>
internal static class RedisRecordFormat3
{
    public const byte Version = 3;
    public const int MinSize = 206;

    public static bool Is(ReadOnlySpan<byte> record) => record.Length >= MinSize && record[0] == Version;

    /// <summary>The same session as a record of format 4.</summary>
    /// <exception cref="ArgumentException">A length points outside.</exception>
    public static byte[] Convert(ReadOnlySpan<byte> record)
    {
        const int agentAt = 205;
        var tailAt = BinaryPrimitives.ReadUInt16BigEndian(record[201..]);
        var methodAt = agentAt + BinaryPrimitives.ReadUInt16BigEndian(record[203..]);
        var tail = record[tailAt..];
        var isRevoked = record[RedisSessionRecord.StateAt] == RedisSessionRecord.Revoked;
        var end = isRevoked ? [.. tail[2..12], .. tail[14..]] : tail;
        var agent = Marked(record[agentAt..methodAt]);
        byte[] begun = [16, .. record.Slice(184, 16), .. record[methodAt..tailAt], .. agent];
        byte[] addresses = [16, .. record.Slice(42, 16), 16, .. record.Slice(60, 16), .. Time(record, 76)];
        return
        [
            RedisSessionRecord.FormatVersion, .. record[1..26],
            .. Time(record, 26), .. Time(record, 128), .. Time(record, 136), .. Time(record, 144),
            .. record.Slice(152, 16), record[200], (byte)(begun.Length >> 8), (byte)begun.Length,
            record[127], .. record.Slice(86, 16),
            .. Time(record, 102), .. Time(record, 110), .. Time(record, 118), record[126],
            .. record.Slice(84, 2), .. record.Slice(58, 2), .. Time(record, 34),
            (byte)addresses.Length, .. addresses, .. begun, .. end,
        ];
    }

    private static ReadOnlySpan<byte> Time(ReadOnlySpan<byte> record, int offset) => record.Slice(offset + 2, 6);

    private static byte[] Marked(ReadOnlySpan<byte> agent)
    {
        var marked = new List<byte>(agent.Length);
        foreach (var value in agent)
        {
            if (value < ' ')
                marked.Add(CompactUserAgent.Literal);
            marked.Add(value);
        }

        return [.. marked];
    }
}
