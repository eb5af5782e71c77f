using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WebApp.Audit;

/// <summary>
/// The arithmetic of the proof. Each entry has a link: the HMAC, under a key that the database does not have, of the link before, its id and its
/// facts. So an entry that is changed, put in, taken out or moved leaves a link that does not fit. What is personal counts by a salted hash
/// only: once it and its salt are deleted, the hash tells nothing of it, and the link still fits.
/// </summary>
internal sealed class AuditChain(byte[] key)
{
    /// <summary>The link before the first entry.</summary>
    public static readonly byte[] Start = new byte[Bytes];

    public const int Bytes = SHA256.HashSizeInBytes;

    private const int SaltBytes = 16;

    /// <summary>The entry's link.</summary>
    /// <param name="previous">The link of the entry before.</param>
    /// <param name="facts">As <see cref="AuditRow.Facts"/> has them, or as the database does.</param>
    public byte[] Link(byte[] previous, params ReadOnlySpan<object?> facts) => Sign("entry", [previous, .. facts]);

    public AuditHead Head(long lastId, byte[] link) => new() { LastId = lastId, Chain = link, Mac = Sign("head", [lastId, link]) };

    public bool Fits(AuditHead head) => Equal(head.Mac, Sign("head", [head.LastId, head.Chain]));

    public AuditCheckpoint Checkpoint(long lastId, byte[] link, DateTimeOffset at) =>
        new() { LastId = lastId, Chain = link, At = at, Mac = Sign("checkpoint", [lastId, link, at.ToUnixTimeMilliseconds()]) };

    public bool Fits(AuditCheckpoint checkpoint) =>
        Equal(checkpoint.Mac, Sign("checkpoint", [checkpoint.LastId, checkpoint.Chain, checkpoint.At.ToUnixTimeMilliseconds()]));

    public static bool Equal(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);

    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    /// <summary>What stands in an entry for texts that may be deleted.</summary>
    public static byte[] HashOf(params ReadOnlySpan<object?> saltAndTexts) => SHA256.HashData(Canonical("personal", saltAndTexts));

    private byte[] Sign(string purpose, ReadOnlySpan<object?> values) => HMACSHA256.HashData(key, Canonical(purpose, values));

    /// <summary>Each value with its kind and length: no two lists of values have the same bytes.</summary>
    private static ReadOnlySpan<byte> Canonical(string purpose, ReadOnlySpan<object?> values)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        Write(bytes, purpose);
        foreach (var value in values)
            Write(bytes, value);
        return bytes.WrittenSpan;
    }

    private static void Write(ArrayBufferWriter<byte> to, object? value)
    {
        switch (value)
        {
            case null or DBNull:
                WriteNumber(to, 'n', 0);
                break;
            case long number:
                WriteNumber(to, 'i', number);
                break;
            case string text:
                WriteNumber(to, 't', Encoding.UTF8.GetByteCount(text));
                Encoding.UTF8.GetBytes(text, to);
                break;
            case byte[] bytes:
                WriteNumber(to, 'b', bytes.Length);
                to.Write(bytes);
                break;
            case Guid id:
                // As SQLite has it: text in capitals.
                Write(to, id.ToString("D").ToUpperInvariant());
                break;
            default:
                // None that the app writes: a column in which somebody has put another type.
                WriteNumber(to, '?', 0);
                Write(to, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteNumber(ArrayBufferWriter<byte> to, char kind, long number)
    {
        var span = to.GetSpan(1 + sizeof(long));
        span[0] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(span[1..], number);
        to.Advance(1 + sizeof(long));
    }
}
