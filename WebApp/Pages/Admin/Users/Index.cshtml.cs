using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;

namespace WebApp.Pages.Admin.Users;

public sealed class IndexModel(UserDirectory people) : PageModel
{
    [BindProperty(SupportsGet = true, Name = "q")]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "Search for at most {1} characters.")]
    [PlainText(ErrorMessage = "The search has characters that can't be used here.")]
    public string? Query { get; set; }

    public IReadOnlyList<Person> Found { get; private set; } = [];

    public bool IsCut => Found.Count == UserDirectory.PageSize;

    public async Task OnGetAsync()
    {
        if (ModelState.IsValid)
            Found = await people.SearchAsync(Query);
    }
}
