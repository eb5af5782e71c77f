using System.Globalization;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace WebApp.Sessions;

/// <summary>
/// Tickets as compact bytes: claims of an identity and the properties' items, with numbers for the names that recur, and short forms for what is
/// known already. The framework's own serializer spells out each claim type and would more than double a session's size.
/// </summary>
/// <remarks>
/// Format 2: version byte; authentication type, name claim type and role claim type; count and claims (type, value, value type);
/// count and items (key, value). Numbers are of 7 bits a byte, the low ones first. A text is its length in bytes and itself. A name is its number
/// in <see cref="Names"/>, or 0 and a text. A claim's type is a name whose number is doubled, plus 1 if a value type follows (none: a string's).
/// A value is one of the <see cref="Forms"/> and what belongs to it. Issuers are not kept: every claim of a session was made by this app.
/// Only the first identity is kept. Format 1, which is still read, has texts for values, and names in single bytes, one for each value type.
/// </remarks>
internal static class TicketCodec
{
    private const byte Version = 2;

    /// <summary>Of a number: five bytes.</summary>
    private const int MaxBits = 35;

    // Numbers are stored: append, never reorder.
    private static readonly string[] Names =
    [
        ClaimTypes.NameIdentifier, ClaimTypes.Name, ClaimTypes.Email, ClaimTypes.Role, ClaimTypes.AuthenticationMethod,
        "AspNet.Identity.SecurityStamp", "amr", ClaimValueTypes.String, "Identity.Application",
        ".issued", ".expires", ".persistent", ".refresh", ".redirect", "name", "pwd",
    ];

