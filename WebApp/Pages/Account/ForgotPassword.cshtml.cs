using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages.Account;

public sealed class ForgotPasswordModel(PasswordReset reset) : PageModel
{
    [BindProperty]
    [Required(ErrorMessage = "Enter your e-mail address.")]
    [AddressText]
    public string Email { get; set; } = "";

    public void OnGet()
    {
    }

    public IActionResult OnPost()
    {
        if (!ModelState.IsValid)
            return Page();

        reset.Request(HttpContext, Email);
        return RedirectToPage("/Account/CheckMail", new { about = CheckMailModel.NewPassword });
    }
}
