using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Texts;

namespace WebApp.Pages.Account;

public sealed class NameModel(NameChange names) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter your name.")]
    [VisibleText(AppUser.MaxNameLength, ErrorMessage = "Use at most {1} characters.",
        Unusable = "The name has characters that can't be used here.")]
    public string Name { get; set; } = "";

    public void OnGet() => Name = User.FindFirst(AppClaims.DisplayName)?.Value ?? "";

    public async Task<IActionResult> OnPostAsync()
    {
        if (!ModelState.IsValid)
            return Page();

        switch (await names.ChangeAsync(HttpContext, Name))
        {
            case NameChangeOutcome.Changed:
                return this.RedirectWithStatus("Your name is changed, on all your devices.", "/Account/Index");
            case NameChangeOutcome.Same:
                return this.RedirectWithStatus("That was your name already.", "/Account/Index");
            default:
                ModelState.AddModelError("", "Your account was changed somewhere else just now, so the name was not saved. Please try again.");
                return Page();
        }
    }
}
