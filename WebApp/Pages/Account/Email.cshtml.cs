using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Mail;

namespace WebApp.Pages.Account;

public sealed class EmailModel(EmailChange change, UserManager<AppUser> users) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter your new e-mail address.")]
    [EmailAddress(ErrorMessage = "That is not an e-mail address.")]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "That is longer than an e-mail address can be.")]
    [PlainText(ErrorMessage = "That is not an e-mail address.")]
    public string Email { get; set; } = "";

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        if (!OutgoingMail.IsAddress(Email.Trim()))
        {
            ModelState.AddModelError(nameof(Email), "That is not an e-mail address.");
            return Page();
        }

        if (string.Equals(Email.Trim(), user.Email, StringComparison.Ordinal))
        {
            ModelState.AddModelError(nameof(Email), "That is your address already.");
            return Page();
        }

        await change.RequestAsync(HttpContext, user, Email.Trim());
        return this.RedirectWithStatus($"We have sent a link to {Email.Trim()}. Use it within an hour; until then your address stays as it is.", "/Account/Index");
    }
}
