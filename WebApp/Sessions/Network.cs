using System.Net;
using System.Net.Sockets;

namespace WebApp.Sessions;

/// <summary>The network that an address belongs to, as far as can be told from outside: its first 24 bits, or 48 for IPv6.</summary>
public static class Network
{
    private const int BytesOfV4 = 3;
    private const int BytesOfV6 = 6;

    /// <summary>
    /// Whether both are known and not of one network. What is unknown is never a difference; nor is the other version of the protocol, for
    /// a machine that speaks both changes between them at will.
    /// </summary>
    public static bool Differ(IPAddress? one, IPAddress? other)
    {
        if (one is null || other is null)
            return false;

        Span<byte> oneBytes = stackalloc byte[16], otherBytes = stackalloc byte[16];
        one.TryWriteBytes(oneBytes, out var length);
        other.TryWriteBytes(otherBytes, out var otherLength);
        var prefix = PrefixOf(one);
        return length == otherLength && !oneBytes[..prefix].SequenceEqual(otherBytes[..prefix]);
    }

    /// <summary>The address with what lies beyond its network set to zero. What <see cref="Differ"/> says of it is the same.</summary>
    public static IPAddress Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        bytes[PrefixOf(address)..length].Clear();
        return new(bytes[..length]);
    }

    /// <summary>
    /// As people read it: "192.0.2.7", or "192.0.2.0/24" and "2001:db8:1::/48" when no more is known than the network. (An address that ends in zero
    /// looks the same as one that was cut. It reads as its network, which is true of both.)
    /// </summary>
    public static string Describe(IPAddress? address) =>
        address is null ? "unknown" : Of(address).Equals(address) ? $"{address}/{8 * PrefixOf(address)}" : address.ToString();

    /// <summary>The network alone: "192.0.2.0/24" of any address in it.</summary>
    public static string DescribeNetwork(IPAddress? address) => Describe(address is null ? null : Of(address));

    private static int PrefixOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? BytesOfV4 : BytesOfV6;
}
