namespace WebApp.Hosting.Commands;

/// <summary>What somebody may have meant who mistyped a name.</summary>
internal static class Nearest
{
    /// <summary>Slips of the finger that a name may have; in a short one fewer.</summary>
    private const int MostSlips = 3;

    /// <summary>The names that need the fewest slips; none when all of them need too many.</summary>
    public static IReadOnlyList<string> To(string typed, IEnumerable<string> names)
    {
        var most = Math.Min(MostSlips, (typed.Length + 2) / 3);
        return names.GroupBy(name => Distance(typed, name)).Where(group => group.Key <= most).MinBy(group => group.Key)
            ?.ToList() ?? [];
    }

    /// <summary>Whether one character was left out, put in or changed.</summary>
    public static bool IsOneSlip(string typed, string name) => Distance(typed, name) == 1;

    /// <summary>Characters to put in, take out or change (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
