using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace WebApp.Benchmarks;

/// <summary>The kinds of options that benchmarks take.</summary>
internal static class BenchmarkOption
{
    /// <summary>Where the report goes. "dotnet run" starts the program in its project's folder.</summary>
    public static Option<string> Output() => new("--output")
    {
        Description = "where the report goes",
        HelpName = "DIR",
        DefaultValueFactory = _ => "results",
    };

    /// <summary>A whole number.</summary>
    public static Option<int> Number(
        string name, int otherwise, string does, int least = 1, int most = int.MaxValue) =>
        new(name)
        {
            Description = does,
            HelpName = "N",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result => Read(result, result.Tokens[0].Value, least, most),
        };

    /// <summary>Whole numbers with commas between them.</summary>
    public static Option<int[]> Numbers(string name, int[] otherwise, string does, int least = 1) => new(name)
    {
        Description = does,
        HelpName = "A,B",
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
            [.. result.Tokens[0].Value.Split(',').Select(part => Read(result, part, least, int.MaxValue))],
    };

    /// <summary>Some of the possible names, with commas between them; without the option all.</summary>
    public static Option<string[]> Names(string name, IReadOnlyCollection<string> possible, string does) => new(name)
    {
        Description = does,
        HelpName = "A,B",
        DefaultValueFactory = _ => [.. possible],
        CustomParser = result =>
        {
            var names = result.Tokens[0].Value.Split(',');
            if (names.FirstOrDefault(part => !possible.Contains(part, StringComparer.Ordinal)) is { } unknown)
                result.AddError($"{name} knows no \"{unknown}\". There are {string.Join(", ", possible)}.");
            return [.. possible.Where(part => names.Contains(part, StringComparer.Ordinal))];
        },
    };

    private static int Read(ArgumentResult result, string text, int least, int most)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        var name = ((OptionResult)result.Parent!).Option.Name;
        var range = most == int.MaxValue ? $"{least} or more" : $"from {least} to {most}";
        result.AddError($"{name} is \"{text}\". It must be a whole number, {range}.");
        return least;
    }
}
