using System.Globalization;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Accounts.Factors;

/// <summary>
/// Keeps a sign-in whose first proof was right until the second factor is shown: sealed, in a cookie of its own, for ten minutes, and good for
/// one session. It is no session: it opens the page that asks for the second factor, and nothing else.
/// </summary>
public sealed class SecondFactorCookie(OneTimeTokens tokens, IOptions<SecondFactorCookieOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <param name="context">The request whose proof was right. Its sign-in has begun: see <see cref="SessionManager.BeginSignInAsync"/>.</param>
    /// <param name="user">Whose proof it was.</param>
    /// <param name="remembered">Whether the session is to be a remembered one.</param>
    /// <param name="method">Of RFC 8176.</param>
    public void Write(HttpContext context, AppUser user, bool remembered, string method)
    {
        var request = RequestSession.Of(context);
        var content = string.Join('|', SessionManager.GenerationOfSignIn(context), remembered ? 1 : 0, request.Leash?.ToUnixTimeMilliseconds() ?? 0, method);
        var cookie = options.Value.Cookie.Build(context, clock.GetUtcNow());
        context.Response.Cookies.Append(options.Value.Cookie.Name!, tokens.Seal(TokenPurpose.SecondFactor, user, Lifetime, content), cookie);
    }

    /// <summary>Null without one, after its time, once it has signed in, and when the account has changed since.</summary>
    public async Task<PendingSecondFactor?> ReadAsync(HttpContext context)
    {
        if (await tokens.OpenAsync(TokenPurpose.SecondFactor, TextIn(context)) is not { User: { } user } token)
            return null;

        var parts = token.Content.Split('|');
        // Another version of the app wrote it.
        if (UserGeneration.TryParse(parts[0]) is not { } generation)
            return null;

        var leash = long.Parse(parts[2], CultureInfo.InvariantCulture);
        return new(token, user, generation, parts[1] == "1",
            leash == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leash), parts[3]);
    }

    /// <summary>What the browser sent, good or not.</summary>
    public string? TextIn(HttpContext context) => context.Request.Cookies[options.Value.Cookie.Name!];

    /// <summary>True for exactly one caller. The browser forgets it.</summary>
    public async Task<bool> SpendAsync(HttpContext context, PendingSecondFactor pending)
    {
        Delete(context);
        return await tokens.SpendAsync(pending.Token);
    }

    /// <summary>Has the browser forget it.</summary>
    public void Delete(HttpContext context) => context.Response.Cookies.Delete(options.Value.Cookie.Name!, options.Value.Cookie.Build(context));
}

/// <summary>A sign-in that waits for the second factor.</summary>
/// <param name="Token">What it travelled in.</param>
/// <param name="User">Whose first proof was right.</param>
/// <param name="Generation">The user's as it was before the first proof.</param>
/// <param name="Remembered">Whether the session is to be a remembered one.</param>
/// <param name="Leash">The session's latest end; UTC, null without one.</param>
/// <param name="Method">Of the first proof, by RFC 8176.</param>
public sealed record PendingSecondFactor(OneTimeToken Token, AppUser User, UserGeneration Generation, bool Remembered, DateTimeOffset? Leash, string Method);

/// <summary>How the browser is told; see <see cref="AccountsSetup"/>.</summary>
public sealed class SecondFactorCookieOptions
{
    public CookieBuilder Cookie { get; set; } = new();
}
