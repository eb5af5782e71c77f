using System.Diagnostics;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace WebApp.Pages;

/// <summary>What every refused or failed request ends in, whatever its method was. The answer keeps its status code.</summary>
public sealed class ErrorModel(IOptions<AntiforgeryOptions> antiforgery) : PageModel
{
    private static readonly (string Title, string Words) OutOfDate = (
        "This page is out of date",
        "That happens when you signed in or out in another tab after it was opened. Nothing was changed. Open the page again and repeat what you were doing.");

    private static readonly (string Title, string Words) NoCookies = (
        "Your browser sent no cookie",
        "Signing in, and every form, needs cookies of this site. Nothing was changed. Allow them in the browser's settings, or for this site, then open "
        + "the page again. If they are allowed, the browser was closed after the page was opened: then opening it again is all that is needed.");

    /// <summary>Title and words.</summary>
    public (string Title, string Words) Message { get; private set; }

    /// <summary>Where a page that is out of date can be had afresh; null when there is no such place.</summary>
    public string? WayBack { get; private set; }

    /// <summary>What support can find the failure by in the log; null when nothing failed on our side.</summary>
    public string? TraceId { get; private set; }

    public IActionResult OnGet()
    {
        var original = HttpContext.Features.Get<IStatusCodeReExecuteFeature>();
        if (original is null && HttpContext.Features.Get<IExceptionHandlerFeature>() is null)
        {
            // Somebody typed the address: there is no error to show.
            return NotFound();
        }

        Message = Describe(Response.StatusCode);
        if (HttpContext.Features.Get<StalePage>() is not null)
        {
            Message = Request.Cookies.ContainsKey(antiforgery.Value.Cookie.Name!) ? OutOfDate : NoCookies;
            WayBack = LocalPath(original);
        }

        if (Response.StatusCode == StatusCodes.Status429TooManyRequests && long.TryParse(Response.Headers.RetryAfter, out var seconds))
            Message = (Message.Title, $"The last one was not looked at. Wait {Words.OfWait(TimeSpan.FromSeconds(seconds))}, then go back and try again.");
        if (Response.StatusCode >= StatusCodes.Status500InternalServerError)
            TraceId = Activity.Current?.TraceId.ToString() ?? HttpContext.TraceIdentifier;
        return Page();
    }

    private string? LocalPath(IStatusCodeReExecuteFeature? original) =>
        original is not null && Url.IsLocalUrl(original.OriginalPath) ? original.OriginalPathBase + new PathString(original.OriginalPath) : null;

    private static (string Title, string Words) Describe(int statusCode) => statusCode switch
    {
        400 => ("We could not read that request", "Something in it is missing or malformed. Nothing was changed. Go back, check what you entered and try again."),
        403 => ("That is not allowed", "This request was refused. Nothing was changed."),
        404 => ("There is no such page", "The address may be mistyped, or what it showed is gone."),
        405 => ("That can't be done here", "This page does not take that kind of request. Nothing was changed."),
        413 => ("That is too much at once", "What you sent is larger than this page takes. Nothing was changed. Shorten it and try again."),
        415 => ("We could not read that request", "It came in a format that this page does not take. Nothing was changed."),
        429 => ("Too many tries", "The last one was not looked at. Wait a little, then go back and try again."),
        >= 500 => ("Something went wrong on our side", "You did nothing wrong. If you were changing something, check whether it was saved before you try again."),
        _ => ("That did not work", "Nothing was changed. Go back and try again."),
    };
}
