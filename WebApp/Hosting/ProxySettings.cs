namespace WebApp.Hosting;

/// <summary>The configuration section <c>ForwardedHeaders</c>.</summary>
internal sealed class ProxySettings
{
    public const string Section = "ForwardedHeaders";

    /// <summary>
    /// Addresses, or networks such as <c>10.0.0.0/8</c>, of proxies; one value with commas is a list, too. Of networks, those that have nothing but
    /// proxies in them: a client in one of them could say that it is anybody.
    /// </summary>
    public IReadOnlyList<string> KnownProxies { get; set; } = [];
}
