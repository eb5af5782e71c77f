using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Account;

public sealed class RegisterModel(AccountCreation accounts, Registration registration, IOptions<AccountOptions> options, AppSignInManager signIn) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set => field = ReturnAddress.Shorten(value); }

    [BindProperty]
    [Required(ErrorMessage = "Enter your name.")]
    [VisibleText(AppUser.MaxNameLength, ErrorMessage = "Use at most {1} characters.",
        Unusable = "The name has characters that can't be used here.")]
    public string Name { get; set; } = "";

    [BindProperty]
    [Required(ErrorMessage = "Enter your e-mail address.")]
    [AddressText]
    public string Email { get; set; } = "";

    [BindProperty]
    [Required(ErrorMessage = "Choose a password.")]
    [PasswordText]
    public string Password { get; set; } = "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        return options.Value.RequireConfirmedEmail is true ? await RequestAsync() : await RegisterAsync();
    }

    /// <summary>The answer comes by mail: here it is the same for new and taken addresses.</summary>
    private async Task<IActionResult> RequestAsync()
    {
        var result = await registration.RequestAsync(HttpContext, Email, Name, Password);
        return result.Succeeded ? RedirectToPage("/Account/CheckMail") : Refused(result);
    }

    private async Task<IActionResult> RegisterAsync()
    {
        var (result, user) =
            await accounts.RegisterAsync(Email, Name, Password, HttpContext.Connection.RemoteIpAddress?.ToString());
        if (!result.Succeeded)
            return Refused(result);

        try
        {
            await signIn.SignInWithClaimsAsync(user, isPersistent: false, [new Claim("amr", "pwd")]);
        }
        catch (SessionStoreUnavailableException)
        {
            return this.RedirectWithError("Your account is ready, but signing you in did not work. Please sign in.", "/Account/Login", new { ReturnUrl });
        }

        return LocalRedirect(Url.AfterSignIn(ReturnUrl));
    }

    private PageResult Refused(IdentityResult result)
    {
        foreach (var error in result.Errors)
        {
            var (field, message) = error.Code switch
            {
                // The address is also the user name, so both come at once; a field shows the first.
                nameof(IdentityErrorDescriber.DuplicateEmail) or nameof(IdentityErrorDescriber.DuplicateUserName) =>
                    (nameof(Email), "There is an account with this address already. You can sign in with it."),
                nameof(IdentityErrorDescriber.InvalidEmail) or nameof(IdentityErrorDescriber.InvalidUserName) =>
                    (nameof(Email), "That is not an e-mail address."),
                _ => (nameof(Password), error.Description),
            };
            ModelState.AddModelError(field, message);
        }

        return Page();
    }
}
