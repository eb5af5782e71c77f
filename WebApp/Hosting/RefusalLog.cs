using System.Security.Claims;
using WebApp.Accounts;

namespace WebApp.Hosting;

/// <summary>
/// A line in the log for each request that was refused: to somebody without the right, about a session that is not
/// theirs, from another site, with a form that is stale, forged, too large or none of ours (ASVS 5.0, 16.3.2 and 16.3.3).
/// </summary>
internal static partial class RefusalLog
{
    public static void UseRefusalLog(this WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        var (request, response) = (context.Request, context.Response);
        // The address is the client's text: escaped, it stays on its line. What follows the question mark may hold anything, and is left out.
        if (IsRefusal(request, response) || ForeignSession.IsMarked(context))
            LogRefused(app.Logger, request.Method, request.Path.ToUriComponent(), response.StatusCode, context.User.FindFirstValue(ClaimTypes.NameIdentifier), context.Connection.RemoteIpAddress);
    });

    /// <summary>Somebody without the right is sent to the page that says so.</summary>
    private static bool IsRefusal(HttpRequest request, HttpResponse response) => response.StatusCode switch
    {
        StatusCodes.Status302Found => response.Headers.Location.ToString().StartsWith($"{request.PathBase}/account/access-denied", StringComparison.Ordinal),
        StatusCodes.Status403Forbidden => !request.Path.StartsWithSegments("/account/access-denied", StringComparison.OrdinalIgnoreCase),
        StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {Method} {Path} with {StatusCode} to user {UserId} from {Address}")]
    private static partial void LogRefused(ILogger logger, string method, string path, int statusCode, string? userId, System.Net.IPAddress? address);
}
