using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class LoginModel(AppSignInManager signIn, IOptionsMonitor<CookieAuthenticationOptions> cookies) : PageModel
{
    // Unknown, wrong and locked read the same: the page must not tell who has an account.
    private const string Failed =
        "That e-mail address and password don't match, or the account is locked for a while. Check both, or try again in a few minutes.";

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty]
    [Required(ErrorMessage = "Enter your e-mail address.")]
    [EmailAddress(ErrorMessage = "That is not an e-mail address.")]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "That is longer than an e-mail address can be.")]
    [PlainText(ErrorMessage = "That is not an e-mail address.")]
    public string Email { get; set; } = "";

    [BindProperty]
    [Required(ErrorMessage = "Enter your password.")]
    [PasswordText]
    public string Password { get; set; } = "";

    [BindProperty]
    public bool Remember { get; set; }

    /// <summary>What may be told of this browser's last session.</summary>
    public SessionEnd? Ended => RequestSession.Of(HttpContext).Ended;

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        try
        {
            var result = await signIn.PasswordSignInAsync(Email.Trim(), Password, Remember, lockoutOnFailure: true);
            if (result.Succeeded)
                return SignedIn();
        }
        catch (SignInSupersededException)
        {
            return this.RedirectWithError("All your sessions were ended while you were signing in. Please sign in again.", null, new { ReturnUrl });
        }

        ModelState.AddModelError("", Failed);
        return Page();
    }

    private LocalRedirectResult SignedIn()
    {
        if (RequestSession.Of(HttpContext).EndedForRoom is > 0 and var ended)
            TempData.SetStatus(ended == 1
                ? "You were signed in on too many devices. The session used least recently was ended."
                : $"You were signed in on too many devices. The {ended} sessions used least recently were ended.");
        return LocalRedirect(Url.AfterSignIn(ReturnUrl));
    }

    /// <summary>Forgets an ended session's cookie. Only when asked to: a GET might take away that of a newer sign-in from another tab.</summary>
    public IActionResult OnPostDismiss()
    {
        if (User.Identity?.IsAuthenticated is not true)
        {
            var options = cookies.Get(IdentityConstants.ApplicationScheme);
            options.CookieManager.DeleteCookie(HttpContext, options.Cookie.Name!, options.Cookie.Build(HttpContext));
        }

        return RedirectToPage(new { ReturnUrl });
    }
}
