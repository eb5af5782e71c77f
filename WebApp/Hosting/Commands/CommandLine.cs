using System.Data.Common;
using System.Text;
using Microsoft.EntityFrameworkCore;
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

        await using var scope = app.Services.CreateAsyncScope();
        return await RunAsync(named, new(scope.ServiceProvider, arguments));
    }

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
