using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Passwords;

namespace WebApp.Pages.Account;

public sealed class ChangePasswordModel(PasswordChange passwords, UserManager<AppUser> users, IOptions<PasswordSettings> settings) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter your current password.")]
    [PasswordText]
    public string CurrentPassword { get; set; } = "";

    [BindProperty]
    [Required(ErrorMessage = "Choose a new password.")]
    [PasswordText]
    public string NewPassword { get; set; } = "";

    [BindProperty]
    public bool EndOthers { get; set; } = true;

    /// <summary>How long the new password of this person has to be.</summary>
    public async Task<int> GetMinLengthAsync() => settings.Value.MinLengthFor(await users.GetUserAsync(User));

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        var result = await passwords.ChangeAsync(HttpContext, CurrentPassword, NewPassword, EndOthers ? OtherSessions.End : OtherSessions.Keep);
        switch (result.Outcome)
        {
            case PasswordChangeOutcome.Done:
                return this.RedirectWithStatus(EndOthers ? $"Your password is changed. {Ended(result.Ended)}" : "Your password is changed. Your other sessions stay signed in.", "/Account/Sessions");
            case PasswordChangeOutcome.DoneButNotConfirmed:
                return this.RedirectWithError(
                    "Your password is changed. We could not confirm that your other sessions ended; check the list below.", "/Account/Sessions");
            case PasswordChangeOutcome.WrongPassword:
                ModelState.AddModelError(nameof(CurrentPassword),
                    "That isn't your current password, or the account is locked for a while. Check it, or try again in a few minutes.");
                return Page();
            default:
                ModelState.AddModelError(nameof(NewPassword), result.Problem!);
                return Page();
        }
    }

    private static string Ended(int others) => others switch
    {
        0 => "You were not signed in anywhere else.",
        1 => "One other session was ended.",
        _ => $"{others} other sessions were ended.",
    };
}
