using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace WebApp.Hosting;

/// <summary>
/// The hosts that the app answers to: that of <see cref="AppOptions.PublicUrl"/>, and in Development without one this
/// machine. A Host header is whatever the client writes.
/// </summary>
internal sealed class KnownHosts(IOptions<AppOptions> options)
{
    private static readonly StringSegment[] ThisMachine = ["localhost", "127.0.0.1", "[::1]"];

    // As browsers write it: international names in their ASCII form.
    private readonly StringSegment[] _names = options.Value.PublicUrl is { } url
        ? [new HostString(url.Host).ToUriComponent()]
        : ThisMachine;

    /// <summary>Whether the request is for this app, on whatever port.</summary>
    public bool Includes(HttpRequest request) =>
        request.Headers.Host.ToString() is { Length: > 0 } host && HostString.MatchesAny(host, _names);

    public override string ToString() => string.Join(", ", _names);
}
