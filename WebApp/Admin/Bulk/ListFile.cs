using System.Text;

namespace WebApp.Admin.Bulk;

/// <summary>Reads an uploaded file as text: UTF-8 or UTF-16, each with or without its mark.</summary>
internal static class ListFile
{
    private const int Looked = 4096;

    /// <summary>What is no text in its encoding becomes U+FFFD, which no address has.</summary>
    /// <param name="open">Gives the file from its beginning, each time.</param>
    public static TextReader Open(Func<Stream> open)
    {
        var start = new byte[Looked];
        using var look = open();
        var length = look.ReadAtLeast(start, Looked, throwOnEndOfStream: false);
        return new StreamReader(open(), EncodingOf(start.AsSpan(0, length)));
    }

    /// <summary>
    /// For a file without a mark, which comes first. In UTF-16 every other byte of an address is zero, and in other
    /// text none is.
    /// </summary>
    private static Encoding EncodingOf(ReadOnlySpan<byte> start)
    {
        Span<int> zeros = [0, 0];
        for (var i = 0; i < start.Length; i++)
            zeros[i % 2] += start[i] == 0 ? 1 : 0;
        return (zeros[0], zeros[1]) switch
        {
            (0, > 0) => Encoding.Unicode,
            ( > 0, 0) => Encoding.BigEndianUnicode,
            _ => Encoding.UTF8,
        };
    }
}
