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
        var prefix = one.AddressFamily == AddressFamily.InterNetwork ? BytesOfV4 : BytesOfV6;
        return length == otherLength && !oneBytes[..prefix].SequenceEqual(otherBytes[..prefix]);
    }
}
