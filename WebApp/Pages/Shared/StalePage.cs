using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.Routing;
using WebApp.Accounts;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>Marks a request whose form belongs to another time: signed in or out in another tab since it was shown.</summary>
public sealed class StalePage
{
    /// <summary>Leaves the mark for the error page, which has only a 400 to go by otherwise.</summary>
    internal sealed class Filter(IUrlHelperFactory urls, TimeProvider clock) : IAsyncAlwaysRunResultFilter
    {
        private static readonly TimeSpan JustNow = TimeSpan.FromMinutes(1);

        public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
        {
            if (context.Result is IAntiforgeryValidationFailedResult && await IsReadableAsync(context.HttpContext.Request))
            {
                if (IsSignInAgain(context))
                    context.Result = new LocalRedirectResult(urls.GetUrlHelper(context).AfterSignIn(context.HttpContext.Request.Query[ReturnAddress.Name]));
                else
                    context.HttpContext.Features.Set(new StalePage());
            }

            await next();
        }

        /// <summary>The button was pressed once more before the page that the first press led to was there.</summary>
        private bool IsSignInAgain(ResultExecutingContext context) =>
            context.ActionDescriptor is PageActionDescriptor { ViewEnginePath: "/Account/Login" }
            && RequestSession.Of(context.HttpContext).Current is { Lock: null } session && clock.GetUtcNow() - session.CreatedAt < JustNow;

        /// <summary>In what can't be read there is no token either, but the page is not to blame.</summary>
        private static async Task<bool> IsReadableAsync(HttpRequest request)
        {
            try
            {
                return request.HasFormContentType && await request.ReadFormAsync() is not null;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                return false;
            }
        }
    }
}
