using System.Text;

namespace WebApp.Sessions.Redis;

/// <summary>
/// User agents in a fifth of their bytes: what browsers have in common is one byte each. Those bytes are control characters, which a stored user
/// agent has none of; so a text that was stored as it is reads as itself.
/// </summary>
internal static class CompactUserAgent
{
    /// <summary>The next byte stands for itself: a control character in a text that should have none.</summary>
    public const byte Literal = 0;

    // The places in this, from 1, are stored: append (31 at most), never reorder.
    private static readonly byte[][] Fragments =
    [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"u8.ToArray(),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"u8.ToArray(),
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"u8.ToArray(),
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"u8.ToArray(),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/"u8.ToArray(),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:"u8.ToArray(),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:"u8.ToArray(),
        "Mozilla/5.0 (X11; Linux x86_64; rv:"u8.ToArray(),
        "Mozilla/5.0 (iPhone; CPU iPhone OS "u8.ToArray(),
        "Mozilla/5.0 (iPad; CPU OS "u8.ToArray(),
        "Mozilla/5.0 (Linux; Android "u8.ToArray(),
        "Mozilla/5.0 ("u8.ToArray(),
        ".0.0.0 Safari/537.36"u8.ToArray(),
        ".0.0.0 Mobile Safari/537.36"u8.ToArray(),
        " Safari/537.36"u8.ToArray(),
        ".0.0.0"u8.ToArray(),
        " Edg/"u8.ToArray(),
        " OPR/"u8.ToArray(),
        ") Gecko/20100101 Firefox/"u8.ToArray(),
        " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "u8.ToArray(),
        ") AppleWebKit/537.36 (KHTML, like Gecko) "u8.ToArray(),
        " Mobile/15E148 Safari/604.1"u8.ToArray(),
        " Safari/605.1.15"u8.ToArray(),
        "Version/"u8.ToArray(),
        "Chrome/"u8.ToArray(),
        "Mobile"u8.ToArray(),
    ];

    private static readonly byte[] LongestFirst =
        [.. Enumerable.Range(1, Fragments.Length).OrderByDescending(number => Fragments[number - 1].Length).Select(number => (byte)number)];

    public static byte[] Encode(string userAgent)
    {
        var text = Encoding.UTF8.GetBytes(userAgent);
        var compact = new List<byte>(text.Length);
        for (var at = 0; at < text.Length;)
        {
            if (Array.Find(LongestFirst, number => text.AsSpan(at).StartsWith(Fragments[number - 1])) is var found and not 0)
            {
                compact.Add(found);
                at += Fragments[found - 1].Length;
                continue;
            }

            if (IsControl(text[at]))
                compact.Add(Literal);
            compact.Add(text[at++]);
        }

        return [.. compact];
    }

    /// <exception cref="ArgumentException">No encoded text: a byte names no fragment, or the text is not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> compact, UTF8Encoding strict)
    {
        var size = Expand(compact, []);
        var text = size <= 1024 ? stackalloc byte[size] : new byte[size];
        Expand(compact, text);
        return strict.GetString(text);
    }

    /// <summary>How many bytes it takes; written unless <paramref name="text"/> is empty.</summary>
    private static int Expand(ReadOnlySpan<byte> compact, Span<byte> text)
    {
        var size = 0;
        for (var at = 0; at < compact.Length; at++)
        {
            ReadOnlySpan<byte> part = compact[at] == Literal ? compact.Slice(++at, 1) : IsControl(compact[at]) ? FragmentOf(compact[at]) : compact.Slice(at, 1);
            if (!text.IsEmpty)
                part.CopyTo(text[size..]);
            size += part.Length;
        }

        return size;
    }

    private static byte[] FragmentOf(byte number) =>
        number <= Fragments.Length ? Fragments[number - 1] : throw new ArgumentException("The byte names no fragment.", nameof(number));

    private static bool IsControl(byte value) => value < ' ';
}
