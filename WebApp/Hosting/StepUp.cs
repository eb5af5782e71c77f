using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.WebUtilities;
using WebApp.Accounts;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Sends a request that lacks a proof of identity to the page that asks for one; what it carried is kept for the way back.</summary>
internal sealed class StepUp(KeptForms forms, IAntiforgery antiforgery, ITempDataDictionaryFactory tempData) : IAuthorizationMiddlewareResultHandler
{
    /// <summary>Marks an endpoint that a locked session reaches, too.</summary>
    public sealed class ReachableWhileLocked;

    public const string ConfirmPath = "/account/confirm";

    private readonly AuthorizationMiddlewareResultHandler _otherwise = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult) =>
        authorizeResult.AuthorizationFailure?.FailedRequirements is { } failed && failed.Any() && failed.All(requirement => requirement is RecentSignInRequirement)
            && context.User.Identity?.IsAuthenticated is true
            ? AskAsync(context)
            : _otherwise.HandleAsync(next, context, policy, authorizeResult);

    public async Task AskAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsPost(request.Method))
            await KeepAsync(context);

        // The handler's name belongs to the form that was sent; the page itself is what to come back to.
        var query = new QueryBuilder(request.Query.Where(part => !part.Key.Equals("handler", StringComparison.OrdinalIgnoreCase)));
        var back = ReturnAddress.Shorten(request.PathBase + request.Path + query.ToQueryString());
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = back is null
            ? request.PathBase + ConfirmPath
            : QueryHelpers.AddQueryString(request.PathBase + ConfirmPath, ReturnAddress.Name, back);
    }

    /// <summary>What another site sent is not kept: nobody shall find it in their form.</summary>
    private async Task KeepAsync(HttpContext context)
    {
        try
        {
            if (!context.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(context))
                return;

            var passed = tempData.GetTempData(context);
            await forms.KeepAsync(context, await context.Request.ReadFormAsync(), passed);
            passed.Save();
        }
        catch (Exception e) when (e is AntiforgeryValidationException or InvalidDataException or IOException)
        {
            // A form that can't be read.
        }
    }
}

internal static class StepUpSetup
{
    /// <summary>Right behind authentication: a locked session reaches only the pages that say so, by any method.</summary>
    public static void UseLockedSessions(this WebApplication app) => app.Use((context, next) =>
        RequestSession.Of(context).Current?.Lock is null || context.GetEndpoint()?.Metadata.GetMetadata<StepUp.ReachableWhileLocked>() is not null
            ? next(context)
            : context.RequestServices.GetRequiredService<StepUp>().AskAsync(context));
}
