using System.IO.Compression;
using Microsoft.AspNetCore.WebUtilities;

namespace WebApp.Hosting;

/// <summary>
/// A file that was uploaded, packed in memory. It is unpacked as it is read, from its beginning each time; if it did
/// not get small enough, nothing is kept, and to read it throws <see cref="InvalidDataException"/>.
/// </summary>
#pragma warning disable CA1001 // A MemoryStream holds nothing but memory, and IFormFile has nobody dispose of it.
internal sealed class PackedFile : IFormFile
#pragma warning restore CA1001
{
    /// <summary>Bytes, packed. What does not get smaller is no list.</summary>
    private const int MaxSize = 64 * 1024 * 1024;

    private readonly MemoryStream _packed = new();

    private PackedFile(FileMultipartSection part)
    {
        Headers = new HeaderDictionary(part.Section.Headers ?? []);
        (Name, FileName) = (part.Name, part.FileName);
    }

    public string ContentType => Headers.ContentType.ToString();

    public string ContentDisposition => Headers.ContentDisposition.ToString();

    public IHeaderDictionary Headers { get; }

    public long Length { get; private set; }

    public string Name { get; }

    public string FileName { get; }

    public static async Task<PackedFile> OfAsync(
        FileMultipartSection part, Stream content, CancellationToken cancellationToken)
    {
        var file = new PackedFile(part);
        await using var packer = new DeflateStream(file._packed, CompressionLevel.Fastest, leaveOpen: true);
        var buffer = new byte[64 * 1024];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            file.Length += length;
            // The rest is received all the same: only then does a browser show what is said of it.
            if (file._packed.Length <= MaxSize)
                packer.Write(buffer, 0, length);
        }

        return file;
    }

    public Stream OpenReadStream() => _packed.Length > MaxSize
        ? throw new InvalidDataException("The file is too large, even packed.")
        : new DeflateStream(
            new MemoryStream(_packed.GetBuffer(), 0, (int)_packed.Length, writable: false), CompressionMode.Decompress);

    public void CopyTo(Stream target)
    {
        using var content = OpenReadStream();
        content.CopyTo(target);
    }

    public async Task CopyToAsync(Stream target, CancellationToken cancellationToken = default)
    {
        await using var content = OpenReadStream();
        await content.CopyToAsync(target, cancellationToken);
    }
}
