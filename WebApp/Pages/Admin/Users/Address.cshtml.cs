using System.Net;
using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin.Users;

/// <summary>Shows one address of one session, in the answer to the form and nowhere else.</summary>
public sealed class AddressModel(UserDirectory people, StaffReasons reasons, AddressReveal reveal, SessionManager sessions) : StaffActModel(people, reasons)
{
    /// <summary>Of the session; a malformed one is the id of no session.</summary>
    [FromRoute]
    public string Id { get; set; } = "";

    [BindProperty(Name = "field")]
    public string? Field { get; set; }

    public UserSession? Session { get; private set; }

    public IPAddress? Address { get; private set; }

    public long? ReceiptId { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        var page = await ShowAsync(AuditAction.RevealAddress);
        return page is not Microsoft.AspNetCore.Mvc.RazorPages.PageResult ? page : await FindSessionAsync() ? page : NotFound();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        if (!Enum.TryParse(Field, out AddressField field) || !Enum.IsDefined(field))
            ModelState.AddModelError("field", "Choose which address.");
        if (!await FindSessionAsync())
            return NotFound();
        if (ReadReason() is not { } reason)
            return await ShowAsync(AuditAction.RevealAddress);

        var (result, address) = await reveal.RevealAsync(Staff, UserId, Session!.Id, field, reason);
        if (address is null)
            return await AnswerAsync(AuditAction.RevealAddress, result);

        (Address, ReceiptId) = (address, result.ReceiptId);
        return await ShowAsync(AuditAction.RevealAddress);
    }

    private async Task<bool> FindSessionAsync() =>
        SessionId.TryParse(Id, null, out var id) && (Session = await sessions.FindAsync(UserId, id)) is not null;
}
