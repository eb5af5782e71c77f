using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Admin;

namespace WebApp.Pages.Admin;

/// <summary>What was asked, and what became of it. It is made anew whenever it is opened, so it stays true.</summary>
public sealed class ReceiptModel(Receipts receipts) : PageModel
{
    /// <summary>Of the audit entry.</summary>
    [FromRoute]
    public long Id { get; set; }

    public Receipt Receipt { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync()
    {
        if (await receipts.FindAsync(Id) is not { } receipt)
            return NotFound();

        Receipt = receipt;
        return Page();
    }
}
