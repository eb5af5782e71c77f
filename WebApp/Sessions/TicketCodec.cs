using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace WebApp.Sessions;

/// <summary>
/// Tickets as compact bytes: claims of an identity and the properties' items, with numbers for the names that recur.
/// The framework's own serializer spells out each claim type and would more than double a session's size.
/// </summary>
/// <remarks>
/// Format 1: version byte; authentication type, name claim type and role claim type; count and claims (type, value, value type);
/// count and items (key, value). A name is 0 and a string, or its number in <see cref="Names"/>. Issuers are not kept: every claim
/// of a session was made by this app. Only the first identity is kept.
/// </remarks>
internal static class TicketCodec
{
    private const byte Version = 1;

    // Numbers are stored: append, never reorder.
    private static readonly string[] Names =
    [
        ClaimTypes.NameIdentifier, ClaimTypes.Name, ClaimTypes.Email, ClaimTypes.Role, ClaimTypes.AuthenticationMethod,
        "AspNet.Identity.SecurityStamp", "amr", ClaimValueTypes.String, "Identity.Application",
        ".issued", ".expires", ".persistent", ".refresh", ".redirect",
    ];

    private static readonly Dictionary<string, byte> Numbers = Names.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => (byte)(n.i + 1));

    public static byte[] Encode(AuthenticationTicket ticket)
    {
        using var buffer = new MemoryStream(256);
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        var identity = (ClaimsIdentity)ticket.Principal.Identity!;
        writer.Write(Version);
        WriteName(writer, identity.AuthenticationType ?? "");
        WriteName(writer, identity.NameClaimType);
        WriteName(writer, identity.RoleClaimType);

        var claims = identity.Claims.ToList();
        writer.Write7BitEncodedInt(claims.Count);
        foreach (var claim in claims)
        {
            WriteName(writer, claim.Type);
            writer.Write(claim.Value);
            WriteName(writer, claim.ValueType);
        }

        var items = ticket.Properties.Items.Where(item => item.Value is not null).ToList();
        writer.Write7BitEncodedInt(items.Count);
        foreach (var (key, value) in items)
        {
            WriteName(writer, key);
            writer.Write(value!);
        }

        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>Null for a version or a content that this code can't read.</summary>
    public static AuthenticationTicket? Decode(byte[] bytes, string scheme)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
            if (reader.ReadByte() != Version)
                return null;

            var identity = new ClaimsIdentity(ReadName(reader), ReadName(reader), ReadName(reader));
            for (var count = ReadCount(reader); count > 0; count--)
                identity.AddClaim(new Claim(ReadName(reader), reader.ReadString(), ReadName(reader)));

            var items = new Dictionary<string, string?>(StringComparer.Ordinal);
            for (var count = ReadCount(reader); count > 0; count--)
                items[ReadName(reader)] = reader.ReadString();

            return reader.BaseStream.Position == bytes.Length
                ? new(new ClaimsPrincipal(identity), new AuthenticationProperties(items), scheme)
                : null;
        }
        catch (Exception e) when (e is IOException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static int ReadCount(BinaryReader reader) =>
        reader.Read7BitEncodedInt() is var count and >= 0 ? count : throw new FormatException("A count is negative.");

    private static void WriteName(BinaryWriter writer, string name)
    {
        var number = Numbers.GetValueOrDefault(name);
        writer.Write(number);
        if (number == 0)
            writer.Write(name);
    }

    private static string ReadName(BinaryReader reader) => reader.ReadByte() is var number and not 0 ? Names[number - 1] : reader.ReadString();
}
