using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebApp.Hosting.Commands;

/// <summary>What a command has to work with.</summary>
/// <param name="Services">Of the app, in a scope of the command's own.</param>
/// <param name="Arguments">As the operator gave them.</param>
internal sealed record CommandContext(IServiceProvider Services, Arguments Arguments)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Says that it is done: in words, or with <c>--json</c> as <paramref name="facts"/>.</summary>
    public int Done(string words, object facts)
    {
        Console.WriteLine(Arguments.Has(Option.Json.Name) ? JsonSerializer.Serialize(facts, Json) : words);
        return CommandLine.Done;
    }

    /// <summary>Says what can't be understood; nothing was done.</summary>
    public async Task<int> NotUnderstoodAsync(string why)
    {
        await RefuseAsync(why);
        return CommandLine.NotUnderstood;
    }

    /// <summary>Says why it is not done.</summary>
    public async Task<int> NotDoneAsync(string why)
    {
        await RefuseAsync(why);
        return CommandLine.NotDone;
    }

    /// <summary>On standard error; as JSON on standard output, too.</summary>
    public static async Task RefuseAsync(string why, bool asJson)
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(new { error = why }, Json));
        await Console.Error.WriteLineAsync(why);
    }

    private Task RefuseAsync(string why) => RefuseAsync(why, Arguments.Has(Option.Json.Name));
}
