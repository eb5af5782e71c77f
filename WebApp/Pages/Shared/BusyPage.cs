using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;

namespace WebApp.Pages;

/// <summary>
/// The answer to a form whose password could not be looked at for now: the form again, as it was filled in but for the password.
/// Around the handlers of all pages, because any that takes a password may be turned away.
/// </summary>
internal sealed class BusyPage : IAsyncPageFilter
{
    /// <summary>Seconds that clients are asked to wait.</summary>
    private const string RetryAfter = "10";

    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var executed = await next();
        if (executed.Exception is not PasswordsBusyException)
            return;

        executed.ExceptionHandled = true;
        executed.HttpContext.Response.Headers.RetryAfter = RetryAfter;
        executed.ModelState.AddModelError("", "Many people are signing in just now. Please try again in a moment.");
        executed.Result = new PageResult { StatusCode = StatusCodes.Status503ServiceUnavailable };
    }
}
