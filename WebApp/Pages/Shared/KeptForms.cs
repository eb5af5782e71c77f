using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.Primitives;
using WebApp.Sessions;

namespace WebApp.Pages;

/// <summary>
/// Keeps what was typed into a form while its sender proves who they are: sealed, on the server, for the session, the page and ten minutes. The browser
/// carries its number alone, for proxies refuse large headers. It only fills the form again; sending it is left to the person, or a thief could park
/// an act for the owner to confirm.
/// </summary>
public sealed class KeptForms(IShortTermStore store, IDataProtectionProvider dataProtection)
{
    /// <summary>How long a form waits.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of names and values. A form without a file may be as large as that.</summary>
    public const int MaxSize = 128 * 1024;

    private const string Kept = nameof(Kept);

    private const string Lost = nameof(Lost);

    // By name, for that holds for forms that are yet to be written.
    private static readonly string[] NeverKept = ["password", "code", "secret", "token", "passkey"];

    private readonly IDataProtector _protector = dataProtection.CreateProtector("WebApp.Pages.KeptForms.v2");

    /// <summary>Keeps the form that this request sends, and leaves word of that, or that it could not be kept, for the page that asks for the proof.</summary>
    public async Task KeepAsync(HttpContext context, IFormCollection form, ITempDataDictionary tempData)
    {
        var values = form.Where(field => !NeverKept.Any(name => field.Key.Contains(name, StringComparison.OrdinalIgnoreCase))).ToList();
        if (RequestSession.Of(context).Current is not { } session)
            return;

        if (form.Files.Any(file => file.Length > 0))
            tempData[Lost] = "A file can't be kept while you do that: you will have to choose it again.";
        if (values.Count == 0)
            return;

        var (id, content) = (Guid.NewGuid(), Write(values));
        try
        {
            if (content.Length <= MaxSize)
            {
                await store.KeepAsync(session.UserId, id, ProtectorFor(context, PathOf(context), id).Protect(content), Lifetime);
                Pass(tempData, id.ToString("N"));
                return;
            }
        }
        catch (SessionStoreUnavailableException)
        {
            // Memory may be full. Who is there can be asked all the same.
        }

        tempData[Lost] = "What you had entered can't be kept while you do that. If it is long, go back and copy it first.";
    }

    /// <summary>Whether the page at <paramref name="path"/> will find it.</summary>
    public async Task<bool> IsForAsync(HttpContext context, string path, string? kept) => await ReadAsync(context, path, kept) is not null;

    /// <summary>
    /// What <see cref="KeepAsync"/> kept for this page, which is forgotten then; null for another page or session, after its time, and for a number that
    /// was made up.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, StringValues>?> TakeAsync(HttpContext context, string? kept)
    {
        if (await ReadAsync(context, PathOf(context), kept) is not var (userId, id, values))
            return null;

        await store.RemoveAsync(userId, id);
        return values;
    }

    /// <summary>Hands it to the next page that this browser opens.</summary>
    public static void Pass(ITempDataDictionary tempData, string kept) => tempData[Kept] = kept;

    public static string? Take(ITempDataDictionary tempData) => tempData[Kept] as string;

    /// <summary>What could not be kept, in words; null when there is nothing to say.</summary>
    public static string? TakeLost(ITempDataDictionary tempData) => tempData[Lost] as string;

    /// <summary>Those ticked of the boxes of that name: in the form that this page was filled from, otherwise as the page has it.</summary>
    public static IReadOnlyList<string> Ticked(HttpContext context, string name, IReadOnlyList<string> otherwise) =>
        context.Features.Get<Filled>() is { } filled ? [.. filled.Values.GetValueOrDefault(name).OfType<string>()] : otherwise;

    private async Task<(Guid UserId, Guid Id, IReadOnlyDictionary<string, StringValues> Values)?> ReadAsync(HttpContext context, string path, string? kept)
    {
        if (!Guid.TryParseExact(kept, "N", out var id) || RequestSession.Of(context).Current is not { } session
            || await store.FindAsync(session.UserId, id) is not { } content)
            return null;

        try
        {
            return (session.UserId, id, Read(ProtectorFor(context, path, id).Unprotect(content)));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector ProtectorFor(HttpContext context, string path, Guid id) =>
        _protector.CreateProtector($"{RequestSession.Of(context).Current!.Id}", path.ToUpperInvariant(), $"{id:N}");

    private static byte[] Write(IEnumerable<KeyValuePair<string, StringValues>> values)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        foreach (var (name, value) in values.SelectMany(field => field.Value, (field, value) => (field.Key, value ?? "")))
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Flush();
        return buffer.ToArray();
    }

    private static Dictionary<string, StringValues> Read(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        var values = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var name = reader.ReadString();
            values[name] = StringValues.Concat(values.GetValueOrDefault(name), reader.ReadString());
        }

        return values;
    }

    private static string PathOf(HttpContext context) => context.Request.PathBase + context.Request.Path;

    /// <summary>What the page of this request was filled with. A box that is not among them was not ticked.</summary>
    internal sealed record Filled(IReadOnlyDictionary<string, StringValues> Values);
}
