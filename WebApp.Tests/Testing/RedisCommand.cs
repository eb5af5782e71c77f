using System.Text.RegularExpressions;

namespace WebApp.Tests.Testing;

/// <summary>A command as <c>MONITOR</c> shows it.</summary>
/// <param name="Name">In small letters.</param>
/// <param name="Text">The name and the arguments, each in quotation marks.</param>
/// <param name="Script">The script that ran it; null for a client's own.</param>
public sealed partial record RedisCommand(string Name, string Text, RedisCommand? Script)
{
    /// <summary>Whether it, or the script that ran it, is about such a person or session.</summary>
    public bool Names(string id) => Text.Contains(id, StringComparison.Ordinal) || Script?.Names(id) == true;

    /// <summary>Whether there is a key of anybody's: those by which the app watches over Redis, and keeps its key ring, are nobody's.</summary>
    public bool NamesAnybody => SomebodysKey().IsMatch(Text) || Script?.NamesAnybody == true;

    [GeneratedRegex("\"[a-z]{2}:\\{[^}]*\\}:[^\"]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SomebodysKey();
}
