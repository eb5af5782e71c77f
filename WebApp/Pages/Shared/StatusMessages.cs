using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace WebApp.Pages;

/// <summary>The end of a form's way: a redirect, and one message on the page that it leads to.</summary>
public static class StatusMessages
{
    private const string Status = nameof(Status);
    private const string Error = nameof(Error);

    /// <summary>Says what was done. Without a page name, on the same page.</summary>
    public static RedirectToPageResult RedirectWithStatus(this PageModel page, string message, string? pageName = null, object? routeValues = null) =>
        page.RedirectWith(Status, message, pageName, routeValues);

    /// <summary>Says what could not be done or confirmed. Without a page name, on the same page.</summary>
    public static RedirectToPageResult RedirectWithError(this PageModel page, string message, string? pageName = null, object? routeValues = null) =>
        page.RedirectWith(Error, message, pageName, routeValues);

    /// <summary>Leaves word for whichever page comes next.</summary>
    public static void SetStatus(this ITempDataDictionary tempData, string message) => tempData[Status] = message;

    public static string? TakeStatus(this ITempDataDictionary tempData) => tempData[Status] as string;

    public static string? TakeError(this ITempDataDictionary tempData) => tempData[Error] as string;

    private static RedirectToPageResult RedirectWith(this PageModel page, string kind, string message, string? pageName, object? routeValues)
    {
        page.TempData[kind] = message;
        return page.RedirectToPage(pageName, routeValues);
    }
}
