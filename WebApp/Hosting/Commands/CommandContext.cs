using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebApp.Hosting.Commands;

/// <summary>What a command has to work with.</summary>
/// <param name="Services">Of the app, in a scope of the command's own.</param>
/// <param name="Line">What the operator asked for.</param>
internal sealed record CommandContext(IServiceProvider Services, ParseResult Line)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public bool AsJson => Line.GetResult(AppOption.JsonName) is OptionResult { Implicit: false };

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Null, or false, when the option was not given.</summary>
    public T? Value<T>(Option<T> option) => Line.GetValue(option);

    /// <summary>Says that it is done: in words, or with <c>--json</c> as <paramref name="facts"/>.</summary>
    public int Done(string words, object facts)
    {
        Console.WriteLine(AsJson ? JsonSerializer.Serialize(facts, Json) : words);
        return CommandLine.Done;
    }

    /// <summary>Says what can't be understood; nothing was done.</summary>
    public async Task<int> NotUnderstoodAsync(string why)
    {
        await RefuseAsync(why, AsJson);
        return CommandLine.NotUnderstood;
    }

    /// <summary>Says why it is not done.</summary>
    public async Task<int> NotDoneAsync(string why)
    {
        await RefuseAsync(why, AsJson);
        return CommandLine.NotDone;
    }

    /// <summary>On standard error; as JSON on standard output, too.</summary>
    public static async Task RefuseAsync(string why, bool asJson)
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(new { error = why }, Json));
        await Console.Error.WriteLineAsync(why);
    }
}
