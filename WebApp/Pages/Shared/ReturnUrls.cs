using System.Text;
using Microsoft.AspNetCore.Mvc;

namespace WebApp.Pages;

/// <summary>Where to go after signing in.</summary>
public static class ReturnUrls
{
    private static readonly Uri Here = new("http://here");
    private static readonly string[] NeverReturnedTo =
    [
        "/Account/Login", "/Account/SecondFactor", "/Account/Logout", "/Account/Register", "/Account/AccessDenied", "/Account/Goodbye",
        "/Account/CheckMail", "/Account/ConfirmEmail", "/Account/ForgotPassword", "/Account/ResetPassword", "/Account/ConfirmNewEmail", "/Account/NotMe",
    ];

    /// <summary>The page that was asked for, if it is one of this site and makes sense to see after signing in; otherwise the sessions page.</summary>
    public static string AfterSignIn(this IUrlHelper url, string? returnUrl) =>
        Normalise(url, returnUrl) is { } target && !url.LeadsToSignIn(target) ? target : url.Page("/Account/Sessions")!;

    private static string? Normalise(IUrlHelper url, string? returnUrl)
    {
        if (!url.IsLocalUrl(returnUrl) || returnUrl![0] != '/' || !Uri.TryCreate(Here, returnUrl, out var address) || address.Host != Here.Host)
            return null;

        // A header can only hold the encoded form, which not every character has here; and with its dots resolved, "/..//other.example" would be
        // another host's address.
        var target = address.PathAndQuery;
        return Ascii.IsValid(target) && url.IsLocalUrl(target) ? target : null;
    }

    private static bool LeadsToSignIn(this IUrlHelper url, string target)
    {
        var path = Uri.UnescapeDataString(target.Split('?')[0]).TrimEnd('/');
        return NeverReturnedTo.Any(page => string.Equals(url.Page(page), path, StringComparison.OrdinalIgnoreCase));
    }
}
