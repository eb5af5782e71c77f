using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace WebApp.Pages.Account;

/// <summary>What follows every form whose answer goes to a mailbox. It says the same whatever became of the form.</summary>
public sealed class CheckMailModel : PageModel
{
    /// <summary>The <see cref="About"/> of those who forgot their password; the others have registered.</summary>
    public const string NewPassword = "new-password";

    [BindProperty(SupportsGet = true)]
    public string? About { get; set; }
}
