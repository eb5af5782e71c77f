using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace WebApp.Hosting;

/// <summary>
/// Reads a form with a large file. The file is packed as it comes, and stays in memory: nobody's file lies about on
/// this machine's disk, and of a list of people a small part is left. What is beyond the limits is no form.
/// </summary>
internal sealed class PackedForm(HttpRequest request) : IFormFeature
{
    private const int MaxParts = 64;

    /// <summary>Bytes. A hundred thousand addresses of usual length are three million.</summary>
    private const int MaxTextSize = 16 * 1024 * 1024;

    /// <summary>Bytes, in which the framework would see no form of several parts either.</summary>
    private const int MaxBoundaryLength = 128;

    private readonly FormFeature _inOnePart = new(request);

    public bool HasFormContentType => _inOnePart.HasFormContentType;

    public IFormCollection? Form { get; set; }

    public IFormCollection ReadForm() => Form ?? ReadFormAsync(CancellationToken.None).GetAwaiter().GetResult();

    public async Task<IFormCollection> ReadFormAsync(CancellationToken cancellationToken) =>
        Form ??= BoundaryOf(request) is { } boundary
            ? await ReadPartsAsync(new(boundary, request.Body), cancellationToken)
            : await _inOnePart.ReadFormAsync(cancellationToken);

    private static string? BoundaryOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundaryLength } boundary
            ? boundary.ToString() : null;

    private static async Task<FormCollection> ReadPartsAsync(
        MultipartReader reader, CancellationToken cancellationToken)
    {
        var (fields, files) = (new KeyValueAccumulator(), new FormFileCollection());
        for (var parts = 0; await reader.ReadNextSectionAsync(cancellationToken) is { } part; parts++)
        {
            if (parts == MaxParts)
                throw new InvalidDataException("The form has too many parts.");
            if (part.AsFileSection() is { FileStream: { } content } file)
                files.Add(await PackedFile.OfAsync(file, content, cancellationToken));
            else if (part.AsFormDataSection() is { } field)
                fields.Append(field.Name, await TextOfAsync(part.Body, cancellationToken));
        }

        return new(fields.GetResults(), files);
    }

    private static async Task<string> TextOfAsync(Stream part, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[4096];
        while (await part.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            if (text.Length + length > MaxTextSize)
                throw new InvalidDataException("A field of the form is too long.");
            text.Write(buffer, 0, length);
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
