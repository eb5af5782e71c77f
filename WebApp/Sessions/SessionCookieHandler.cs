using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace WebApp.Sessions;

/// <summary>
/// The framework's cookie handler with a new session at every sign-in, whatever the request carried.
/// Outside sign-in, sign-out and the rotation of the secret it never writes a cookie.
/// </summary>
public sealed class SessionCookieHandler(
    IOptionsMonitor<CookieAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    SessionAuthentication sessions, SessionManager manager, SessionTicketStore tickets, IOptions<SessionPolicy> policy)
    : CookieAuthenticationHandler(options, logger, encoder)
{
    /// <summary>
    /// As the base's, without its detours: a ticket around the key, the key as text, deadlines in the cookie.
    /// Sign-in and sign-out still find the session by way of <see cref="CookieAuthenticationOptions.SessionStore"/>.
    /// </summary>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync() => await sessions.AuthenticateAsync(Context, Scheme, Options);

    /// <exception cref="SignInSupersededException">All of the user's sessions were revoked while this sign-in was under way.</exception>
    /// <exception cref="TooManySessionsException">The person is to be asked which session shall end. The one that the request came with is as it was.</exception>
    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        // They may be those of the present session, which its requests share.
        properties = properties?.Clone() ?? new AuthenticationProperties();
        await AuthenticateAsync();
        await tickets.AskForRoomAsync(Context, user, properties.IsPersistent);
        await EndCurrentSessionAsync(RevocationReason.SignedInAgain);
        DropPendingCookie();

        // The cookie of a remembered session lives as long as the session can; the server keeps the real deadlines.
        properties.IssuedUtc = TimeProvider.GetUtcNow();
        properties.ExpiresUtc = properties.IssuedUtc + policy.Value.TermsFor(user, properties.IsPersistent).AbsoluteTimeout;
        if (RequestSession.Of(Context).Leash is { } leash && leash < properties.ExpiresUtc)
            properties.ExpiresUtc = leash;

        // This handler remembers the presented key and would renew it (dotnet/aspnetcore#47503): session fixation.
        // A fresh one finds no live session under that key and makes a new one.
        var fresh = ActivatorUtilities.CreateInstance<CookieAuthenticationHandler>(Context.RequestServices);
        await fresh.InitializeAsync(Scheme, Context);
        await fresh.SignInAsync(user, properties);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        await EndCurrentSessionAsync(RevocationReason.SignedOut);
        DropPendingCookie();
        await base.HandleSignOutAsync(properties);
    }

    /// <summary>
    /// Nothing: the base would send the presented key again after a validation that asks for renewal, undoing a sign-in from another tab.
    /// The next key, when one waits, is sent by <see cref="SessionAuthentication"/>.
    /// </summary>
    protected override Task FinishResponseAsync() => Task.CompletedTask;

    /// <summary>Ends the session that the request presented or that an earlier sign-in in the same request began.</summary>
    private async Task EndCurrentSessionAsync(RevocationReason reason)
    {
        await AuthenticateAsync();
        var request = RequestSession.Of(Context);
        if (request.IsUnavailable)
            throw new SessionStoreUnavailableException("The session store did not answer.");

        if ((request.Current ?? request.Retired) is { } current)
            await manager.EndPresentedAsync(Context, current, reason);
    }

    /// <summary>Two cookies of one name in one response: browsers keep the last, proxies may reorder. Exactly one goes out.</summary>
    private void DropPendingCookie()
    {
        var prefix = Options.Cookie.Name + "=";
        var pending = Response.Headers.SetCookie;
        Response.Headers[HeaderNames.SetCookie] = pending.Where(cookie => cookie?.StartsWith(prefix, StringComparison.Ordinal) is not true).ToArray();
    }
}
