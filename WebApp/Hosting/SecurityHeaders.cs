using WebApp.Accounts.Mail;

namespace WebApp.Hosting;

/// <summary>The headers that every answer carries, errors included (ASVS 5.0, 3.4.3 to 3.4.8 and 3.5.8).</summary>
internal static class SecurityHeaders
{
    private const string ContentSecurityPolicy =
        "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'";

    /// <summary>Nothing of what a browser can do is used here but passkeys, and those by this site alone.</summary>
    private const string PermissionsPolicy =
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), "
        + "payment=(), serial=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)";

    // A year. The framework's middleware would set it too early: what answers for an unreachable store clears the headers.
    private const string StrictTransportSecurity = "max-age=31536000; includeSubDomains";

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        // As it came: a page for errors takes the request's place in the end.
        var hasToken = context.Request.Query.ContainsKey(MailLinks.TokenName);
        // On starting: the exception handler clears what was set before.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            if (MayAskForHttps(app, context.Request))
                headers.StrictTransportSecurity = StrictTransportSecurity;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            // What proves who is there stands in the address, which even our own files need not be told.
            headers["Referrer-Policy"] = hasToken ? "no-referrer" : "same-origin";
            headers["Permissions-Policy"] = PermissionsPolicy;
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next(context);
    });

    /// <summary>A host that is not this app's may have subdomains that speak plain http.</summary>
    private static bool MayAskForHttps(WebApplication app, HttpRequest request) =>
        request.IsHttps && !app.Environment.IsDevelopment()
        && app.Services.GetRequiredService<KnownHosts>().Includes(request);

    /// <summary>Nothing after this point is kept by a browser or a proxy: every page depends on who asks.</summary>
    public static void UseNoStore(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(static state =>
        {
            ((HttpContext)state).Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, context);
        return next(context);
    });
}
