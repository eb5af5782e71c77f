using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WebApp.Hosting.RateLimits;

/// <summary>
/// Whose requests are counted together: an IPv4 address, or the /64 that one household or server is handed of IPv6. All whose address is unknown
/// are one.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ClientNetwork(byte Version, ulong Prefix)
{
    private const int HashSize = 12;

    public static ClientNetwork Of(IPAddress? address)
    {
        if (address is null)
            return default;

        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new(4, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new(6, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>
    /// A name for it that says nothing at a glance. (Whoever tries all addresses of IPv4 finds out which it was: the hash keeps them out of tools and
    /// screens, not from those who can read the store at will.)
    /// </summary>
    public string ToHash()
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], Prefix);
        return Convert.ToHexStringLower(SHA256.HashData([.. "WebApp.RateLimits"u8, .. bytes]).AsSpan(0, HashSize));
    }
}
