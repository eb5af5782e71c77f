using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Admin;

/// <summary>Everybody's sessions, a page at a time.</summary>
public sealed class SessionsModel(SessionManager sessions, UserDirectory people) : PageModel
{
    private const int PageSize = 50;
    private const string WrongAddress = "Enter an address such as 192.0.2.7, or a network such as 203.0.113.0/24 or 2001:db8::/32.";
    private const string TooNarrow = "Support can filter by a /24 network (IPv6: /48), or a wider one. Narrower ones are for Admins.";
    private const string NotInTheList = "Choose one from the list.";

    /// <summary>Of a second factor the method has two words; see <see cref="UserSession.SignInMethod"/>.</summary>
    public static readonly IReadOnlyList<string> Methods = ["pwd", "pwd otp", "pwd hwk", "pwd rec", "hwk"];

    [BindProperty(SupportsGet = true)]
    [PlainText(ErrorMessage = WrongAddress)]
    public string? Address { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Country { get; set; }

    [BindProperty(SupportsGet = true)]
    public byte? Browser { get; set; }

    [BindProperty(SupportsGet = true)]
    public byte? System { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Method { get; set; }

    [BindProperty(SupportsGet = true)]
    public SessionState State { get; set; }

    /// <summary>Where the page before ended.</summary>
    [BindProperty(SupportsGet = true)]
    public SessionCursor? After { get; set; }

    public SessionPage Found { get; private set; } = new([], Next: null);

    public IReadOnlyDictionary<Guid, string> Emails { get; private set; } = new Dictionary<Guid, string>();

    public bool IsFiltered { get; private set; }

    /// <summary>The network that was looked for in place of the address that was typed; null when it is what was typed.</summary>
    public AddressRange? InsteadOfAddress { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        if (ModelState[nameof(After)] is { Errors.Count: > 0 })
            return NotFound();

        var filter = ReadFilter();
        IsFiltered = filter != new SessionFilter();
        if (!ModelState.IsValid)
            return Page();

        Found = await sessions.ListAllAsync(filter, After, PageSize);
        Emails = await people.FindEmailsAsync(Found.Sessions.Select(session => session.UserId));
        return Page();
    }

    /// <summary>The address of this list, from that place on.</summary>
    public IDictionary<string, string?> RouteTo(SessionCursor? after)
    {
        var route = new Dictionary<string, string?>
        {
            ["address"] = Address,
            ["country"] = Country,
            ["browser"] = Browser?.ToString(),
            ["system"] = System?.ToString(),
            ["method"] = Method,
            ["state"] = State == SessionState.Any ? null : State.ToString(),
            ["after"] = after?.ToString(),
        };
        return route.Where(part => !string.IsNullOrEmpty(part.Value)).ToDictionary(part => part.Key, part => part.Value);
    }

    /// <summary>What was typed; what makes no sense is noted beside its field.</summary>
    private SessionFilter ReadFilter()
    {
        var addresses = ReadAddresses();
        var country = ShownText.Of(Country) is { Length: > 0 } typed ? typed.ToUpperInvariant() : null;
        if (country is not null && !(country.Length == 2 && country.All(char.IsAsciiLetterUpper)))
            Refuse(nameof(Country), "Enter the two letters of a country, such as CH.");
        if (Browser is { } browser && Device.KnownBrowsers.All(known => known.Number != browser))
            Refuse(nameof(Browser), NotInTheList);
        if (System is { } system && Device.KnownSystems.All(known => known.Number != system))
            Refuse(nameof(System), NotInTheList);
        if (!string.IsNullOrEmpty(Method) && !Methods.Contains(Method))
            Refuse(nameof(Method), NotInTheList);
        if (!Enum.IsDefined(State))
            Refuse(nameof(State), NotInTheList);
        foreach (var field in new[] { nameof(Browser), nameof(System), nameof(State) }.Where(field => ModelState[field] is { Errors.Count: > 0 }))
            Refuse(field, NotInTheList);
        return new()
        {
            Addresses = addresses,
            Country = country,
            Device = new(Browser ?? 0, System ?? 0),
            Method = string.IsNullOrEmpty(Method) ? null : Method,
            State = State,
        };
    }

    /// <summary>
    /// To whoever sees networks only, a filter tells no more than they: eight that each halve what is left would tell a whole address, without a reason and unseen.
    /// </summary>
    private AddressRange? ReadAddresses()
    {
        if (ShownText.Of(Address) is not { Length: > 0 } text)
            return null;
        if (!AddressRange.TryParse(text, null, out var typed))
        {
            Refuse(nameof(Address), WrongAddress);
            return null;
        }

        var shown = AddressRange.Parse(Network.DescribeNetwork(typed.First), null);
        if (User.IsInRole(Roles.Admin) || typed.Bits <= shown.Bits)
            return typed;
        if (typed.First.Equals(typed.Last))
            return InsteadOfAddress = shown;

        Refuse(nameof(Address), TooNarrow);
        return null;
    }

    /// <summary>In place of what the framework said of it.</summary>
    private void Refuse(string field, string message)
    {
        ModelState[field]?.Errors.Clear();
        ModelState.AddModelError(field, message);
    }
}
