using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;

namespace WebApp.Hosting;

/// <summary>The configuration section <c>App</c>.</summary>
internal sealed class AppOptions
{
    /// <summary>
    /// The address under which people reach the app, such as <c>https://accounts.example.com</c>. Required outside Development:
    /// requests for other hosts get 400, because a Host header is whatever the client writes.
    /// </summary>
    public Uri? PublicUrl { get; set; }
}

internal static class PublicUrl
{
    public static void AddPublicUrl(this WebApplicationBuilder builder)
    {
        var development = builder.Environment.IsDevelopment();
        builder.Services.AddOptions<AppOptions>().BindConfiguration("App")
            .Validate(app => development || app.PublicUrl is not null,
                "App:PublicUrl is not set. Set it to the address under which people reach the app, for example https://accounts.example.com.")
            .Validate(app => app.PublicUrl is null || (app.PublicUrl.IsAbsoluteUri && (app.PublicUrl.Scheme == Uri.UriSchemeHttps || development)),
                "App:PublicUrl must be an absolute https address: session cookies are sent over https only.")
            .ValidateOnStart();
        builder.Services.AddOptions<HostFilteringOptions>().PostConfigure<IOptions<AppOptions>>((hosts, app) =>
        {
            hosts.AllowEmptyHosts = false;
            hosts.IncludeFailureMessage = false;
            hosts.AllowedHosts = app.Value.PublicUrl is { } url ? [url.Host] : ["localhost", "127.0.0.1", "[::1]"];
        });
    }
}
