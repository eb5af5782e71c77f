using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Passwords;

namespace WebApp.Hosting;

/// <summary>The configuration section <c>App</c>.</summary>
internal sealed class AppOptions
{
    /// <summary>
    /// The address under which people reach the app, such as <c>https://accounts.example.com</c>. Required outside Development:
    /// requests for other hosts get 400, because a Host header is whatever the client writes.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>
    /// Where people report security problems, such as <c>mailto:security@example.com</c> or the <c>https</c> address of a page. It is told at
    /// <c>/.well-known/security.txt</c> (RFC 9116). Set it where anybody reads what arrives there.
    /// </summary>
    public Uri? SecurityContact { get; set; }
}

internal static class PublicUrl
{
    private const string HttpsOnly =
        "This site is reached over https only.\n"
        + "For operators: a proxy that ends https has to send X-Forwarded-Proto and to be listed in ForwardedHeaders:KnownProxies.\n";

    /// <summary>Refuses requests for other hosts. What stands before it serves them.</summary>
    public static void UseKnownHostOnly(this IApplicationBuilder app) => app.UseMiddleware<WrongHostPage>();

    /// <summary>Outside Development refuses plain http: its cookies are never sent there, so no form could work.</summary>
    public static void UseHttpsOnly(this WebApplication app)
    {
        if (app.Environment.IsDevelopment())
            return;

        app.Use((context, next) =>
        {
            if (context.Request.IsHttps)
                return next(context);

            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(HttpsOnly);
        });
    }

    public static void AddPublicUrl(this WebApplicationBuilder builder)
    {
        var development = builder.Environment.IsDevelopment();
        builder.Services.AddOptions<AppOptions>().BindConfiguration("App")
            .Validate(app => development || app.PublicUrl is not null,
                "App:PublicUrl is not set. Set it to the address under which people reach the app, for example https://accounts.example.com.")
            .Validate(app => app.PublicUrl is null || (app.PublicUrl.IsAbsoluteUri && (app.PublicUrl.Scheme == Uri.UriSchemeHttps || development)),
                "App:PublicUrl must be an absolute https address: session cookies are sent over https only.")
            .Validate(app => app.PublicUrl is not { IsAbsoluteUri: true } url || IsRoot(url),
                "App:PublicUrl must be a host, and perhaps a port, with nothing behind it: the app has no path, query or fragment in front of its "
                + "addresses. Behind a proxy that serves several apps, give it a host name of its own.")
            .Validate(app => app.SecurityContact is not { } contact || (contact.IsAbsoluteUri && contact.Scheme is "https" or "mailto" or "tel"),
                "App:SecurityContact must be an https, mailto or tel address, such as mailto:security@example.com.")
            .ValidateOnStart();
        // The framework writes each request's address with its query, and in links from mail that is a secret. Whatever the settings say.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.Services.AddOptions<MailLinkOptions>().Configure<IOptions<AppOptions>>((links, app) => links.PublicUrl = app.Value.PublicUrl);
        builder.Services.AddOptions<PasswordSettings>().PostConfigure<IOptions<AppOptions>>((passwords, app) =>
            passwords.AppNames.UnionWith(app.Value.PublicUrl?.Host.Split('.').SkipLast(1) ?? []));
        // The framework's filter stands ahead of everything and answers with neither a page nor the security headers.
        builder.Services.AddSingleton<KnownHosts>();
        builder.Services.AddOptions<HostFilteringOptions>().PostConfigure(hosts => hosts.AllowedHosts = ["*"]);
        // A passkey is good for this site only. The framework would go by the Host and Origin headers, which whoever relays an answer writes.
        builder.Services.AddOptions<IdentityPasskeyOptions>().Configure<IOptions<AppOptions>>((passkeys, app) =>
        {
            var url = app.Value.PublicUrl;
            passkeys.ServerDomain = url?.IdnHost;
            passkeys.ValidateOrigin = answer => ValueTask.FromResult(
                !answer.CrossOrigin && string.Equals(answer.Origin, OriginOf(url ?? new($"{answer.HttpContext.Request.Scheme}://{answer.HttpContext.Request.Host}")), StringComparison.Ordinal));
        });
    }

    private static bool IsRoot(Uri url) =>
        url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.UserInfo.Length == 0;

    /// <summary>As browsers write it: without a path, and without the port that the scheme implies.</summary>
    public static string OriginOf(Uri url) => $"{url.Scheme}://{url.IdnHost}{(url.IsDefaultPort ? "" : $":{url.Port}")}";
}
