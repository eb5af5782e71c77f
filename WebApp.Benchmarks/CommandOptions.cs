using System.Globalization;

namespace WebApp.Benchmarks;

/// <summary>Options of the form <c>--name value</c>.</summary>
internal sealed class CommandOptions
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="UsageException">An option is unknown, lacks its value or is given twice.</exception>
    public CommandOptions(string[] args, params string[] known)
    {
        foreach (var pair in args.Chunk(2))
        {
            if (!known.Contains(pair[0]))
                throw new UsageException($"There is no option \"{pair[0]}\". There are {string.Join(", ", known)}.");
            if (pair.Length == 1)
                throw new UsageException($"{pair[0]} needs a value.");
            if (!_values.TryAdd(pair[0], pair[1]))
                throw new UsageException($"{pair[0]} is given twice.");
        }
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    /// <exception cref="UsageException">It is no number, or less than one.</exception>
    public int Number(string name, int otherwise) => _values.TryGetValue(name, out var text) ? Positive(name, text) : otherwise;

    /// <exception cref="UsageException">One is no number, or less than one.</exception>
    public int[] Numbers(string name, params int[] otherwise) =>
        _values.TryGetValue(name, out var text) ? [.. text.Split(',').Select(part => Positive(name, part))] : otherwise;

    /// <exception cref="UsageException">One is none of <paramref name="possible"/>.</exception>
    public string[] Names(string name, IReadOnlyCollection<string> possible)
    {
        if (!_values.TryGetValue(name, out var text))
            return [.. possible];

        var names = text.Split(',');
        return names.FirstOrDefault(part => !possible.Contains(part, StringComparer.Ordinal)) is { } unknown
            ? throw new UsageException($"{name} knows no \"{unknown}\". There are {string.Join(", ", possible)}.")
            : [.. possible.Where(part => names.Contains(part, StringComparer.Ordinal))];
    }

    private static int Positive(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new UsageException($"{name} is \"{text}\". It must be a whole number above zero.");
}

/// <summary>The command line makes no sense; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>A program that a benchmark can't do without is not installed.</summary>
internal sealed class MissingToolException(string message) : Exception(message);
