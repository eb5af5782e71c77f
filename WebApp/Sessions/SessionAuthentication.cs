using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace WebApp.Sessions;

/// <summary>Authentication for requests with a session cookie.</summary>
public static class SessionAuthentication
{
    /// <summary>
    /// In the place of <c>UseAuthentication</c>, and the same, but for a session that the local cache serves: such a request is signed in by a look into
    /// the cache, before a handler is made for it. All others, and all that is out of the ordinary, take the framework's way.
    /// </summary>
    public static void UseSessionAuthentication(this WebApplication app)
    {
        // WebApplication puts the middleware at the very start of any pipeline that doesn't say that it has it.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        var schemes = app.Services.GetRequiredService<IAuthenticationSchemeProvider>();
        app.Use(next =>
        {
            var framework = new AuthenticationMiddleware(next, schemes);
            var cached = ActivatorUtilities.CreateInstance<CachedAuthentication>(app.Services);
            return context => cached.TrySignIn(context) ? next(context) : framework.Invoke(context);
        });
    }
}

/// <summary>Signs a request in from the cache.</summary>
internal sealed class CachedAuthentication(SessionCache cache, SessionGuard guard, IOptionsMonitor<CookieAuthenticationOptions> options, IOptions<AuthenticationOptions> schemes)
{
    private readonly string _pair = options.Get(schemes.Value.DefaultScheme).Cookie.Name + "=";

    /// <summary>False, and nothing is changed that the framework's way would not do again, unless the request is signed in.</summary>
    public bool TrySignIn(HttpContext context)
    {
        if (!cache.IsOn || StrictSessionAttribute.IsStrict(context)
            || CookieHash.Of(FindCookie(context.Request.Headers.Cookie)) is not { } hash
            || cache.Find(hash) is not { IsValidated: true } cookie || !cache.MayServe(cookie)
            // Only a handler can send a cookie.
            || guard.TryAccept(context, cookie) is not { NextKey: null })
            return false;

        context.User = cookie.Ticket.Principal;
        context.Features.Set<IAuthenticateResultFeature>(new Found { AuthenticateResult = cookie.Result });
        return true;
    }

    /// <summary>
    /// The value of the session cookie; empty when there is none, or when the header is not as browsers write it (several, escaped, quoted), so that
    /// the framework has the last word on what it means.
    /// </summary>
    private ReadOnlySpan<char> FindCookie(Microsoft.Extensions.Primitives.StringValues headers)
    {
        if (headers.Count != 1 || headers[0] is not { } header)
            return default;

        var rest = header.AsSpan();
        var at = rest.IndexOf(_pair, StringComparison.Ordinal);
        if (at < 0 || (at > 0 && rest[at - 1] != ' '))
            return default;

        rest = rest[(at + _pair.Length)..];
        if (rest.IndexOf(_pair, StringComparison.Ordinal) >= 0)
            return default;

        var end = rest.IndexOf(';');
        return end < 0 ? rest : rest[..end];
    }

    private sealed class Found : IAuthenticateResultFeature
    {
        public AuthenticateResult? AuthenticateResult { get; set; }
    }
}
