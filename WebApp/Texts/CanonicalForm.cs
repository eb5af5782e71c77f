using System.Globalization;

namespace WebApp.Texts;

/// <summary>
/// Unicode's normalization form C: a letter and its accent are one character, whichever way they were typed.
/// </summary>
/// <remarks>
/// The runtime's own needs ICU, which not every machine has, and whose versions differ. What is stored and compared
/// must be the same on every instance, so the tables are part of the app, which runs without the data of cultures.
/// </remarks>
public static class CanonicalForm
{
    /// <summary>All characters before it are in this form, in whatever order they stand.</summary>
    private const char FirstThatCombines = '\u0300';

    private const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Tails = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<Tables> Loaded = new(Load);

    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstThatCombines, char.MaxValue))
            return text;

        var parts = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, parts);
        return string.Concat(Compose(InOrder(parts)).Select(char.ConvertFromUtf32));
    }

    private static void Decompose(int character, List<int> parts)
    {
        if (character - Syllables is >= 0 and < SyllableCount and var syllable)
        {
            parts.Add(Leads + (syllable / (VowelCount * TailCount)));
            parts.Add(Vowels + (syllable / TailCount % VowelCount));
            if (syllable % TailCount is > 0 and var tail)
                parts.Add(Tails + tail);
        }
        else if (Loaded.Value.Parts.TryGetValue(character, out var own))
        {
            foreach (var part in own)
                Decompose(part, parts);
        }
        else
        {
            parts.Add(character);
        }
    }

    /// <summary>Marks that don't touch each other may have been typed in any order.</summary>
    private static IEnumerable<int> InOrder(List<int> parts)
    {
        for (var at = 0; at < parts.Count;)
        {
            var end = at + 1;
            if (ClassOf(parts[at]) > 0)
            {
                while (end < parts.Count && ClassOf(parts[end]) > 0)
                    end++;
            }

            foreach (var part in parts.GetRange(at, end - at).OrderBy(ClassOf))
                yield return part;
            at = end;
        }
    }

    private static List<int> Compose(IEnumerable<int> parts)
    {
        var composed = new List<int>();
        // Where the base stands, and the class of the last mark that stayed behind it.
        var (start, last) = (-1, 0);
        foreach (var part in parts)
        {
            var own = ClassOf(part);
            if (start >= 0 && (last == 0 || last < own) && Pair(composed[start], part) is { } both)
            {
                composed[start] = both;
                continue;
            }

            (start, last) = own == 0 ? (composed.Count, 0) : (start, own);
            composed.Add(part);
        }

        return composed;
    }

    private static int? Pair(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount and var lead
            && second - Vowels is >= 0 and < VowelCount and var vowel)
            return Syllables + (((lead * VowelCount) + vowel) * TailCount);
        if (first - Syllables is >= 0 and < SyllableCount and var syllable && syllable % TailCount == 0
            && second - Tails is > 0 and < TailCount and var tail)
            return first + tail;
        return Loaded.Value.Pairs.TryGetValue((first, second), out var both) ? both : null;
    }

    private static int ClassOf(int character) => Loaded.Value.Classes.GetValueOrDefault(character);

    /// <summary>The file says in its head what its lines are.</summary>
    private static Tables Load()
    {
        var tables = new Tables([], [], []);
        using var file =
            new StreamReader(typeof(CanonicalForm).Assembly.GetManifestResourceStream("WebApp.Texts.canonical.txt")!);
        while (file.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            if (words[0] == "#")
                continue;

            if (words[0].Split('-') is [var from, var to])
            {
                for (var character = Read(from); character <= Read(to); character++)
                    tables.Classes[character] = int.Parse(words[1], CultureInfo.InvariantCulture);
                continue;
            }

            int[] parts = [.. words.Skip(1).Where(word => word != "!").Select(Read)];
            tables.Parts[Read(words[0])] = parts;
            if (words is [_, _, var last] && last != "!")
                tables.Pairs[(parts[0], parts[1])] = Read(words[0]);
        }

        return tables;

        static int Read(string digits) =>
            int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    /// <param name="Classes">Of characters that combine with the one before them.</param>
    /// <param name="Parts">What a character is composed of.</param>
    /// <param name="Pairs">The same the other way round, but for those that are never composed again.</param>
    private sealed record Tables(
        Dictionary<int, int> Classes, Dictionary<int, int[]> Parts, Dictionary<(int First, int Second), int> Pairs);
}
