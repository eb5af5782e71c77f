using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace WebApp.Pages;

/// <summary>The answer to a mailed link that is no good: altered, used, too old, or meant for something else.</summary>
public static class DeadLinks
{
    /// <summary>One page with one status for all of them.</summary>
    public static ViewResult DeadLink(this PageModel page) => new()
    {
        ViewName = "/Pages/Shared/DeadLinkPage.cshtml",
        StatusCode = StatusCodes.Status400BadRequest,
        ViewData = new(page.MetadataProvider, new ModelStateDictionary()),
        TempData = page.TempData,
    };
}
