using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace WebApp.Pages;

/// <summary>Fills a page's form with what was kept for it.</summary>
internal sealed class KeptFormFilter(KeptForms forms, ITempDataDictionaryFactory tempData) : IAsyncPageFilter
{
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) && context.HandlerInstance is PageModel
            && KeptForms.Take(tempData.GetTempData(http)) is { } kept && await forms.TakeAsync(http, kept) is { } values)
        {
            http.Features.Set(new KeptForms.Filled(values));
            foreach (var (name, value) in values.Where(field => !context.ModelState.ContainsKey(field.Key)))
            {
                context.ModelState.SetModelValue(name, value.ToArray(), value.ToString());
                // It is there to be looked at, and is judged when it is sent.
                context.ModelState.MarkFieldSkipped(name);
            }
        }

        await next();
    }
}
