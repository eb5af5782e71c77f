using System.CommandLine;
using Microsoft.Extensions.Logging.Console;

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

    private const string Help = "--help";

    internal static IReadOnlyList<AppCommand> All => [.. Of(Root())];

    /// <summary>Without files of arguments: a note may begin with "@".</summary>
    private static ParserConfiguration Reading =>
        new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>What goes wrong by our mistake keeps its trace; a signal ends the program as it always does.</summary>
    private static InvocationConfiguration Answering =>
        new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    /// <summary>Whether the arguments name a command, known or not; else the app should start.</summary>
    public static bool IsCommand(string[] args) =>
        args is [{ } word, ..] && !word.StartsWith('-') && !word.Contains('=');

    /// <summary>
    /// Answers what needs no app, and so no settings: a call for help or for what could come next ("[suggest]"), and
    /// what can't be understood. Returns the exit code; null when there is a command to run, or the app to start.
    /// </summary>
    public static async Task<int?> AnswerAsync(string[] args)
    {
        if (!IsCommand(args) && args is not ([Help or "-h" or "-?", ..] or ["--version"]))
            return null;

        var line = Read(args);
        if (FindMistake(line) is { } mistake)
        {
            await CommandContext.RefuseAsync(mistake, asJson: args.Contains(AppOption.JsonName));
            return NotUnderstood;
        }

        return line.Action is null ? null : await line.InvokeAsync(Answering);
    }

    internal static ParseResult Read(params string[] args) => Root().Parse(args, Reading);

    /// <summary>What can't be understood in a command, and what may have been meant; null when all of it can.</summary>
    internal static string? FindMistake(ParseResult line)
    {
        if (line.Errors.Count == 0)
            return null;
        if (line.CommandResult.Command is not AppCommand command)
            return UnknownCommand(line);

        var mistakes = line.UnmatchedTokens is [{ } unknown, ..]
            ? UnknownOption(command, unknown)
            : string.Join('\n', line.Errors.Select(error => error.Message));
        return $"{mistakes}\n\"WebApp {command.FullName} {Help}\" lists its options.";
    }

    /// <summary>Runs a command that <see cref="AnswerAsync"/> has left to run, and returns its exit code.</summary>
    public static async Task<int> RunAsync(WebApplication app, string[] args)
    {
        // At its end the log is written to the last line.
        await using var ended = app;
        await using var scope = app.Services.CreateAsyncScope();
        return await RunAsync(new(scope.ServiceProvider, Read(args)));
    }

    /// <summary>Standard output is for what a command answers, which may be read by a program.</summary>
    public static void LogToStandardError(this WebApplicationBuilder builder) => builder.Services
        .Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    /// <summary>What fails for the machine's sake is said in words, too.</summary>
    internal static async Task<int> RunAsync(CommandContext context)
    {
        var command = (AppCommand)context.Line.CommandResult.Command;
        try
        {
            if (command.NeedsDatabase && !await Database.IsUpToDateAsync(context.Services))
                return await context.NotDoneAsync("The database is not up to date. Run \"WebApp migrate\" first.");

            await using var beside = command.NeedsStore ? await CommandServices.StartAsync(context.Services) : null;
            return await command.RunAsync(context);
        }
        catch (Exception e) when (Faults.InWords(e) is { } why)
        {
            return await context.NotDoneAsync(why);
        }
    }

    /// <summary>Compares as many words as were typed; if none is near, all with the same first are meant.</summary>
    private static string UnknownCommand(ParseResult line)
    {
        var words = line.Tokens.Select(token => token.Value).TakeWhile(word => !word.StartsWith('-')).ToArray();
        var typed = string.Join(' ', words);
        string BeginningOf(string name) => string.Join(' ', name.Split(' ').Take(words.Length));
        var names = Of(line.RootCommandResult.Command).Select(command => command.FullName).ToList();
        var near = Nearest.To(typed, names.Select(BeginningOf));
        var meant = names.Where(name =>
            near.Count > 0 ? near.Contains(BeginningOf(name)) : name.Split(' ')[0] == words.FirstOrDefault());
        return $"There is no command \"{typed}\".{DidYouMean(meant)}\n\"WebApp help\" lists all commands.";
    }

    /// <summary>Without what may follow a "=": it could be a secret.</summary>
    private static string UnknownOption(AppCommand command, string typed)
    {
        var name = typed.Split('=')[0];
        var near = Nearest.To(name, command.Options.Select(option => option.Name));
        return $"\"{command.FullName}\" has no option {name}{(name == typed ? "" : "=...")}.{DidYouMean(near)}";
    }

    private static string DidYouMean(IEnumerable<string> meant) =>
        string.Join(", ", meant) is { Length: > 0 } names ? $"\nDid you mean: {names}?" : "";

    private static RootCommand Root()
    {
        var words = new Argument<string[]>("command") { Arity = ArgumentArity.ZeroOrMore };
        var help = new Command("help", "say what a command takes") { words };
        help.TreatUnmatchedTokensAsErrors = false;
        help.SetAction(line => Read([.. line.GetValue(words)!, Help]).Invoke(Answering));
        return new("Runs the app; with a command, does what operators do without a browser. "
            + "Exit codes: 0 done, 1 not done, 2 not understood.")
        {
            new AppCommand("migrate", "bring the database up to date", DatabaseCommands.MigrateAsync)
            {
                NeedsDatabase = false,
            },
            Group("users", "accounts", new UserCommands().All),
            Group("sessions", "where people are signed in", new SessionCommands().All),
            Group("audit", "the audit log", new AuditCommands().All),
            help,
        };
    }

    private static Command Group(string name, string about, IEnumerable<AppCommand> commands)
    {
        var group = new Command(name);
        foreach (var command in commands)
            group.Add(command);
        group.Description = $"{about}: {string.Join(", ", group.Subcommands.Select(command => command.Name))}";
        return group;
    }

    private static IEnumerable<AppCommand> Of(Command command) =>
        command is AppCommand leaf ? [leaf] : command.Subcommands.SelectMany(Of);
}
