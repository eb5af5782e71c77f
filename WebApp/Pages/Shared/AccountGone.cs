using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using WebApp.Accounts;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>
/// Ends a session whose account a page did not find, and asks for a sign-in: a database that was put back to before the
/// account was made does not know it, while Redis still has its sessions.
/// </summary>
internal sealed class AccountGone : IAsyncResultFilter
{
    public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
    {
        if (context.Result is NotFoundResult && await TryEndAsync(context.HttpContext))
            context.Result = new ChallengeResult();
        await next();
    }

    private static async Task<bool> TryEndAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (RequestSession.Of(context).Current is not { } session
            || await services.GetRequiredService<AppUserManager>().FindByIdAsync(session.UserId.ToString()) is not null)
            return false;

        await services.GetRequiredService<SessionManager>()
            .EndPresentedAsync(context, session, RevocationReason.AccountChanged);
        return true;
    }
}
