using System.Data.Common;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Console;
using WebApp.Audit;
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

    private static Command[] All =>
    [
        new("migrate", "bring the database up to date", DatabaseCommands.MigrateAsync) { NeedsDatabase = false },
        .. UserCommands.All,
        .. SessionCommands.All,
        .. AuditCommands.All,
    ];

    /// <summary>Whether the arguments name a command, known or not; else the app should start.</summary>
    public static bool IsCommand(string[] args) =>
        args is [{ } word, ..] && !word.StartsWith('-') && !word.Contains('=');

    /// <summary>
    /// Answers what needs no app, and so no settings: a call for help, and what can't be understood. Returns the exit
    /// code; null when there is a command to run, or the app to start.
    /// </summary>
    public static async Task<int?> AnswerAsync(string[] args)
    {
        if (args is ["--help" or "-h" or "help", ..])
        {
            Console.Write(Usage());
            return Done;
        }

        if (!IsCommand(args))
            return null;

        if (Find(args) is { } named && args[named.Words.Length..] is ["--help" or "-h", ..])
        {
            Console.Write(Help(named));
            return Done;
        }

        if (FindMistake(args) is not { } mistake)
            return null;

        await CommandContext.RefuseAsync(mistake, asJson: args.Contains(Option.Json.Name));
        return NotUnderstood;
    }

    /// <summary>What can't be understood in a command, and what may have been meant; null when all of it can.</summary>
    internal static string? FindMistake(string[] args)
    {
        if (Find(args) is not { } named)
            return UnknownCommand(string.Join(' ', args.TakeWhile(arg => !arg.StartsWith('-'))));

        var rest = args[named.Words.Length..];
        if (Arguments.FindUnknown(named, rest) is { } unknown)
            return UnknownOption(named, unknown);

        return Arguments.Read(named, rest) is null ? Help(named) : null;
    }

    /// <summary>Runs a command that <see cref="AnswerAsync"/> has left to run, and returns its exit code.</summary>
    public static async Task<int> RunAsync(WebApplication app, string[] args)
    {
        var named = Find(args)!;
        // At its end the log is written to the last line.
        await using var ended = app;
        await using var scope = app.Services.CreateAsyncScope();
        return await RunAsync(named, new(scope.ServiceProvider, Arguments.Read(named, args[named.Words.Length..])!));
    }

    /// <summary>Standard output is for what a command answers, which may be read by a program.</summary>
    public static void LogToStandardError(this WebApplicationBuilder builder) => builder.Services
        .Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    /// <summary>What fails for the machine's sake is said in words, too.</summary>
    internal static async Task<int> RunAsync(Command command, CommandContext context)
    {
        try
        {
            if (command.NeedsDatabase && !await Database.IsUpToDateAsync(context.Services))
                return await context.NotDoneAsync("The database is not up to date. Run \"WebApp migrate\" first.");

            await using var beside = command.NeedsStore ? await CommandServices.StartAsync(context.Services) : null;
            return await command.RunAsync(context);
        }
        catch (Exception e) when (WhyOf(e) is { } why)
        {
            return await context.NotDoneAsync(why);
        }
    }

    /// <summary>Null for what can only be a mistake of ours.</summary>
    private static string? WhyOf(Exception e) => e switch
    {
        SessionStoreUnavailableException => "The session store does not answer.",
        DbException or DbUpdateException => $"The database did not do it: {e.GetBaseException().Message}",
        AuditChainException or IOException or UnauthorizedAccessException => e.Message,
        _ => null,
    };

    private static Command? Find(string[] args) => Array.Find(All, command => command.IsNamedBy(args));

    /// <summary>Compares as many words as were typed; if none is near, all with the same first are meant.</summary>
    private static string UnknownCommand(string typed)
    {
        var words = typed.Split(' ');
        string BeginningOf(Command command) => string.Join(' ', command.Words.Take(words.Length));
        var near = Nearest.To(typed, All.Select(BeginningOf));
        var meant = All.Where(command =>
            near.Count > 0 ? near.Contains(BeginningOf(command)) : command.Words[0] == words[0]);
        return $"There is no command \"{typed}\".{DidYouMean(meant.Select(command => command.Name))}\n"
            + "\"WebApp help\" lists all commands.";
    }

    /// <summary>Without what may follow a "=": it could be a secret.</summary>
    private static string UnknownOption(Command command, string typed)
    {
        var name = typed.Split('=')[0];
        var near = Nearest.To(name, command.Options.Select(option => option.Name));
        var meant = command.Options.Where(option => near.Contains(option.Name)).Select(option => option.Form);
        return $"\"{command.Name}\" has no option {name}{(name == typed ? "" : "=...")}.{DidYouMean(meant)}\n"
            + $"\"WebApp {command.Name} --help\" lists its options.";
    }

    private static string DidYouMean(IEnumerable<string> meant) =>
        string.Join(", ", meant) is { Length: > 0 } names ? $"\nDid you mean: {names}?" : "";

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
