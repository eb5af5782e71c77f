using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>
/// Keeps what was typed into a form while its sender proves who they are. It travels sealed, through the browser: bound to the session,
/// the page and ten minutes. It only fills the form again; sending it is left to the person, or a thief could park an act for the owner
/// to confirm.
/// </summary>
public sealed class KeptForms(IDataProtectionProvider dataProtection, TimeProvider clock)
{
    private const string Kept = nameof(Kept);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Bytes. It travels in a cookie for a moment, and proxies take some kilobytes of those.</summary>
    private const int MaxSize = 3 * 1024;

    // By name, for that holds for forms that are yet to be written.
    private static readonly string[] NeverKept = ["password", "code", "secret", "token", "passkey"];

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Pages.KeptForms.v1");

    /// <summary>The sealed values of the form that this request sends; null when there is nothing to keep, or more than fits.</summary>
    public string? Seal(HttpContext context, IFormCollection form)
    {
        var values = form.Where(field => !NeverKept.Any(name => field.Key.Contains(name, StringComparison.OrdinalIgnoreCase))).ToList();
        if (values.Count == 0 || RequestSession.Of(context).Current is not { } session)
            return null;

        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(session.Id.ToString());
        writer.Write(PathOf(context));
        writer.Write((clock.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds());
        foreach (var (name, value) in values.SelectMany(field => field.Value, (field, value) => (field.Key, value ?? "")))
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Flush();
        return buffer.Length <= MaxSize ? WebEncoders.Base64UrlEncode(_protector.Protect(buffer.ToArray())) : null;
    }

    /// <summary>What <see cref="Seal"/> kept for the page at <paramref name="path"/>; null for another page or session, after its time, and for a forgery.</summary>
    public IReadOnlyDictionary<string, StringValues>? Open(HttpContext context, string path, string kept)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(WebEncoders.Base64UrlDecode(kept))));
            if (reader.ReadString() != RequestSession.Of(context).Current?.Id.ToString()
                || !string.Equals(reader.ReadString(), path, StringComparison.OrdinalIgnoreCase)
                || reader.ReadInt64() < clock.GetUtcNow().ToUnixTimeMilliseconds())
                return null;

            var values = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                var name = reader.ReadString();
                values[name] = StringValues.Concat(values.GetValueOrDefault(name), reader.ReadString());
            }

            return values;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Hands it to the next page that this browser opens.</summary>
    public static void Pass(ITempDataDictionary tempData, string kept) => tempData[Kept] = kept;

    public static string? Take(ITempDataDictionary tempData) => tempData[Kept] as string;

    private static string PathOf(HttpContext context) => context.Request.PathBase + context.Request.Path;

    /// <summary>Fills a page's form with what was kept for it.</summary>
    internal sealed class Filter(KeptForms forms, ITempDataDictionaryFactory tempData) : IPageFilter
    {
        public void OnPageHandlerSelected(PageHandlerSelectedContext context)
        {
        }

        public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
        {
            var http = context.HttpContext;
            if (!HttpMethods.IsGet(http.Request.Method) || context.HandlerInstance is not PageModel
                || Take(tempData.GetTempData(http)) is not { } kept || forms.Open(http, PathOf(http), kept) is not { } values)
                return;

            foreach (var (name, value) in values.Where(field => !context.ModelState.ContainsKey(field.Key)))
            {
                context.ModelState.SetModelValue(name, value.ToArray(), value.ToString());
                // It is there to be looked at, and is judged when it is sent.
                context.ModelState.MarkFieldSkipped(name);
            }
        }

        public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
        {
        }
    }
}
