using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using WebApp.Audit;

namespace WebApp.Pages.Admin;

/// <summary>Entries as a file, sent as they are read.</summary>
internal sealed class AuditExport(IAsyncEnumerable<AuditEntry> entries, AuditFormat format, DateTimeOffset now) : IActionResult
{
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (response, left) = (context.HttpContext.Response, context.HttpContext.RequestAborted);
        response.ContentType = AuditFile.TypeOf(format);
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = AuditFile.NameOf(format, now) }.ToString();
        await AuditFile.WriteAsync(response.BodyWriter, format, entries, left);
    }
}
