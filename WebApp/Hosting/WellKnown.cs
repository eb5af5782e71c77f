using System.Globalization;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Addresses that password managers, browsers and people look for on every site.</summary>
internal static class WellKnown
{
    /// <summary>How long the text holds: RFC 9116 asks for less than a year.</summary>
    private static readonly TimeSpan HoldsFor = TimeSpan.FromDays(180);

    public static void MapWellKnown(this WebApplication app)
    {
        // None of them depends on who asks.
        var group = app.MapGroup("/.well-known").AllowAnonymous()
            .WithMetadata(new NotActivityAttribute(), new StepUp.ReachableWhileLocked(), new RequiredSecondFactor.ReachableWithout());
        // https://w3c.github.io/webappsec-change-password-url/
        group.MapGet("change-password", () => Results.LocalRedirect("/account/change-password"));
        // https://w3c.github.io/webappsec-passkey-endpoints/
        group.MapGet("passkey-endpoints", (HttpContext context, IOptions<AppOptions> options) =>
        {
            var passkeys = $"{SiteOf(context, options.Value)}/account/security/passkeys";
            return Results.Json(new { enroll = passkeys, manage = passkeys });
        });
        group.MapGet("security.txt", (HttpContext context, IOptions<AppOptions> options, TimeProvider clock) =>
            options.Value.SecurityContact is { } contact
                ? Results.Text(SecurityTxt(contact, SiteOf(context, options.Value), clock.GetUtcNow() + HoldsFor))
                : Results.NotFound());
    }

    private static string SecurityTxt(Uri contact, string site, DateTimeOffset until) =>
        $"Contact: {contact.AbsoluteUri}\n"
        + $"Expires: {until.UtcDateTime.Date.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\n"
        + $"Canonical: {site}/.well-known/security.txt\n";

    /// <summary>Without a public address, in Development, the host is this machine (<see cref="KnownHosts"/>).</summary>
    private static string SiteOf(HttpContext context, AppOptions options) =>
        PublicUrl.OriginOf(options.PublicUrl ?? new($"{context.Request.Scheme}://{context.Request.Host}"));
}
