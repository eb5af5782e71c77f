using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace WebApp.Sessions;

/// <summary>An address, or a network in CIDR notation: <c>192.0.2.7</c>, <c>203.0.113.0/24</c>, <c>2001:db8::/32</c>. IPv4 is never IPv6-mapped.</summary>
public sealed record AddressRange : IParsable<AddressRange>
{
    private const int BitsPerByte = 8;

    private AddressRange(IPAddress first, int bits) => (First, Bits) = (first, bits);

    /// <summary>The lowest address of the network.</summary>
    public IPAddress First { get; }

    /// <summary>How many leading bits its addresses have in common; all of them for a single address.</summary>
    public int Bits { get; }

    /// <summary>The highest address of the network.</summary>
    public IPAddress Last
    {
        get
        {
            var bytes = First.GetAddressBytes();
            for (var bit = Bits; bit < BitsPerByte * bytes.Length; bit++)
                bytes[bit / BitsPerByte] |= (byte)(0x80 >> (bit % BitsPerByte));
            return new(bytes);
        }
    }

    /// <summary>False for an unknown address.</summary>
    public bool Contains(IPAddress? address) =>
        address is not null && address.AddressFamily == First.AddressFamily && Cut(address, Bits).Equals(First);

    public override string ToString() =>
        Bits == BitsPerByte * First.GetAddressBytes().Length ? First.ToString() : string.Create(CultureInfo.InvariantCulture, $"{First}/{Bits}");

    /// <exception cref="FormatException">The text is neither an address nor a network.</exception>
    public static AddressRange Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var range) ? range : throw new FormatException("It is neither an address nor a network.");

    /// <summary>White space around it does not matter, nor do bits behind the prefix.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [NotNullWhen(true)] out AddressRange? result)
    {
        result = null;
        if (s?.Trim().Split('/') is not { Length: 1 or 2 } parts || !IsPlain(parts[0]) || !IPAddress.TryParse(parts[0], out var address))
            return false;

        var mapped = address.IsIPv4MappedToIPv6;
        var whole = BitsPerByte * address.GetAddressBytes().Length;
        var bits = whole;
        if (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > whole || parts[1].Length > 3))
            return false;

        if (mapped)
            (address, bits) = (address.MapToIPv4(), Math.Max(0, bits - 96));
        result = new(Cut(address, bits), bits);
        return true;
    }

    // The framework's parser also takes "1", "0x7f.1" and names of network cards.
    private static bool IsPlain(string text) => text.Contains(':', StringComparison.Ordinal)
        ? text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
        : text.Split('.') is { Length: 4 } parts && parts.All(part => part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0'));

    private static IPAddress Cut(IPAddress address, int bits)
    {
        // Not of the address itself: one of a network card's own would keep the card's number.
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(bits - (BitsPerByte * i), 0, BitsPerByte);
            bytes[i] &= (byte)(0xFF00 >> kept);
        }

        return new(bytes);
    }
}
