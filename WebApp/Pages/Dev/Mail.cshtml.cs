using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts.Mail;

namespace WebApp.Pages.Dev;

/// <summary>The mailbox of everybody, in Development only: see <c>Hosting/Surface.cs</c>.</summary>
public sealed class MailModel(MailFolder folder) : PageModel
{
    private const int Most = 50;

    public IReadOnlyList<MailFile> All { get; private set; } = [];

    /// <summary>The one to show; the newest unless another is asked for.</summary>
    public MailFile? Mail { get; private set; }

    public IActionResult OnGet(string? file)
    {
        All = [.. folder.List().Take(Most).Select(folder.Read).OfType<MailFile>()];
        Mail = file is null ? (All is [var newest, ..] ? newest : null) : folder.Read(file);
        return file is not null && Mail is null ? NotFound() : Page();
    }

    /// <summary>The link that the line is; null for any other line, and for what a browser would run.</summary>
    public static Uri? AddressIn(string line) =>
        Uri.TryCreate(line, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) ? address : null;
}
