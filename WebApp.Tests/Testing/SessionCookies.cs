using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>Opens session cookies, and makes them, with the keys of the app or of somebody else.</summary>
public static class SessionCookies
{
    private const string KeyClaim = "Microsoft.AspNetCore.Authentication.Cookies-SessionId";

    /// <summary>What the browser's session cookie carries.</summary>
    public static SessionKey KeyOf(this TestApp app, Browser browser)
    {
        var ticket = app.Services.GetRequiredService<SessionCookieFormat>().Unprotect(browser.SessionCookie)!;
        Assert.True(SessionKey.TryDecode(ticket.Principal.FindFirstValue(KeyClaim), out var key));
        return key;
    }

    /// <summary>A cookie value that the app itself could have made.</summary>
    public static string CookieWith(this TestApp app, SessionKey key) => app.Services.GetRequiredService<SessionCookieFormat>().CookieWith(key);

    public static string CookieWith(this SessionCookieFormat format, SessionKey key)
    {
        var identity = new ClaimsIdentity([new Claim(KeyClaim, key.Encode())]);
        return format.Protect(new AuthenticationTicket(new ClaimsPrincipal(identity), "test"));
    }

    /// <summary>A key of the same session and version that its browser never had.</summary>
    public static SessionKey WithOtherFamily(this SessionKey key)
    {
        var bytes = new byte[SessionKey.Size];
        key.Write(bytes);
        RandomNumberGenerator.Fill(bytes.AsSpan(32, 16));
        return SessionKey.Read(bytes)!;
    }

    /// <summary>The two parts of the secret: the one that stays and the one that rotates.</summary>
    public static IEnumerable<byte[]> SecretsOf(SessionKey key)
    {
        var bytes = new byte[SessionKey.Size];
        key.Write(bytes);
        return [bytes[32..48], bytes[^16..]];
    }

    /// <summary>Another browser with the same session cookie, which says that it is the same: what a careful thief has.</summary>
    public static Browser CopyOf(this TestApp app, Browser browser)
    {
        var copy = app.NewBrowser(browser.Headers["User-Agent"]);
        copy.SessionCookie = browser.SessionCookie;
        return copy;
    }
}
