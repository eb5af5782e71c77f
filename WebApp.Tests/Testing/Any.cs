using System.Buffers.Text;
using System.Net;
using CsCheck;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>
/// What properties are tried on. A property that fails says its seed: <c>CsCheck_Seed=...</c> tries the same again.
/// </summary>
public static class Any
{
    /// <summary>Characters that nobody sees, and that stand in what people paste.</summary>
    public const string Unseen = "\u00AD\u200B\u200E\u200F\u202A\u202C\u2060\u2066\u2069\uFEFF\uFE0F";

    /// <summary>Text that a client may send: odd characters and halves of them, and what parsers look for.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.Char.Select(c => $"{c}"),
        Gen.Char[' ', '~'].Select(c => $"{c}"),
        Gen.OneOf("\0", "\r", "\n", "\r\n", "\t", "\u001b", " ", "\u00A0", "\uFEFF", "\u202E", "ä", "\U0001F9C0"),
        Gen.OneOf(Unseen.Select(c => $"{c}").ToArray()),
        Gen.OneOf(",", ";", "\"", "\"\"", "'", "=", "+", "-", "@", "＝", "<", ">"))
        .Array[0, 24].Select(string.Concat);

    /// <summary>The same as far as UTF-8 can carry it: no half characters.</summary>
    public static readonly Gen<string> WholeText =
        Text.Select(text => string.Concat(text.EnumerateRunes().Select(rune => rune.ToString())));

    /// <summary>Pieces of what browsers say, and of what nobody says.</summary>
    public static readonly Gen<string> UserAgent = Gen.OneOf(
        WholeText,
        Gen.OneOf(
            $"{Samples.UserAgent} OPR/124.0.0.0",
            "Mozilla/5.0 (Linux; Android 10; K) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chromium/80.0.3987.87",
            Browser.Firefox,
            Browser.Safari,
            "curl/7.88.1")
            .SelectMany(text => Gen.Int[0, text.Length].Select(Gen.Int[0, text.Length], (one, other) =>
                text[Math.Min(one, other)..Math.Max(one, other)])))
        .Array[0, 5].Select(string.Concat);

    public static readonly Gen<IPAddress> AddressOfV4 = Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes));

    public static readonly Gen<IPAddress> AddressOfV6 = Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes))
        .Where(address => !address.IsIPv4MappedToIPv6);

    public static readonly Gen<IPAddress> Address = Gen.OneOf(AddressOfV4, AddressOfV6);

    public static readonly Gen<SessionId> SessionId = Gen.UInt128.Select(value => new SessionId(value));

    /// <summary>Whole milliseconds that six bytes can hold, but for the first, which stands for none.</summary>
    public static readonly Gen<DateTimeOffset> Time =
        Gen.Long[1, 250_000_000_000_000].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    public static Gen<byte[]> Bytes(int most) => Gen.Byte.Array[0, most];

    public static Gen<string> Base64UrlOf(Gen<byte[]> bytes) => bytes.Select(some => Base64Url.EncodeToString(some));

    /// <summary>A few bytes of it overwritten, and perhaps its end cut off.</summary>
    public static Gen<byte[]> Damaged(byte[] good) => Gen.Select(
        Gen.Int[0, good.Length - 1].Select(Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF))).Array[0, 8],
        Gen.Frequency((3, Gen.Const(good.Length)), (1, Gen.Int[0, good.Length])),
        (damages, length) =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in damages)
                bytes[at] = value;
            return bytes[..length];
        });
}
