using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;

namespace WebApp.Pages;

/// <summary>Marks a request whose form belongs to another time: signed in or out in another tab since it was shown.</summary>
public sealed class StalePage
{
    /// <summary>Leaves the mark for the error page, which has only a 400 to go by otherwise.</summary>
    internal sealed class Filter : IAsyncAlwaysRunResultFilter
    {
        public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
        {
            if (context.Result is IAntiforgeryValidationFailedResult && await IsReadableAsync(context.HttpContext.Request))
                context.HttpContext.Features.Set(new StalePage());
            await next();
        }

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
