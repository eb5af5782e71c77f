using System.Globalization;
using System.Text;

namespace WebApp.Accounts.Passwords;

/// <summary>
/// A text as it is compared with others, and as it is guessed. <em>Folded</em> are its letters and digits alone, small, without accents, and with the
/// digits and signs that stand for letters read as these: "P@ssw0rd 1" is "passwordi". Nothing but comparisons uses it: a password is
/// hashed exactly as it was typed.
/// </summary>
internal sealed class TypedText
{
    /// <summary>A password of which fewer characters can't be foretold, or fewer than half if it is short, is refused.</summary>
    private const int LeastUnforetold = 8;

    private const int ShortestPattern = 3;

    /// <summary>Each letter, followed by those that are it with an accent.</summary>
    private const string Accents =
        "aàáâãäåāăącçćĉċčdďđeèéêëēĕėęěgĝğġģhĥħiìíîïĩīĭįıjĵkķlĺļľŀłnñńņňoòóôõöøōŏőrŕŗřsśŝşštţťŧuùúûüũūŭůűųwŵyýÿŷzźżž";

    private static readonly string[] Rows =
    [
        "`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "~!@#$%^&*()_+", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
        "abcdefghijklmnopqrstuvwxyza", "01234567890",
    ];

    private static readonly HashSet<(int, int)> Steps = [.. Rows.SelectMany(row => row.Zip(row.Skip(1), (one, next) => ((int)one, (int)next)))];

    private static readonly Func<Rune, Rune, bool>[] Directions =
    [
        (one, next) => one == next,
        (one, next) => Steps.Contains((one.Value, next.Value)),
        (one, next) => Steps.Contains((next.Value, one.Value)),
    ];

    // The folded text, character by character, and where each of them stands in _typed.
    private readonly List<int> _at = [];

    /// <summary>Characters without the white space between them.</summary>
    private readonly List<Rune> _typed = [];

    public TypedText(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
                continue;

            _typed.Add(Plain(Rune.ToLowerInvariant(rune)));
            if (Fold(_typed[^1]) is not { } letter)
                continue;

            var length = folded.Length;
            folded.Append(letter);
            _at.AddRange(Enumerable.Repeat(_typed.Count - 1, folded.Length - length));
        }

        Folded = folded.ToString();
    }

    public string Folded { get; }

    /// <summary>The folded text without the digits and signs around it, if they alone would not be a password: "Summer2024!" is "summer".</summary>
    public string Stem()
    {
        var (first, last) = (0, _typed.Count - 1);
        while (first <= last && !Rune.IsLetter(_typed[first]))
            first++;
        while (last > first && !Rune.IsLetter(_typed[last]))
            last--;
        var around = Unforetold(_typed[..first]) + Unforetold(_typed[(last + 1)..]);
        return around >= Least ? Folded : string.Concat(Folded.Where((_, i) => _at[i] >= first && _at[i] <= last));
    }

    /// <summary>What a text repeats from end to end; all of it if it repeats nothing.</summary>
    public static string UnitOf(string text)
    {
        for (var length = 1; length <= text.Length / 2; length++)
        {
            if (text.AsSpan(length).SequenceEqual(text.AsSpan(0, text.Length - length)))
                return text[..length];
        }

        return text;
    }

    /// <summary>Whether too much of it is repetitions and rows, of the alphabet or of keys.</summary>
    public bool IsPredictable() => Unforetold(_typed) < Least;

    /// <summary>Whether too little is left when these words are taken out.</summary>
    public bool IsPredictableFrom(IEnumerable<string> words)
    {
        var known = new bool[_typed.Count];
        foreach (var word in words.Select(word => new TypedText(word).Folded).Where(word => word.Length >= ShortestPattern))
        {
            for (var at = Folded.IndexOf(word, StringComparison.Ordinal); at >= 0; at = Folded.IndexOf(word, at + 1, StringComparison.Ordinal))
                known.AsSpan(_at[at], _at[at + word.Length - 1] - _at[at] + 1).Fill(true);
        }

        return Unforetold([.. _typed.Where((_, i) => !known[i])]) < Least;
    }

    private int Least => Math.Min(LeastUnforetold, (_typed.Count + 1) / 2);

    /// <summary>What was there before counts nothing, and a row counts as its first character.</summary>
    private static int Unforetold(List<Rune> text)
    {
        var count = 0;
        for (var i = 0; i < text.Count;)
        {
            var (again, row) = (LengthSeenBefore(text, i), LengthOfRow(text, i));
            count += again >= row ? 0 : 1;
            i += Math.Max(1, Math.Max(again, row));
        }

        return count;
    }

    /// <summary>How much of the text from there on stands earlier, too; 0 if that is no pattern.</summary>
    private static int LengthSeenBefore(List<Rune> text, int start)
    {
        var longest = 0;
        for (var earlier = 0; earlier < start; earlier++)
        {
            var length = 0;
            while (start + length < text.Count && text[earlier + length] == text[start + length])
                length++;
            longest = Math.Max(longest, length);
        }

        return longest >= ShortestPattern ? longest : 0;
    }

    /// <summary>How many characters from there on go up, go down or stay the same; 1 if that is no pattern.</summary>
    private static int LengthOfRow(List<Rune> text, int start)
    {
        var longest = 1;
        foreach (var goesOn in Directions)
        {
            var length = 1;
            while (start + length < text.Count && goesOn(text[start + length - 1], text[start + length]))
                length++;
            longest = Math.Max(longest, length);
        }

        return longest >= ShortestPattern ? longest : 1;
    }

    /// <summary>
    /// Without its accent, and no wider than others. (The framework's normalisation does nothing without the data of cultures, which this app runs
    /// without.)
    /// </summary>
    private static Rune Plain(Rune rune) => rune.Value switch
    {
        >= 0xC0 and <= 0x17F when Accents.IndexOf((char)rune.Value) is var at and >= 0 => new(Accents[..at].Last(char.IsAscii)),
        >= 0xFF01 and <= 0xFF5E => Rune.ToLowerInvariant(new(rune.Value - 0xFEE0)),
        _ => rune,
    };

    private static string? Fold(Rune rune) => rune.Value switch
    {
        '0' => "o",
        '1' or '!' or '|' or 'l' => "i",
        '2' => "z",
        '3' or '€' => "e",
        '4' or '@' => "a",
        '5' or '$' => "s",
        '7' or '+' => "t",
        '8' => "b",
        '9' => "g",
        'ß' => "ss",
        _ => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol ? rune.ToString() : null,
    };
}
