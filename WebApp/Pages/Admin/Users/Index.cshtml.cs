using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;

namespace WebApp.Pages.Admin.Users;

public sealed class IndexModel(UserDirectory people) : PageModel
{
    /// <summary>What to search for. Named as in the address, or its messages would not find their field.</summary>
    [BindProperty(SupportsGet = true)]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "Search for at most {1} characters.")]
    [PlainText(ErrorMessage = "The search has characters that can't be used here.")]
    public string? Q { get; set; }

    public PeopleFound Found { get; private set; } = new([], IsCut: false);

    public async Task OnGetAsync()
    {
        if (ModelState.IsValid)
            Found = await people.SearchAsync(new(Q));
    }
}
