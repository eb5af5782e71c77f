using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace WebApp.Sessions;

/// <summary>
/// A session key as a cookie value: a version byte and the key's bytes under Data Protection, about 200 characters.
/// A forged, truncated or foreign cookie dies here, in memory, before the store is asked.
/// </summary>
public sealed class SessionCookieFormat(IDataProtectionProvider dataProtection) : ISecureDataFormat<AuthenticationTicket>
{
    // The claim in which the cookie handler passes the key of a stored session.
    private const string SessionKeyClaim = "Microsoft.AspNetCore.Authentication.Cookies-SessionId";
    private const byte Version = 1;

    /// <summary>No value this format makes is longer; longer ones are not even decoded.</summary>
    internal const int MaxLength = 256;

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Sessions.Cookie.v1");

    public string Protect(AuthenticationTicket data) => Protect(data, purpose: null);

    /// <exception cref="InvalidOperationException">The ticket carries no session key.</exception>
    public string Protect(AuthenticationTicket data, string? purpose)
    {
        if (!SessionKey.TryDecode(data.Principal.FindFirstValue(SessionKeyClaim), out var key))
            throw new InvalidOperationException("The ticket carries no session key: only stored sessions go into a cookie.");

        return Protect(key);
    }

    public string Protect(SessionKey key)
    {
        var bytes = new byte[1 + SessionKey.Size];
        bytes[0] = Version;
        key.Write(bytes.AsSpan(1));
        return WebEncoders.Base64UrlEncode(_protector.Protect(bytes));
    }

    public AuthenticationTicket? Unprotect(string? protectedText) => Unprotect(protectedText, purpose: null);

    /// <summary>A ticket that carries the key; null for anything this app did not make.</summary>
    public AuthenticationTicket? Unprotect(string? protectedText, string? purpose)
    {
        if (protectedText is null || Read(protectedText) is not { } key)
            return null;

        var identity = new ClaimsIdentity([new Claim(SessionKeyClaim, key.Encode())], nameof(SessionCookieFormat));
        return new(new ClaimsPrincipal(identity), nameof(SessionCookieFormat));
    }

    /// <summary>The key in a cookie; null for anything this app did not make.</summary>
    public SessionKey? Read(string cookie)
    {
        if (cookie.Length > MaxLength)
            return null;

        try
        {
            var sealedBytes = WebEncoders.Base64UrlDecode(cookie);
            // The decoder passes over white space: one cookie must not come in any number of spellings.
            if (Base64Url.GetEncodedLength(sealedBytes.Length) != cookie.Length)
                return null;

            var bytes = _protector.Unprotect(sealedBytes);
            return bytes.Length > 0 && bytes[0] == Version ? SessionKey.Read(bytes.AsSpan(1)) : null;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
