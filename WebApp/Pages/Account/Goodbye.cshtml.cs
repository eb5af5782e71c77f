using Microsoft.AspNetCore.Mvc.RazorPages;

namespace WebApp.Pages.Account;

/// <summary>Where a deletion ends.</summary>
public sealed class GoodbyeModel : PageModel
{
    /// <summary>The key of the word that a deletion leaves for this page.</summary>
    internal const string Deleted = "AccountDeleted";

    /// <summary>Whether this browser has just deleted an account: the address alone must not say so.</summary>
    public bool IsDeleted { get; private set; }

    public void OnGet() => IsDeleted = TempData[Deleted] is true;
}
