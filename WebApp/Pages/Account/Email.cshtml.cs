using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages.Account;

public sealed class EmailModel(EmailChange change, AddressRules rules, UserManager<AppUser> users) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter your new e-mail address.")]
    [AddressText]
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

        var address = EmailAddress.Of(Email);
        if (!rules.Takes(address))
        {
            ModelState.AddModelError(nameof(Email), "That is not an e-mail address.");
            return Page();
        }

        if (string.Equals(address, user.Email, StringComparison.Ordinal))
        {
            ModelState.AddModelError(nameof(Email), "That is your address already.");
            return Page();
        }

        await change.RequestAsync(HttpContext, user, address);
        return this.RedirectWithStatus(
            $"We have sent a link to {address}. Use it within an hour; until then your address stays as it is.",
            "/Account/Index");
    }
}
