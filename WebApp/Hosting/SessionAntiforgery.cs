using Microsoft.AspNetCore.Antiforgery;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Binds antiforgery tokens to the session: the framework's are good in every session of the same user.</summary>
internal sealed class SessionAntiforgery : IAntiforgeryAdditionalDataProvider
{
    public string GetAdditionalData(HttpContext context) => RequestSession.Of(context).Current?.Id.ToString() ?? "";

    public bool ValidateAdditionalData(HttpContext context, string additionalData) => additionalData == GetAdditionalData(context);
}
