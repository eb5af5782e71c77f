using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>Asks who is there: before a risky act, and to bring a locked session back. It does nothing but that.</summary>
public sealed class ConfirmModel(IdentityConfirmation confirmation, Passkeys passkeys, KeptForms forms) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set => field = ReturnAddress.Shorten(value); }

    [BindProperty]
    [Required(ErrorMessage = "Enter your password.")]
    [PasswordText]
    public string Password { get; set; } = "";

    /// <summary>The form that waits for the answer: see <see cref="KeptForms"/>.</summary>
    [BindProperty]
    public string? Kept { get; set; }

    /// <summary>Null once the session has ended.</summary>
    public UserSession? Session => RequestSession.Of(HttpContext).Current;

    /// <summary>Whether there is another way than the password. Asked by the page, for all its answers show it.</summary>
    public async Task<bool> HasPasskeyAsync() => Session is { } session && await passkeys.HasAnyAsync(session.UserId);

    /// <summary>What of the form can't wait; null when there is nothing to say.</summary>
    public string? Lost { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        (Kept, Lost) = (KeptForms.Take(TempData), KeptForms.TakeLost(TempData));
        // Confirmed in another tab meanwhile, or come here with the back button.
        return RecentSignIn.IsGivenBy(HttpContext) ? await GoBackAsync() : Page();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        var wasLocked = Session?.Lock is not null;
        switch (await confirmation.ConfirmAsync(HttpContext, Password))
        {
            case IdentityConfirmationOutcome.Confirmed:
                return await ConfirmedAsync(wasLocked);
            case IdentityConfirmationOutcome.SessionEnded:
                return RedirectToPage("/Account/Login", new { ReturnUrl });
            case IdentityConfirmationOutcome.AnotherUnderWay:
                ModelState.AddModelError(nameof(Password), "Another try is being checked. Enter your password again; if that does not help, sign out and sign in.");
                return Page();
            default:
                ModelState.AddModelError(nameof(Password),
                    "That isn't your password, or the account is locked for a while. After too many wrong tries this session ends.");
                return Page();
        }
    }

    public async Task<IActionResult> OnGetPasskeyQuestionAsync() =>
        await confirmation.AskForPasskeyAsync(HttpContext) is { } question ? new JsonResult(question.ToJson()) : NotFound();

    public async Task<IActionResult> OnPostPasskeyAsync(string? passkeyAnswer, string? passkeyState)
    {
        var wasLocked = Session?.Lock is not null;
        switch (await confirmation.ConfirmByPasskeyAsync(HttpContext, passkeyAnswer, passkeyState))
        {
            case IdentityConfirmationOutcome.Confirmed:
                return await ConfirmedAsync(wasLocked);
            case IdentityConfirmationOutcome.SessionEnded:
                return RedirectToPage("/Account/Login", new { ReturnUrl });
            case IdentityConfirmationOutcome.WrongPasskey:
                return AskAgain("That passkey can't be used here. Try another one or your password. After too many wrong tries this session ends.");
            case IdentityConfirmationOutcome.AnotherUnderWay:
                return AskAgain("Another try is being checked. Try again; if that does not help, sign out and sign in.");
            default:
                return AskAgain("That took too long, or was done already. Please try again.");
        }
    }

    private RedirectToPageResult AskAgain(string message)
    {
        if (Kept is not null)
            KeptForms.Pass(TempData, Kept);
        return this.RedirectWithError(message, null, new { ReturnUrl });
    }

    private async Task<LocalRedirectResult> ConfirmedAsync(bool wasLocked)
    {
        var goingBack = await GoBackAsync();
        TempData.SetStatus(
            Kept is not null ? "Thank you. Nothing was done yet: what you had entered is still here, press the button again."
            : wasLocked ? "Thank you. This session is unlocked."
            : "Thank you. You can go on now.");
        return goingBack;
    }

    private async Task<LocalRedirectResult> GoBackAsync()
    {
        var target = Url.AfterSignIn(ReturnUrl);
        // What is too old by now, or of another page, is of no use there.
        if (!await forms.IsForAsync(HttpContext, target.Split('?')[0], Kept))
            Kept = null;
        if (Kept is not null)
            KeptForms.Pass(TempData, Kept);
        return LocalRedirect(target);
    }
}
