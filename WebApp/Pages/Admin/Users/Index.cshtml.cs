using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Admin.Users;

public sealed class IndexModel(UserDirectory people, SessionManager sessions, TimeProvider clock) : PageModel
{
    /// <summary>What to search for. Named as in the address, or its messages would not find their field.</summary>
    [BindProperty(SupportsGet = true)]
    [StringLength(AppUser.MaxEmailLength, ErrorMessage = "Search for at most {1} characters.")]
    [PlainText(ErrorMessage = "The search has characters that can't be used here.")]
    public string? Q { get; set; }

    /// <summary>Only people with this role; whatever else is in the address lists nobody.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Role { get; set; }

    /// <summary>Only people who are banned.</summary>
    [BindProperty(SupportsGet = true)]
    public bool Banned { get; set; }

    /// <summary>Only people without a second factor.</summary>
    [BindProperty(SupportsGet = true)]
    public bool OneFactor { get; set; }

    /// <summary>Where the page before ended: <see cref="PeopleFound.Next"/>.</summary>
    [BindProperty(SupportsGet = true)]
    [StringLength(2 * AppUser.MaxEmailLength)]
    [PlainText]
    public string? After { get; set; }

    public PeopleFound Found { get; private set; } = new([], Next: null);

    public bool IsBanned(Person person) => person.BannedUntil > clock.GetUtcNow();

    public async Task OnGetAsync()
    {
        if (ModelState.IsValid)
            Found = await people.SearchAsync(new(Q, string.IsNullOrEmpty(Role) ? null : Role, Banned, OneFactor), After, await OwnersAsync());
    }

    /// <summary>Whose live sessions have an id that begins so. Without the store people are found by all else.</summary>
    private async Task<IReadOnlyCollection<Guid>> OwnersAsync()
    {
        try
        {
            var found = await sessions.FindByIdPrefixAsync(ShownText.Of(Q), UserDirectory.PageSize + 1);
            return [.. found.Select(session => session.UserId).Distinct()];
        }
        catch (SessionStoreUnavailableException)
        {
            return [];
        }
    }
}
