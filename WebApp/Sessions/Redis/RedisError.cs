using System.Text.RegularExpressions;

namespace WebApp.Sessions.Redis;

/// <summary>
/// An error that Redis answered, fit for logs. Redis may repeat keys and values in it. So plain words, short numbers
/// and places in scripts are kept, and names where Redis and Lua are known to quote one of their own; <c>…</c> stands
/// for all else.
/// </summary>
/// <param name="Code">The kind, such as <c>OOM</c> or <c>ERR</c>.</param>
/// <param name="Text">Redis' words, the code included.</param>
internal sealed partial record RedisError(string Code, string Text)
{
    private const int MaxLength = 400;
    private const string Omitted = "…";

    /// <summary>
    /// Whether it refuses what writes, or what needs memory. Before version 7 the error of a script has it inside.
    /// </summary>
    public bool RefusesWrites => Refusals().IsMatch(Text);

    public bool LacksMemory => RefusesWrites && Text.Contains("OOM ", StringComparison.Ordinal);

    public static RedisError Of(string message) => new(CodeOf(message), Scrub(message));

    public static string CodeOf(string message)
    {
        var code = message.Split(' ', 2)[0];
        return code.Length is > 0 and <= 20 && code.All(char.IsAsciiLetterUpper) ? code : "ERR";
    }

    private static string Scrub(string message)
    {
        var words = message.Split(' ');
        var kept = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            var isKept = Plain().IsMatch(words[i]) || (Name().IsMatch(words[i]) && IsNameExpected(words, i));
            kept.Add(isKept ? words[i] : Omitted);
            // A quoted value may have spaces, and quotes, of its own: nobody can tell where it ends.
            if (!isKept && words[i].AsSpan().ContainsAny('\'', '"', '`'))
                break;
        }

        var text = string.Join(' ', kept);
        return text.Length > MaxLength ? text[..MaxLength] + Omitted : text;
    }

    /// <summary>
    /// "global variable 'clock'", "bad argument #2 to 'unpack'", "'end' expected near 'x'", "the 'evalsha' command",
    /// "&gt; 'maxmemory'".
    /// </summary>
    private static bool IsNameExpected(string[] words, int at)
    {
        var (before, after) = (words.ElementAtOrDefault(at - 1), words.ElementAtOrDefault(at + 1));
        return before is "variable" or "local" or "upvalue" or "global" or "field" or "method" or "near" or "close"
            || before == ">"
            || (before == "to" && words.ElementAtOrDefault(at - 2) is ['#', ..])
            || after is "command" or "expected";
    }

    // A word of nothing but hexadecimal digits may be part of an id.
    [GeneratedRegex(
        """
        ^[(]?
        (
          (?![A-Fa-f]{8,}\b)[A-Za-z][A-Za-z_/-]{0,29}('[a-z]{0,2})?
          | \#?[0-9]{1,5}
          | @?(user_script|enable_strict_lua):([0-9]{1,5}:?)?
          | [<>=+*/-]{1,2}
        )
        [.,:;)!?]*$
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();

    [GeneratedRegex(
        "(^|[ -])(OOM|NOREPLICAS|READONLY|MISCONF) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Refusals();

    [GeneratedRegex(@"^'[\w.|?=<>(){}]{1,30}'[.,:;)]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
