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
    public Uri To(HttpContext context, string path, string token) => new($"{To(context, path)}?{TokenName}={Uri.EscapeDataString(token)}");

    /// <summary>A link that proves nothing.</summary>
    public Uri To(HttpContext context, string path)
    {
        var request = context.Request;
        var site = options.Value.PublicUrl?.GetLeftPart(UriPartial.Path) ?? $"{request.Scheme}://{request.Host}{request.PathBase}";
        return new(site.TrimEnd('/') + path);
    }
}

/// <summary>What whoever wires the app tells of it.</summary>
public sealed class MailLinkOptions
{
    /// <summary>Null only in Development.</summary>
    public Uri? PublicUrl { get; set; }
}
