using System.Net;

namespace WebApp.Hosting;

/// <summary>
/// The client's whole address, for what needs it while the request lasts and keeps no more of it than a hash until its window is over: limits per
/// address.
/// </summary>
internal sealed class ClientAddress
{
    private readonly IPAddress? _whole;

    private ClientAddress(IPAddress? whole) => _whole = whole;

    /// <summary>Uncut, whatever <see cref="PrivacyOptions.Addresses"/> leaves of the connection's; null when unknown. Neither store nor log it.</summary>
    public static IPAddress? Of(HttpContext context) =>
        context.Features.Get<ClientAddress>() is { } kept ? kept._whole : context.Connection.RemoteIpAddress;

    /// <summary>Leaves <paramref name="shown"/> in the connection's place, for all that comes after.</summary>
    internal static void Replace(HttpContext context, IPAddress? shown)
    {
        context.Features.Set(new ClientAddress(Of(context)));
        context.Connection.RemoteIpAddress = shown;
    }
}
