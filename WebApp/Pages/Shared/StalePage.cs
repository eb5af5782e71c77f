using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;

namespace WebApp.Pages;

/// <summary>Marks a request whose form belongs to another time: signed in or out in another tab since it was shown.</summary>
public sealed class StalePage
{
    /// <summary>Leaves the mark for the error page, which has only a 400 to go by otherwise.</summary>
    internal sealed class Filter : IAlwaysRunResultFilter
    {
        public void OnResultExecuting(ResultExecutingContext context)
        {
            if (context.Result is IAntiforgeryValidationFailedResult)
                context.HttpContext.Features.Set(new StalePage());
        }

        public void OnResultExecuted(ResultExecutedContext context)
        {
        }
    }
}
