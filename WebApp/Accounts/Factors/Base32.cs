using System.Text;
using WebApp.Texts;

namespace WebApp.Accounts.Factors;

/// <summary>Base 32 by RFC 4648, without padding: capital letters and the digits that look like none of them, for what people copy by hand.</summary>
public static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int BitsPerCharacter = 5;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (bits, waiting) = (0, 0);
        foreach (var next in bytes)
        {
            (bits, waiting) = ((bits << 8) | next, waiting + 8);
            for (; waiting >= BitsPerCharacter; waiting -= BitsPerCharacter)
                text.Append(Alphabet[(bits >> (waiting - BitsPerCharacter)) & 31]);
            bits &= (1 << waiting) - 1;
        }

        if (waiting > 0)
            text.Append(Alphabet[(bits << (BitsPerCharacter - waiting)) & 31]);
        return text.ToString();
    }

    /// <summary>
    /// What was typed, as <see cref="Encode"/> would write it: capitals (see also <see cref="TypedCode"/>), with the
    /// letters that its digits were mistaken for.
    /// </summary>
    public static string Normalise(string typed) =>
        string.Concat(TypedCode.Of(typed).Select(c => char.ToUpperInvariant(c) switch
    {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        var other => other,
    }));

    /// <summary>In groups of <paramref name="size"/> characters.</summary>
    public static string Group(string text, int size, char between) => string.Join(between, text.Chunk(size).Select(group => new string(group)));
}
