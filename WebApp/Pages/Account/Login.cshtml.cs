using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

public sealed class LoginModel(
    AppSignInManager signIn, WaitingSignIns waiting, SessionManager sessions, PasskeySignIn passkeys, IOptionsMonitor<CookieAuthenticationOptions> cookies,
    IOptions<SessionPolicy> policy, IOptions<AccountOptions> accounts, TimeProvider clock) : PageModel
{
    // Unknown, wrong and locked read the same: the page must not tell who has an account.
    private const string Failed =
        "That e-mail address and password don't match, or the account is locked for a while. Check both, or try again in a few minutes.";

    // Told to everybody, for it must not depend on whose address it is.
    private const string NotConfirmed = " If you have just registered, open the link in our mail first.";

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set => field = ReturnAddress.Shorten(value); }

    [BindProperty]
    [Required(ErrorMessage = "Enter your e-mail address.")]
    [AddressText]
    public string Email { get; set; } = "";

    [BindProperty]
    [Required(ErrorMessage = "Enter your password.")]
    [PasswordText]
    public string Password { get; set; } = "";

    [BindProperty]
    public bool Remember { get; set; }

    /// <summary>For a computer that others use, too. Wins over <see cref="Remember"/>.</summary>
    [BindProperty]
    public bool Shared { get; set; }

    /// <summary>The sealed sign-in that waits for an answer: see <see cref="WaitingSignIns"/>.</summary>
    [BindProperty]
    public string? Waiting { get; set; }

    /// <summary>The sessions to choose from, used least recently first; empty unless one has to end.</summary>
    public IReadOnlyList<UserSession> Choices { get; private set; } = [];

    public TimeSpan SharedTimeout => policy.Value.SharedTimeout;

    /// <summary>What may be told of this browser's last session.</summary>
    public SessionEnd? Ended => RequestSession.Of(HttpContext).Ended;

    // Not the answer to the form itself: whoever sends that again with the back button would send the password again.
    public async Task OnGetAsync()
    {
        Waiting = TempData[SignInEnds.Waiting] as string;
        if (Waiting is null || await waiting.OpenAsync(Waiting) is not { Pending.UserId: var userId })
            return;

        // The one in this browser ends anyway.
        var current = RequestSession.Of(HttpContext).Current;
        Choices = [.. (await sessions.ListAsync(userId)).Live.Where(s => s.Id != current?.Id).Reverse()];
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        var request = RequestSession.Of(HttpContext);
        request.CanAsk = true;
        request.SignInForm = SignInForm.Of(Request.Form);
        if (Shared)
            request.Leash = clock.GetUtcMilliseconds() + SharedTimeout;
        try
        {
            var result = await signIn.PasswordSignInAsync(Email, Password, Remember && !Shared, lockoutOnFailure: true);
            if (result.Succeeded)
                return SignedIn();
            if (result.RequiresTwoFactor)
                return RedirectToPage("/Account/SecondFactor", new { ReturnUrl });
        }
        catch (TooManySessionsException e)
        {
            return await this.RedirectToChoiceAsync(waiting, e.Pending, ReturnUrl);
        }
        catch (SignInSupersededException)
        {
            return Superseded();
        }

        ModelState.AddModelError("", accounts.Value.RequireConfirmedEmail is true ? Failed + NotConfirmed : Failed);
        return Page();
    }

    /// <summary>Tells nothing of any account: it is the same question to everybody.</summary>
    public async Task<JsonResult> OnGetPasskeyQuestionAsync() => new((await passkeys.AskAsync(HttpContext)).ToJson());

    public async Task<IActionResult> OnPostPasskeyAsync(string? passkeyAnswer, string? passkeyState)
    {
        RequestSession.Of(HttpContext).CanAsk = true;
        try
        {
            return await passkeys.SignInAsync(HttpContext, passkeyAnswer, passkeyState, Remember) switch
            {
                PasskeyOutcome.Proved => SignedIn(),
                PasskeyOutcome.TooLate => this.RedirectWithError("That took too long, or was done already. Please try again.", null, new { ReturnUrl }),
                _ => this.RedirectWithError("That passkey can't be used to sign in here. Try another one, or sign in with your password.", null, new { ReturnUrl }),
            };
        }
        catch (TooManySessionsException e)
        {
            return await this.RedirectToChoiceAsync(waiting, e.Pending, ReturnUrl);
        }
        catch (SignInSupersededException)
        {
            return Superseded();
        }
    }

    /// <summary>Ends the session that was chosen, and goes on with the sign-in that waited.</summary>
    public async Task<IActionResult> OnPostMakeRoomAsync(SessionId end)
    {
        if (await waiting.OpenAsync(Waiting) is not { } opened)
            return this.RedirectWithError("That took too long, or was done already. Please sign in again.", null, new { ReturnUrl });

        try
        {
            await waiting.CompleteAsync(HttpContext, opened, end);
            return SignedIn();
        }
        catch (TooManySessionsException)
        {
            TempData[SignInEnds.Waiting] = Waiting;
            return this.RedirectWithError("There is no room yet. Choose a session to sign out.", null, new { ReturnUrl });
        }
        catch (SignInSupersededException)
        {
            return Superseded();
        }
    }

    private RedirectToPageResult Superseded() => this.RedirectSuperseded(ReturnUrl);

    private LocalRedirectResult SignedIn() => this.RedirectSignedIn(ReturnUrl);

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
