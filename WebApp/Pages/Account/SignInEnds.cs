using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>Where a sign-in leads in the end, whichever page its last proof was shown on.</summary>
public static class SignInEnds
{
    /// <summary>What the sign-in page is handed a waiting sign-in by.</summary>
    internal const string Waiting = nameof(Waiting);

    /// <summary>On to the page that was asked for, with word of what has ended for the new session.</summary>
    public static LocalRedirectResult RedirectSignedIn(this PageModel page, string? returnUrl, string? status = null)
    {
        var ended = RequestSession.Of(page.HttpContext).EndedForRoom;
        var room = ended switch
        {
            0 => null,
            1 => "You were signed in on too many devices. The session used least recently was ended.",
            _ => $"You were signed in on too many devices. The {ended} sessions used least recently were ended.",
        };
        if (status is not null || room is not null)
            page.TempData.SetStatus(string.Join(' ', new[] { status, room }.OfType<string>()));
        return page.LocalRedirect(page.Url.AfterSignIn(returnUrl));
    }

    /// <summary>To the sign-in page, which asks there which session shall end.</summary>
    public static async Task<RedirectToPageResult> RedirectToChoiceAsync(this PageModel page, WaitingSignIns waiting, PendingSignIn pending, string? returnUrl)
    {
        page.TempData[Waiting] = await waiting.SealAsync(pending);
        return page.RedirectToPage("/Account/Login", new { ReturnUrl = returnUrl });
    }

    /// <summary>To the sign-in page, from the beginning.</summary>
    public static RedirectToPageResult RedirectSuperseded(this PageModel page, string? returnUrl) =>
        page.RedirectWithError("All your sessions were ended while you were signing in. Please sign in again.", "/Account/Login", new { ReturnUrl = returnUrl });
}
