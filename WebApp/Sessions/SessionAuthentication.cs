using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace WebApp.Sessions;

/// <summary>Authentication for requests with a session cookie.</summary>
public static class SessionAuthenticationSetup
{
    /// <summary>
    /// In the place of <c>UseAuthentication</c>, and the same to whatever comes after it: only no handler is made, which would cost as much as it
    /// takes to know who asks, unless one is called for; and an <see cref="IClaimsTransformation"/> is run only by a handler.
    /// </summary>
    public static void UseSessionAuthentication(this WebApplication app)
    {
        // WebApplication puts the middleware at the very start of any pipeline that doesn't say that it has it.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        app.UseMiddleware<SessionAuthenticationMiddleware>();
    }
}

/// <summary>Finds out who asks, and hands out the next key: for the middleware, with every request, and for the handler, when it is called for.</summary>
public sealed class SessionAuthentication(SessionTicketStore tickets, SessionCookieFormat format)
{
    private static readonly AuthenticateResult Refused = AuthenticateResult.Fail("The cookie opens no session.");
    private static readonly AuthenticateResult Unavailable = AuthenticateResult.Fail("The session store did not answer.");

    /// <summary>Once per request.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<AuthenticateResult> AuthenticateAsync(HttpContext context, AuthenticationScheme scheme, CookieAuthenticationOptions options)
    {
        var request = RequestSession.Of(context);
        if (request.Result is { } known)
            return known;

        try
        {
            request.Result = await FindAsync(context, scheme, options);
            if (request.Result.Succeeded && !context.Response.HasStarted)
                context.Response.OnStarting(() => SendNextKeyAsync(context, options));
            return request.Result;
        }
        catch (SessionStoreUnavailableException)
        {
            // An exception from here would also hit the error page, which authenticates too, and end in an empty 500.
            request.IsUnavailable = true;
            return request.Result = Unavailable;
        }
    }

    /// <summary>Signs in without a proof whose form has signed in a moment ago (<see cref="RequestSession.SignInForm"/>); false when it has not.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<bool> TrySignInAgainAsync(HttpContext context, CookieAuthenticationOptions options)
    {
        if (!await tickets.TryTakeUpAsync(context))
            return false;

        await SendNextKeyAsync(context, options);
        RequestSession.Of(context).NextKey = null;
        return true;
    }

    private Task SendNextKeyAsync(HttpContext context, CookieAuthenticationOptions options)
    {
        // Not if the session has ended since, or a sign-in has taken its place.
        if (RequestSession.Of(context) is not { NextKey: { } key, Current: { } session } || key.SessionId != session.Id)
            return Task.CompletedTask;

        var cookie = options.Cookie.Build(context);
        if (session.Remembered)
            cookie.Expires = session.AbsoluteDeadline;
        options.CookieManager.AppendResponseCookie(context, options.Cookie.Name!, format.Protect(key), cookie);
        return Task.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AuthenticateResult> FindAsync(HttpContext context, AuthenticationScheme scheme, CookieAuthenticationOptions options)
    {
        // The framework would make a dictionary and strings of the header, only to have the cookie looked up by its hash.
        var known = tickets.FindOpened(ValueIn(context.Request.Headers.Cookie, options.Cookie.Name!));
        var text = known is null ? options.CookieManager.GetRequestCookie(context, options.Cookie.Name!) : null;
        if (known is null && text is not { Length: > 0 })
            return AuthenticateResult.NoResult();
        if (await tickets.OpenAsync(context, known, text, scheme.Name) is not { } cookie)
            return Refused;

        var validation = new CookieValidatePrincipalContext(context, scheme, options, cookie.Ticket);
        var events = options.EventsType is { } type ? (CookieAuthenticationEvents)context.RequestServices.GetRequiredService(type) : options.Events;
        await events.ValidatePrincipal(validation);
        if (validation.Principal is not { } principal)
            return Refused;
        if (!ReferenceEquals(principal, cookie.Ticket.Principal))
            return AuthenticateResult.Success(new(principal, validation.Properties, scheme.Name));

        return cookie.Result;
    }

    /// <summary>
    /// The value of the cookie; empty when there is none, or when the header is not as browsers write it: what that
    /// means is for the framework to say.
    /// </summary>
    private static ReadOnlySpan<char> ValueIn(StringValues headers, ReadOnlySpan<char> name)
    {
        if (headers.Count != 1 || headers[0] is not { } header)
            return default;

        var rest = header.AsSpan();
        var at = rest.IndexOf(name, StringComparison.Ordinal);
        // A blank alone may stand in another cookie's value, which a neighbouring site may have set: session fixation.
        if (at < 0 || (at > 0 && !rest[..at].EndsWith("; ", StringComparison.Ordinal)))
            return default;
        if (rest.Length == at + name.Length || rest[at + name.Length] != '=')
            return default;

        rest = rest[(at + name.Length + 1)..];
        if (rest.IndexOf(name, StringComparison.Ordinal) >= 0)
            return default;

        var end = rest.IndexOf(';');
        return end < 0 ? rest : rest[..end];
    }
}

internal sealed class SessionAuthenticationMiddleware(
    RequestDelegate next, SessionAuthentication sessions, IAuthenticationSchemeProvider schemes,
    IOptions<AuthenticationOptions> authentication, IOptionsMonitor<CookieAuthenticationOptions> options)
{
    private readonly AuthenticationMiddleware _framework = new(next, schemes);
    private readonly AuthenticationScheme _scheme = authentication.Value.SchemeMap[authentication.Value.DefaultScheme!].Build();
    private readonly CookieAuthenticationOptions _options = options.Get(authentication.Value.DefaultScheme);

    public Task InvokeAsync(HttpContext context)
    {
        // Schemes with addresses of their own, such as sign-in with another site.
        var others = schemes.GetRequestHandlerSchemesAsync();
        if (!others.IsCompletedSuccessfully || others.Result.Any())
            return _framework.Invoke(context);

        return AuthenticateAsync(context);
    }

    private async Task AuthenticateAsync(HttpContext context)
    {
        var result = await sessions.AuthenticateAsync(context, _scheme, _options);
        if (result.Succeeded)
            SignIn(context, result);
        await next(context);
    }

    private static void SignIn(HttpContext context, AuthenticateResult result)
    {
        var signedIn = new SignedIn(result);
        context.Features.Set<IHttpAuthenticationFeature>(signedIn);
        context.Features.Set<IAuthenticateResultFeature>(signedIn);
    }

    /// <summary>As the framework's middleware has it: who puts somebody else in the request's place takes the result away as well.</summary>
    private sealed class SignedIn(AuthenticateResult result) : IHttpAuthenticationFeature, IAuthenticateResultFeature
    {
        private ClaimsPrincipal? _user = result.Principal;
        private AuthenticateResult? _result = result;

        public ClaimsPrincipal? User
        {
            get => _user;
            set => (_user, _result) = (value, null);
        }

        public AuthenticateResult? AuthenticateResult
        {
            get => _result;
            set => (_result, _user) = (value, value?.Principal);
        }
    }
}
