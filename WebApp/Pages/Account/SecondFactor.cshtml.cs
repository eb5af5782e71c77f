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

/// <summary>The second step of a sign-in. Who comes without a first one is led there.</summary>
public sealed class SecondFactorModel(
    AppSignInManager signIn, SecondFactorSignIn secondFactor, Authenticators authenticators, RecoveryCodes codes, Passkeys passkeys,
    PasskeySignIn passkeySignIn, WaitingSignIns waiting, SessionAuthentication sessions, IOptionsMonitor<CookieAuthenticationOptions> cookies) : PageModel
{
    private const int LongestCode = 100;

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set => field = ReturnAddress.Shorten(value); }

    /// <summary>Whether a recovery code is asked for, and not one of the app.</summary>
    [BindProperty(SupportsGet = true)]
    public bool Recovery { get; set; }

    [BindProperty]
    [Required(ErrorMessage = "Enter a code.")]
    [StringLength(LongestCode, ErrorMessage = "That is longer than a code can be.")]
    [PlainText(ErrorMessage = "The code has characters that can't be used here.")]
    public string Code { get; set; } = "";

    [BindProperty]
    public bool RememberBrowser { get; set; }

    public PendingSecondFactor Pending { get; private set; } = null!;

    public bool HasAuthenticator { get; private set; }

    public bool HasPasskey { get; private set; }

    /// <summary>Not a browser that others use, too: the person has just said so.</summary>
    public bool MayRemember => Pending.Leash is null;

    public async Task<IActionResult> OnGetAsync() => await FindAsync() ? Page() : LeadOn();

    public async Task<IActionResult> OnPostAsync()
    {
        RequestSession.Of(HttpContext).SignInForm = signIn.SecondForm();
        if (!await FindAsync())
            return await LeadOnDoneAsync();
        if (!ModelState.IsValid)
            return Page();

        try
        {
            var remember = RememberBrowser && MayRemember;
            var outcome = Recovery
                ? await secondFactor.ByRecoveryCodeAsync(HttpContext, Pending, Code, remember)
                : await secondFactor.ByAuthenticatorAsync(HttpContext, Pending, Code, remember);
            switch (outcome)
            {
                case SecondFactorOutcome.SignedIn:
                    return this.RedirectSignedIn(ReturnUrl, Recovery ? Left(await codes.CountAsync(Pending.User.Id)) : null);
                case SecondFactorOutcome.DoneAlready:
                    return await LeadOnDoneAsync();
                default:
                    ModelState.AddModelError(nameof(Code), "That code isn't right or was used before, or the account is locked for a while. Check it, or try again in a few minutes.");
                    return Page();
            }
        }
        catch (TooManySessionsException e)
        {
            return await this.RedirectToChoiceAsync(waiting, e.Pending, ReturnUrl);
        }
        catch (SignInSupersededException)
        {
            return this.RedirectSuperseded(ReturnUrl);
        }
    }

    public async Task<IActionResult> OnGetPasskeyQuestionAsync() =>
        await passkeySignIn.AskForSecondFactorAsync(HttpContext) is { } question ? new JsonResult(question.ToJson()) : NotFound();

    public async Task<IActionResult> OnPostPasskeyAsync(string? passkeyAnswer, string? passkeyState)
    {
        try
        {
            return await passkeySignIn.CompleteAsync(HttpContext, passkeyAnswer, passkeyState, RememberBrowser) switch
            {
                PasskeyOutcome.Proved => this.RedirectSignedIn(ReturnUrl),
                // Still waiting, it asks again; done by the same form sent twice, it leads on.
                PasskeyOutcome.TooLate => RedirectToPage(new { ReturnUrl }),
                _ => this.RedirectWithError("That passkey can't be used here. Try another one, or another way.", null, new { ReturnUrl }),
            };
        }
        catch (TooManySessionsException e)
        {
            return await this.RedirectToChoiceAsync(waiting, e.Pending, ReturnUrl);
        }
        catch (SignInSupersededException)
        {
            return this.RedirectSuperseded(ReturnUrl);
        }
    }

    public async Task<IActionResult> OnPostCancelAsync()
    {
        await signIn.CancelPendingAsync();
        return RedirectToPage("/Account/Login", new { ReturnUrl });
    }

    private async Task<bool> FindAsync()
    {
        if (await signIn.FindPendingAsync() is not { } pending)
            return false;

        Pending = pending;
        HasAuthenticator = await authenticators.FindAsync(pending.User.Id) is not null;
        HasPasskey = await passkeys.HasAnyAsync(pending.User.Id);
        return true;
    }

    /// <summary>Signed in meanwhile, in another tab or by the same form sent twice: there is nothing to ask. Otherwise from the beginning.</summary>
    private IActionResult LeadOn() => User.Identity?.IsAuthenticated is true
        ? LocalRedirect(Url.AfterSignIn(ReturnUrl))
        : this.RedirectWithError("That took too long, or was done already. Please sign in again.", "/Account/Login", new { ReturnUrl });

    /// <summary>The same form, sent twice, has begun a session, whose key the browser may not have got. Otherwise a GET decides where to go: it may come with one.</summary>
    private async Task<IActionResult> LeadOnDoneAsync() =>
        await sessions.TrySignInAgainAsync(HttpContext, cookies.Get(IdentityConstants.ApplicationScheme))
            ? this.RedirectSignedIn(ReturnUrl)
            : RedirectToPage(new { ReturnUrl });

    private static string Left(int codes) => codes switch
    {
        0 => "You used your last recovery code. Make new ones, or you may be shut out.",
        <= RecoveryCodes.Few => $"You used a recovery code; only {codes} {(codes == 1 ? "is" : "are")} left. Make new ones soon.",
        _ => $"You used a recovery code; {codes} are left.",
    };
}
