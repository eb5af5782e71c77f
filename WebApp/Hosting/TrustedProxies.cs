using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// X-Forwarded-For, X-Forwarded-Proto and the header that tells a country (see <see cref="SessionPolicy.CountryHeader"/>) count only when they come from a proxy listed in <c>ForwardedHeaders:KnownProxies</c>
/// (<see cref="ProxySettings"/>). From anyone else they are an attacker's text. Several proxies stand behind one another: from the last on, the
/// first that is not listed is the client.
/// </summary>
internal static class TrustedProxies
{
    /// <exception cref="OptionsValidationException">An entry is neither an address nor a network.</exception>
    public static void UseTrustedProxies(this WebApplication app)
    {
        UseForwardedHeaders(app);
        app.Use((context, next) =>
        {
            // On a socket for both versions an IPv4 peer comes as ::ffff:192.0.2.1. Everyone who reads, shows or stores it wants 192.0.2.1.
            if (context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped)
                context.Connection.RemoteIpAddress = mapped.MapToIPv4();
            return next(context);
        });
    }

    private static void UseForwardedHeaders(WebApplication app)
    {
        // The framework trusts loopback by default: any process on the machine.
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // The framework believes one hop, whoever is listed: behind two proxies everybody would be the outer one.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var entry in SettingsSection.ListIn(app.Configuration.GetSection($"{ProxySettings.Section}:{nameof(ProxySettings.KnownProxies)}")))
        {
            if (IPAddress.TryParse(entry, out var address))
                options.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(entry, out var network))
                options.KnownIPNetworks.Add(network);
            else
                throw new OptionsValidationException("ForwardedHeaders", typeof(ForwardedHeadersOptions),
                    [$"ForwardedHeaders:KnownProxies has \"{entry}\", which is neither an address nor a network such as 10.0.0.0/8."]);
        }

        DropCountriesFromStrangers(app, options);
        if (options.KnownProxies.Count + options.KnownIPNetworks.Count > 0)
            app.UseForwardedHeaders(options);
    }

    /// <summary>Before the proxy's word on the peer's address is taken, the peer is the proxy.</summary>
    private static void DropCountriesFromStrangers(WebApplication app, ForwardedHeadersOptions known)
    {
        if (app.Services.GetRequiredService<IOptions<SessionPolicy>>().Value.CountryHeader is not { } header)
            return;

        app.Use((context, next) =>
        {
            if (context.GetPeerAddress() is not { } peer || !(known.KnownProxies.Contains(peer) || known.KnownIPNetworks.Any(network => network.Contains(peer))))
                context.Request.Headers.Remove(header);
            return next(context);
        });
    }
}
