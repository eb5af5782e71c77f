using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WebApp.Texts;

namespace WebApp.Accounts.Factors;

/// <summary>The codes of authenticator apps, by RFC 6238 and with what all of them understand: HMAC-SHA-1, 30 seconds, six digits.</summary>
public static class TotpCodes
{
    /// <summary>Bytes: as many as the HMAC gives, by RFC 4226, 4.</summary>
    public const int KeySize = 20;

    public const int Digits = 6;

    /// <summary>Seconds that a code lasts.</summary>
    public const int StepLength = 30;

    /// <summary>Steps that the app's clock may be away from ours, either way.</summary>
    private const int Drift = 1;

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeySize);

    public static long StepAt(DateTimeOffset time) => (long)Math.Floor(time.ToUnixTimeMilliseconds() / (StepLength * 1000d));

    public static string CodeAt(ReadOnlySpan<byte> key, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)], hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // The RFC's algorithm; its weakness is collisions, which a keyed hash does not rest on.
        HMACSHA1.HashData(key, counter, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 15)..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The step whose code was typed, see <see cref="TypedCode"/>: the present one or a neighbour. Null when it is none
    /// of theirs.
    /// </summary>
    public static long? FindStep(ReadOnlySpan<byte> key, string typed, DateTimeOffset now)
    {
        var code = Encoding.UTF8.GetBytes(TypedCode.Of(typed));
        long? found = null;
        var present = StepAt(now);
        // All of them, so that the time tells nothing; the latest counts, should two have the same code.
        for (var step = present - Drift; step <= present + Drift; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(code, Encoding.ASCII.GetBytes(CodeAt(key, step))))
                found = step;
        }

        return found;
    }
}
