using System.Globalization;

namespace WebApp.Accounts.Passwords;

/// <summary>
/// The built-in list of passwords that are tried first, made by the rules by which people make them: one word, a word twice or three times,
/// two words, a word with a row of keys, a declaration of love, a well-known line or its beginning, rows of keys, digits and letters. At least 3,000 of
/// them have 15 characters or more, as ASVS 5.0, 6.2.4 asks of the length that this app asks for. Digits and signs around a word need no entry (see
/// <see cref="TypedText.Stem"/>), nor do other spellings.
/// </summary>
internal static class CommonPasswords
{
    /// <summary>Of rows and repetitions, from the shortest that may be allowed to what somebody would type.</summary>
    private static readonly int[] Lengths = [.. Enumerable.Range(PasswordSettings.LowestMinLength, 17)];

    private static readonly string[] Keys =
    [
        "1234567890", "0987654321", "123456789", "987654321", "qwertyuiop", "poiuytrewq", "asdfghjkl", "lkjhgfdsa", "zxcvbnm", "mnbvcxz", "qwertzuiop", "azertyuiop",
        "qwertyuiopasdfghjklzxcvbnm", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qweasdzxc",
        "zaqxswcdevfrbgtnhymjukilop", "1a2b3c4d5e6f7g8h9i0j", "a1b2c3d4e5f6g7h8i9j0", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "qwerasdfzxcv", "qwer1234asdf5678",
        "abcd1234", "abc123", "qwe123", "asd123", "123qwe", "123abc", "1234qwer", "aabbccddeeff", "112233445566", "11223344556677889900", "102030405060708090", "147258369", "159753",
        "789456123", "741852963", "314159265358979323846", "271828182845904523536", "112358132134558914423337",
    ];

    private static readonly string[] Suffixes = ["abc", "abc123", "abcd1234", "qwe123", "qwerty", "qwerty123", "asdf", "asdfgh"];

    private static readonly (string Before, string After)[] AroundNames =
    [
        ("welcometo", ""), ("password", ""), ("admin", ""), ("mynameis", ""), ("hello", ""), ("", "password"), ("", "forever"), ("", "isthebest"), ("", "rocks"),
        ("", "rules"), ("", "football"), ("", "princess"), ("", "sunshine"),
    ];

    /// <summary>As somebody would write them; some more than once.</summary>
    public static IEnumerable<string> All() => OfOneWord().Concat(OfTwoWords()).Concat(OfLove()).Concat(OfLines()).Concat(OfKeys());

    private static IEnumerable<string> OfOneWord() =>
        from word in CommonWords.Defaults.Concat(CommonWords.Favourites).Concat(CommonWords.Names).Concat(CommonWords.Places)
        from password in (string[])[word, word + word, word + word + word, .. Suffixes.SelectMany(suffix => (string[])[word + suffix, suffix + word])]
        select password;

    private static IEnumerable<string> OfTwoWords()
    {
        foreach (var one in CommonWords.Defaults.Take(60))
        {
            foreach (var other in CommonWords.Defaults.Take(60))
                yield return one + other;
        }

        foreach (var name in CommonWords.Names.Concat(CommonWords.Places))
        {
            foreach (var (before, after) in AroundNames)
                yield return before + name + after;
        }
    }

    private static IEnumerable<string> OfLove() =>
        from loved in CommonWords.Names.Concat(CommonWords.Places).Concat(CommonWords.Favourites)
        from password in (string[])
        [
            $"ilove{loved}", $"iloveyou{loved}", $"{loved}iloveyou", $"ilovemy{loved}", $"ilove{loved}forever", $"ilove{loved}somuch", $"ihate{loved}", $"loveof{loved}",
            $"{loved}loves{loved}",
        ]
        select password;

    /// <summary>Each line with all its beginnings of two words or more.</summary>
    private static IEnumerable<string> OfLines() =>
        from line in CommonWords.Phrases
        let words = line.Split(' ')
        from count in Enumerable.Range(Math.Min(2, words.Length), words.Length - Math.Min(2, words.Length) + 1)
        from password in (string[])[string.Concat(words.Take(count)), $"{string.Concat(words.Take(count))}123"]
        where password.Length >= PasswordSettings.LowestMinLength
        select password;

    private static IEnumerable<string> OfKeys()
    {
        foreach (var length in Lengths)
        {
            foreach (var row in Keys)
            {
                for (var start = 0; start < Math.Min(row.Length, 10); start++)
                    yield return Round(row, start, length);
            }

            foreach (var character in "0123456789abcdefghijklmnopqrstuvwxyz")
                yield return new(character, length);
        }

        for (var number = 10; number < 100; number++)
            yield return Round(number.ToString(CultureInfo.InvariantCulture), 0, 15);

        static string Round(string row, int start, int length) => string.Create(length, (row, start), static (text, from) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = from.row[(from.start + i) % from.row.Length];
        });
    }
}
