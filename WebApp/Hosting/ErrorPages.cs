using Microsoft.AspNetCore.Diagnostics;

namespace WebApp.Hosting;

/// <summary>Gives refused and failed requests a page that says so.</summary>
internal static class ErrorPages
{
    public static void UseErrorPages(this IApplicationBuilder app)
    {
        app.UseStatusCodePagesWithReExecute("/error/{0}");
        app.Use(async (context, next) =>
        {
            if (context.Features.Get<IStatusCodeReExecuteFeature>() is null && context.Features.Get<IExceptionHandlerFeature>() is null)
            {
                await next(context);
                return;
            }

            // The request runs once more, for the page this time. Its method has to be that of a page, or what refused it would refuse this too.
            var method = context.Request.Method;
            context.Request.Method = HttpMethods.Get;
            try
            {
                await next(context);
            }
            finally
            {
                context.Request.Method = method;
            }
        });
    }
}
