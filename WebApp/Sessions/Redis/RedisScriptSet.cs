using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Scripts that are put together from Lua files when the app starts, and that <see cref="RedisMonitor"/> loads into
/// every server before it is used. In a file <c>$Name</c> stands for a constant of the app.
/// </summary>
/// <remarks>Every mistake throws: in Redis an unknown name would be nil, and only a request would meet it.</remarks>
/// <param name="read">Gives the text of a file, by its name without extension.</param>
/// <param name="constants">Whole numbers, texts and bytes, by their names.</param>
internal sealed partial class RedisScriptSet(Func<string, string> read, IReadOnlyDictionary<string, object> constants)
{
    private readonly List<RedisScript> _scripts = [];
    private readonly HashSet<string> _used = [];

    public IReadOnlyList<RedisScript> Scripts => _scripts;

    /// <summary>A set of the files in the folder <c>Scripts</c> beside the source of a class.</summary>
    public static RedisScriptSet Beside(Type type, Dictionary<string, object> constants) => new(
        name =>
        {
            using var file = type.Assembly.GetManifestResourceStream(type, $"Scripts.{name}.lua")
                ?? throw new InvalidOperationException($"There is no script {name} beside {type.Name}.");
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        },
        constants);

    /// <summary>Puts a script together: first the parts, in their order, then the file of its name.</summary>
    public RedisScript Add(string name, params string[] parts)
    {
        var script = new RedisScript(name, string.Join('\n', [.. parts.Select(Fill), Fill(name)]));
        _scripts.Add(script);
        return script;
    }

    /// <summary>To be called when all scripts have been added.</summary>
    /// <exception cref="InvalidOperationException">A constant is in no script.</exception>
    public RedisScriptSet Complete()
    {
        var unused = constants.Keys.Where(name => !_used.Contains(name)).ToList();
        return unused.Count == 0
            ? this
            : throw new InvalidOperationException($"No script uses the constants {string.Join(", ", unused)}.");
    }

    private string Fill(string file) => Placeholder().Replace(read(file), match =>
    {
        var name = match.Groups["name"].Value;
        if (!constants.TryGetValue(name, out var value))
            throw new InvalidOperationException($"The script file {file} has ${name}, which is no constant.");

        _used.Add(name);
        return Literal(value);
    });

    private static string Literal(object value) => value switch
    {
        byte or int or long => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        string text => Literal(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => $"'{string.Concat(bytes.Select(Escape))}'",
        _ => throw new InvalidOperationException($"Lua has no literal for a {value.GetType().Name}."),
    };

    private static string Escape(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) ? $"{(char)value}" : $"\\{value:d3}";

    // Lua itself has no use for a dollar sign, so whatever follows one is meant as a name.
    [GeneratedRegex(@"\$(?<name>\w*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
