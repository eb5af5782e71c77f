using System.Net;

namespace WebApp.Sessions;

internal static class PeerAddress
{
    /// <summary>The address that the request came from, IPv4 never IPv6-mapped; null when unknown.</summary>
    public static IPAddress? GetPeerAddress(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;
}