    private static readonly Dictionary<string, byte> Numbers = Names.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => (byte)(n.i + 1));

    /// <summary>How a value is written. What comes back is the very text in each case.</summary>
    private static class Forms
    {
        /// <summary>The id of the session's user.</summary>
        public const int User = 0;

        /// <summary>That of an earlier claim, whose place follows.</summary>
        public const int Earlier = 1;

        /// <summary>A name, whose number follows.</summary>
        public const int Name = 2;

        /// <summary>32 hexadecimal digits, as 16 bytes.</summary>
        public const int Digits = 3;

        /// <summary>A GUID with hyphens, as 16 bytes.</summary>
        public const int Guid = 4;

        /// <summary>A time as properties have it, in seconds since 1970.</summary>
        public const int Time = 5;

        /// <summary>This plus its length in bytes, and the text.</summary>
        public const int Text = 6;
    }

    public static byte[] Encode(AuthenticationTicket ticket, Guid userId)
    {
        using var buffer = new MemoryStream(256);
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        var identity = (ClaimsIdentity)ticket.Principal.Identity!;
        writer.Write(Version);
        WriteName(writer, identity.AuthenticationType ?? "");
        WriteName(writer, identity.NameClaimType);
        WriteName(writer, identity.RoleClaimType);

        var claims = identity.Claims.ToList();
        var values = claims.ConvertAll(claim => claim.Value);
        writer.Write7BitEncodedInt(claims.Count);
        for (var i = 0; i < claims.Count; i++)
        {
            var hasValueType = claims[i].ValueType != ClaimValueTypes.String;
            WriteName(writer, claims[i].Type, shift: 1, flag: hasValueType ? 1 : 0);
            WriteValue(writer, values[i], userId, values.IndexOf(values[i], 0, i));
            if (hasValueType)
                WriteName(writer, claims[i].ValueType);
        }

        var items = ticket.Properties.Items.Where(item => item.Value is not null).ToList();
        writer.Write7BitEncodedInt(items.Count);
        foreach (var (key, value) in items)
        {
            WriteName(writer, key);
            WriteValue(writer, value!, userId, values.IndexOf(value!));
        }

        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>Null for a version or a content that this code can't read.</summary>
    public static AuthenticationTicket? Decode(ReadOnlySpan<byte> bytes, string scheme, Guid userId)
    {
        if (bytes.IsEmpty || bytes[0] is not (1 or Version))
            return null;

        try
        {
            var reader = new Reader(bytes[1..], bytes[0], userId);
            var identity = new ClaimsIdentity(reader.Name(), reader.Name(), reader.Name());
            // A claim takes two bytes at least.
            var values = new string[Math.Min(reader.Number(), bytes.Length)];
            for (var i = 0; i < values.Length; i++)
            {
                var type = reader.ClaimType(out var hasValueType);
                values[i] = reader.Value(values.AsSpan(0, i));
                var valueType = hasValueType ? reader.Name() : ClaimValueTypes.String;
                identity.AddClaim(new Claim(type, values[i], valueType, ClaimsIdentity.DefaultIssuer, ClaimsIdentity.DefaultIssuer, identity));
            }

            var items = new Dictionary<string, string?>(StringComparer.Ordinal);
            for (var count = reader.Number(); count > 0; count--)
                items[reader.Name()] = reader.Value(values);

            return reader.IsAtEnd ? new(new ClaimsPrincipal(identity), new AuthenticationProperties(items), scheme) : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // A length or a place that points outside, or a number that names nothing.
            return null;
        }
    }

    private static void WriteName(BinaryWriter writer, string name, int shift = 0, int flag = 0)
    {
        var number = Numbers.GetValueOrDefault(name);
        writer.Write7BitEncodedInt((number << shift) | flag);
        if (number == 0)
            writer.Write(name);
    }

    private static void WriteValue(BinaryWriter writer, string value, Guid userId, int earlier)
    {
        if (value == userId.ToString())
        {
            writer.Write7BitEncodedInt(Forms.User);
        }
        else if (earlier >= 0)
        {
            writer.Write7BitEncodedInt(Forms.Earlier);
            writer.Write7BitEncodedInt(earlier);
        }
        else if (Numbers.TryGetValue(value, out var number))
        {
            writer.Write7BitEncodedInt(Forms.Name);
            writer.Write7BitEncodedInt(number);
        }
        else if (Guid.TryParse(value, CultureInfo.InvariantCulture, out var guid) && (value == guid.ToString("N") || value == guid.ToString()))
        {
            writer.Write7BitEncodedInt(value.Length == 32 ? Forms.Digits : Forms.Guid);
            writer.Write(guid.ToByteArray(bigEndian: true));
        }
        else if (DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time.ToUnixTimeSeconds() is >= 0 and < 1L << MaxBits && value == time.ToString("r", CultureInfo.InvariantCulture))
        {
            writer.Write7BitEncodedInt(Forms.Time);
            writer.Write7BitEncodedInt64(time.ToUnixTimeSeconds());
        }
        else
        {
            var text = Encoding.UTF8.GetBytes(value);
            writer.Write7BitEncodedInt(Forms.Text + text.Length);
            writer.Write(text);
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes, byte version, Guid userId)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public int Number() => LongNumber() is var number and <= int.MaxValue ? (int)number : throw new FormatException("A number is too large.");

        public string Name() => NameOf(version == 1 ? Take(1)[0] : Number());

        public string ClaimType(out bool hasValueType)
        {
            var number = version == 1 ? (Take(1)[0] << 1) | 1 : Number();
            hasValueType = (number & 1) != 0;
            return NameOf(number >> 1);
        }

        public string Value(ReadOnlySpan<string> earlier)
        {
            if (version == 1)
                return Text(Number());

            return Number() switch
            {
                Forms.User => userId.ToString(),
                Forms.Earlier => earlier.Slice(Number(), 1)[0],
                Forms.Name => Number() is var number and not 0 ? NameOf(number) : throw new FormatException("The number names nothing."),
                Forms.Digits => new Guid(Take(16), bigEndian: true).ToString("N"),
                Forms.Guid => new Guid(Take(16), bigEndian: true).ToString(),
                Forms.Time => DateTimeOffset.FromUnixTimeSeconds(LongNumber()).ToString("r", CultureInfo.InvariantCulture),
                var form => Text(form - Forms.Text),
            };
        }

        private string NameOf(int number) => number == 0 ? Text(Number()) : Names.AsSpan(number - 1, 1)[0];

        private string Text(int size) => Encoding.UTF8.GetString(Take(size));

        private long LongNumber()
        {
            var number = 0L;
            for (var shift = 0; shift < MaxBits; shift += 7)
            {
                var next = Take(1)[0];
                number |= (long)(next & 0x7F) << shift;
                if (next < 0x80)
                    return number;
            }

            throw new FormatException("A number has no end.");
        }

        private ReadOnlySpan<byte> Take(int size)
        {
            var taken = _rest[..size];
            _rest = _rest[size..];
            return taken;
        }
    }
}
