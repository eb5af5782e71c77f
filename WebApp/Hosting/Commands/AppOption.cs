using System.CommandLine;

namespace WebApp.Hosting.Commands;

/// <summary>The kinds of options that commands take.</summary>
internal static class AppOption
{
    public const string JsonName = "--json";

    /// <summary>
    /// For commands that answer with facts: the answer is one JSON document on standard output, and a refusal one that
    /// says the <c>error</c>.
    /// </summary>
    public static Option<bool> Json => Flag(JsonName, "answer as JSON");

    /// <summary>Takes no value: what follows would be one that nobody reads, such as <c>--everyone false</c>.</summary>
    public static Option<bool> Flag(string name, string does) =>
        new(name) { Description = does, Arity = ArgumentArity.Zero };

    public static Option<string> Text(string name, string value, string does) =>
        new(name) { Description = does, HelpName = value };

    /// <summary>The help lists the values, unless they have a name for all of them.</summary>
    public static Option<T> OneOf<T>(string name, string does, IEnumerable<string> values, string? value = null)
    {
        var option = new Option<T>(name) { Description = does, HelpName = value };
        option.AcceptOnlyFromAmong([.. values]);
        return option;
    }

    public static Option<T> Required<T>(this Option<T> option)
    {
        option.Required = true;
        return option;
    }

    /// <param name="name">With its two dashes.</param>
    /// <param name="value">What its value is called.</param>
    /// <param name="does">What it is for.</param>
    /// <param name="read">Gives null for a text that is no such value.</param>
    /// <param name="form">What such a value looks like, for the refusal.</param>
    public static Option<T> Of<T>(string name, string value, string does, Func<string, T> read, string form) =>
        new(name)
        {
            Description = does,
            HelpName = value,
            CustomParser = result =>
            {
                var given = read(result.Tokens[0].Value);
                if (given is null)
                    result.AddError($"{name} takes {form}.");
                return given;
            },
        };
}
