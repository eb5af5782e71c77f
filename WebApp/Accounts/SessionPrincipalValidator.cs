using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Compares a session's principal with the account as soon as its rights have changed, and from time to time in any case: roles and name are
/// brought up to date, and a session that no longer fits the account is ended. The framework's validator would keep its findings in a new
/// cookie; ours go into the session.
/// </summary>
internal static partial class SessionPrincipalValidator
{
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var clock = services.GetRequiredService<TimeProvider>();
        var interval = services.GetRequiredService<IOptions<SecurityStampValidatorOptions>>().Value.ValidationInterval;
        if (context.Principal is not { } principal
            || RequestSession.Of(context.HttpContext) is not { Current: { } session, PrincipalMadeAt: var madeAt }
            || (session.RightsVersion >= session.RequiredRightsVersion && clock.GetUtcNow() - madeAt < interval))
            return;

        var store = services.GetRequiredService<SessionTicketStore>();
        var signIn = services.GetRequiredService<SignInManager<AppUser>>();
        if (await signIn.ValidateSecurityStampAsync(principal) is not { } user || !await signIn.CanSignInAsync(user))
        {
            // Rejected, not signed out: deleting the cookie here could delete that of a newer sign-in from another tab.
            context.RejectPrincipal();
            await services.GetRequiredService<SessionManager>().EndPresentedAsync(context.HttpContext, session, RevocationReason.AccountChanged);
            return;
        }

        // The account was read after the version was required: so it is at least that one, even if a backup has set the account's own number back.
        var rebuilt = await signIn.CreateUserPrincipalAsync(user);
        rebuilt.Identities.First().AddClaims(principal.FindAll("amr"));
        context.ReplacePrincipal(rebuilt);
        // Those of the session are shared by its requests.
        var properties = context.Properties.Clone();
        properties.IssuedUtc = clock.GetUtcNow();
        try
        {
            await store.UpdateAsync(context.HttpContext, new AuthenticationTicket(rebuilt, properties, context.Scheme.Name), Math.Max(user.RightsVersion, session.RequiredRightsVersion));
        }
        catch (SessionStoreUnavailableException e)
        {
            // This request has the new principal, and the next one compares again: nobody is shut out because a write failed.
            LogNotKept(services.GetRequiredService<ILogger<SessionTicketStore>>(), e, session.UserId, session.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The principal of session {SessionId} of user {UserId} was brought up to date, but could not be kept")]
    private static partial void LogNotKept(ILogger logger, Exception exception, Guid userId, SessionId sessionId);
}
