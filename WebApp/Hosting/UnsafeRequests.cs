using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using WebApp.Accounts.Mail;

namespace WebApp.Hosting;

/// <summary>
/// A second line behind antiforgery tokens: a request that may change something and that, by the browser's own word, comes from
/// another site is refused (ASVS 5.0, 3.5.8). Also refuses bodies that no form of ours can have.
/// </summary>
internal static class UnsafeRequests
{
    /// <summary>Bytes. The largest form, a staff note, stays far below it; a page with a <see cref="LargeForm"/> says so.</summary>
    public const int MaxBodySize = 128 * 1024;

    /// <summary>
    /// Bytes. A browser shows an answer only when it was let send all of its form, so up to here a form is received,
    /// and thrown away; of a large form twice of what it may have.
    /// </summary>
    private const int MaxDiscardedSize = 16 * 1024 * 1024;

    public static void UseUnsafeRequestChecks(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        {
            await next(context);
            return;
        }

        CloseBehindUnreadBody(context.Response);
        var maxBodySize = context.GetEndpoint()?.Metadata.GetMetadata<LargeForm>()?.Admit(context) ?? MaxBodySize;
        if (IsFromAnotherSite(request))
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        else if (request.ContentLength > maxBodySize)
            await RefuseBodyAsync(context, Math.Max(MaxDiscardedSize, 2 * maxBodySize));
        else if (IsInAnotherCharset(request))
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        else
            await next(context);
    });

    private static async Task RefuseBodyAsync(HttpContext context, int maxDiscardedSize)
    {
        if (context.Request.ContentLength <= maxDiscardedSize)
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxDiscardedSize;
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }

        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
    }

    /// <summary>The server hangs up on a body that it will not read. Told so, a client does not send its next form into the closing connection.</summary>
    private static void CloseBehindUnreadBody(HttpResponse response) => response.OnStarting(() =>
    {
        if (response.StatusCode == StatusCodes.Status413PayloadTooLarge)
            response.Headers.Connection = "close";
        return Task.CompletedTask;
    });

    private static bool IsFromAnotherSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
            return site == "cross-site";

        // Browsers without fetch metadata send the origin at least. Programs send neither, and carry no one's cookies by accident.
        var origin = request.Headers.Origin.ToString();
        // A page that sends no Referer sends this instead of its origin (as others can, too): see SecurityHeaders. The token proves who is there.
        if (origin == "null" && request.Query.ContainsKey(MailLinks.TokenName))
            return false;

        return origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Browsers send forms in the page's encoding. The framework fails on some of the others.</summary>
    private static bool IsInAnotherCharset(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset.HasValue
        && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Marks a page whose form carries a file.</summary>
/// <param name="maxSize">Bytes, of all of it.</param>
internal sealed class LargeForm(int maxSize)
{
    /// <summary>Lets the request's body be as large as that, read as a <see cref="PackedForm"/>.</summary>
    public int Admit(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxSize;
        context.Features.Set<IFormFeature>(new PackedForm(context.Request));
        return maxSize;
    }
}
