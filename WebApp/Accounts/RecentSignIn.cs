using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Asks for a proof of identity within <see cref="SessionPolicy.RecentSignIn"/>, made in this very session and answered by the newest secret:
/// an open browser or a copied cookie is not enough for what can't be undone (ASVS 7.5.1, 7.5.3).
/// </summary>
/// <param name="formsOnly">The page may be seen without it; only what it sends needs it.</param>
/// <remarks>A requirement that judges itself: a handler of its own would be asked by every authorized request, whatever its page requires.</remarks>
public sealed class RecentSignInRequirement(bool formsOnly) : AuthorizationHandler<RecentSignInRequirement>, IAuthorizationRequirement
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RecentSignInRequirement requirement)
    {
        if (context.Resource is HttpContext http
            && ((formsOnly && (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))) || RecentSignIn.IsGivenBy(http)))
            context.Succeed(this);
        return Task.CompletedTask;
    }
}

/// <summary>The names of the policies.</summary>
public static class RecentSignIn
{
    /// <summary>For pages that exist for one risky act: they ask before a form is filled.</summary>
    public const string ForPage = "RecentSignIn.Page";

    /// <summary>For pages that are also there to look at.</summary>
    public const string ForForms = "RecentSignIn.Forms";

    /// <summary>Whether the request may do what calls for a recent sign-in.</summary>
    public static bool IsGivenBy(HttpContext context)
    {
        var session = RequestSession.Of(context);
        var services = context.RequestServices;
        return session is { HasNewestSecret: true, Current: { Lock: null } current }
            && services.GetRequiredService<IOptions<SessionPolicy>>().Value.IsRecentlyAuthenticated(current, services.GetRequiredService<TimeProvider>().GetUtcNow());
    }
}
