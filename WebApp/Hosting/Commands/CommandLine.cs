using System.Text;
using WebApp.Sessions;

namespace WebApp.Hosting.Commands;

/// <summary>
/// What operators do without a browser. No command takes a secret as an argument: others on the machine can read those.
/// Exit codes: 0 done, 1 not done (standard error says why), 2 not understood, and nothing was done.
/// </summary>
internal static class CommandLine
{
    public const int Done = 0;
    public const int NotDone = 1;
    public const int NotUnderstood = 2;

    private static readonly Command[] All =
    [
        new("migrate", "bring the database up to date", DatabaseCommands.MigrateAsync) { NeedsDatabase = false },
        .. UserCommands.All,
        .. SessionCommands.All,
        .. AuditCommands.All,
    ];

    /// <summary>Runs the command that the arguments name and returns its exit code; null when they name none and the app should start.</summary>
    public static async Task<int?> RunAsync(WebApplication app, string[] args)
    {
        if (args is ["--help" or "-h" or "help", ..])
        {
            Console.Write(Usage());
            return Done;
        }

        if (args is not [{ } word, ..] || word.StartsWith('-') || word.Contains('='))
            return null;

        if (Array.Find(All, command => command.IsNamedBy(args)) is not { } named)
            return await RefuseAsync($"There is no command \"{string.Join(' ', args.TakeWhile(arg => !arg.StartsWith('-')))}\".\n\n{Usage()}");

        var rest = args[named.Words.Length..];
        if (rest is ["--help" or "-h", ..])
        {
            Console.Write(Help(named));
            return Done;
        }

        if (Arguments.Read(named, rest) is not { } arguments)
            return await RefuseAsync(Help(named));

        if (named.NeedsDatabase && !await Database.IsUpToDateAsync(app.Services))
        {
            await Console.Error.WriteLineAsync("The database is not up to date. Run \"WebApp migrate\" first.");
            return NotDone;
        }

        await using var beside = named.NeedsStore ? await CommandServices.StartAsync(app.Services) : null;
        await using var scope = app.Services.CreateAsyncScope();
        try
        {
            return await named.RunAsync(new(scope.ServiceProvider, arguments));
        }
        catch (SessionStoreUnavailableException)
        {
            return await CommandContext.NotDoneAsync("The session store does not answer.");
        }
    }

    private static async Task<int> RefuseAsync(string text)
    {
        await Console.Error.WriteLineAsync(text);
        return NotUnderstood;
    }

    private static string Usage()
    {
        var text = new StringBuilder("Usage:\n");
        var lines = All.Select(command => (command.Form, command.Does)).Prepend(("", "run the app")).Append(("COMMAND --help", "say what a command takes"));
        foreach (var (form, does) in lines)
            text.Append($"  WebApp {form}".TrimEnd()).Append("\n      ").Append(does).Append('\n');
        return text.Append("Exit codes: 0 done, 1 not done, 2 not understood.\n").ToString();
    }

    private static string Help(Command command)
    {
        var text = new StringBuilder($"WebApp {command.Form}\n  {command.Does}\n");
        foreach (var option in command.Options)
            text.Append("  ").Append(option.Form.PadRight(26)).Append(option.Does).Append('\n');
        return text.ToString();
    }
}
