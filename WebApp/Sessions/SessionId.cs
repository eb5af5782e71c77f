using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace WebApp.Sessions;

/// <summary>
/// The public handle of a session: 128 random bits, written as 32 lower-case hexadecimal digits.
/// It proves nothing, so it may stand in pages, URLs and logs.
/// </summary>
public readonly record struct SessionId(UInt128 Value) : IParsable<SessionId>, IComparable<SessionId>
{
    /// <summary>Bytes of a session id (big-endian).</summary>
    public const int Size = 16;

    public static SessionId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static bool operator <(SessionId left, SessionId right) => left.Value < right.Value;

    public static bool operator <=(SessionId left, SessionId right) => left.Value <= right.Value;

    public static bool operator >(SessionId left, SessionId right) => left.Value > right.Value;

    public static bool operator >=(SessionId left, SessionId right) => left.Value >= right.Value;

    /// <summary>Reads the first <see cref="Size"/> bytes.</summary>
    public static SessionId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>By value, which is the order of the texts as well.</summary>
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static SessionId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("A session id is 32 hexadecimal digits.");

    /// <summary>False, and the zero id, for anything but 32 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionId result)
    {
        result = default;
        // The framework's parser takes NULs at the end for nothing.
        if (s?.Length != 2 * Size || !s.All(char.IsAsciiHexDigit))
            return false;

        result = new(UInt128.Parse(s, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }
}
