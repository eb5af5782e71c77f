namespace WebApp.Hosting.Commands;

/// <summary>One thing that an operator can ask for.</summary>
/// <param name="Name">The words that name it.</param>
/// <param name="Does">What it does, for the usage.</param>
/// <param name="RunAsync">Does it, and returns the exit code.</param>
internal sealed record Command(string Name, string Does, Func<CommandContext, Task<int>> RunAsync)
{
    public IReadOnlyList<Option> Options { get; init; } = [];

    /// <summary>Whether it can only work on a database that is up to date.</summary>
    public bool NeedsDatabase { get; init; } = true;

    /// <summary>Whether it reaches sessions, or sends mail: then what it takes for that runs beside it (<see cref="CommandServices"/>).</summary>
    public bool NeedsStore { get; init; }

    public string[] Words => Name.Split(' ');

    public string Form => string.Join(' ', Options.Select(option => option.Required ? option.Form : $"[{option.Form}]").Prepend(Name));

    public bool IsNamedBy(string[] args) => args.Take(Words.Length).SequenceEqual(Words);
}

/// <param name="Name">With its two dashes.</param>
/// <param name="Value">What its value is called, or the values it can have with a bar between them; null for one that has none.</param>
/// <param name="Does">What it is for.</param>
internal sealed record Option(string Name, string? Value, string Does)
{
    /// <summary>For commands that answer with facts: the answer is one JSON document on standard output, and a refusal one that says the <c>error</c>.</summary>
    public static readonly Option Json = new("--json", null, "answer as JSON");

    public bool Required { get; init; }

    public string Form => Value is null ? Name : $"{Name} {Value}";

    /// <summary>With bars, the values are all there are.</summary>
    public bool Takes(string value) => Value is not null && (!Value.Contains('|') || Value.Split('|').Contains(value));
}

/// <summary>The options that came with a command.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The value of an option; null when it was not given.</summary>
    public string? this[string option] => _values.GetValueOrDefault(option);

    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>The first word that stands where the name of an option should, and is none; null without one.</summary>
    public static string? FindUnknown(Command command, string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (command.Options.FirstOrDefault(known => known.Name == args[i]) is not { } option)
                return args[i];
            if (option.Value is not null)
                i++;
        }

        return null;
    }

    /// <summary>Null when they don't fit: unknown, given twice, without the value they need, or one that is required is missing.</summary>
    public static Arguments? Read(Command command, string[] args)
    {
        var arguments = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (command.Options.FirstOrDefault(known => known.Name == args[i]) is not { } option)
                return null;
            if (option.Value is not null && (++i == args.Length || !option.Takes(args[i])))
                return null;
            if (!arguments._values.TryAdd(option.Name, option.Value is null ? "" : args[i]))
                return null;
        }

        return command.Options.All(option => !option.Required || arguments.Has(option.Name)) ? arguments : null;
    }
}
