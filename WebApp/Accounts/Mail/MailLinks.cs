using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>
/// Addresses for mail. They begin with the address under which people reach the app and never with a Host header, which is whatever the client
/// writes: a link to another host would hand its token over.
/// </summary>
public sealed class MailLinks(IOptions<MailLinkOptions> options)
{
    /// <summary>The query's name for the token.</summary>
    public const string TokenName = "t";

    /// <param name="context">The request. Its own host counts only in Development without a public address, where loopback names are the only hosts.</param>
    /// <param name="path">Of a page, such as <c>/account/reset-password</c>.</param>
    /// <param name="token">What the link proves.</param>
    public Uri To(HttpContext context, string path, string token) => To(SiteOf(context), path, token);

    /// <summary>A link that proves nothing.</summary>
    public Uri To(HttpContext context, string path) => To(SiteOf(context), path);

    /// <summary>What links begin with: to be taken along where there is no request any more.</summary>
    public Uri SiteOf(HttpContext context) =>
        options.Value.PublicUrl ?? new($"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}");

    /// <summary>As <see cref="SiteOf"/>, where there may be no request, as on the command line; null then in Development without a public address.</summary>
    public Uri? FindSite(HttpContext? context) => context is null ? options.Value.PublicUrl : SiteOf(context);

    /// <summary>As with a request, from what <see cref="SiteOf"/> said in it.</summary>
    public static Uri To(Uri site, string path, string token) => new($"{To(site, path)}?{TokenName}={Uri.EscapeDataString(token)}");

    /// <summary>A link that proves nothing.</summary>
    public static Uri To(Uri site, string path) => new(site.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
}

/// <summary>What whoever wires the app tells of it.</summary>
public sealed class MailLinkOptions
{
    /// <summary>Null only in Development.</summary>
    public Uri? PublicUrl { get; set; }
}
