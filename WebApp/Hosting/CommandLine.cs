using WebApp.Accounts;

namespace WebApp.Hosting;

/// <summary>What operators do without a browser: prepare the database, and make the first Admin.</summary>
internal static class CommandLine
{
    private const string Usage = """
        Usage:
          WebApp                                    run the app
          WebApp migrate                            bring the database up to date
          WebApp users add --email ADDRESS [--name NAME] [--role Support|Admin]
                                                    make an account, or give an existing one a role;
                                                    the password of a new account is asked for

        """;

    private static readonly string[] AddUserOptions = ["--email", "--name", "--role"];

    /// <summary>Runs the command that the arguments name and returns its exit code; null when they name none and the app should start.</summary>
    public static async Task<int?> RunAsync(WebApplication app, string[] args)
    {
        switch (args)
        {
            case ["migrate"]:
                await Database.MigrateAsync(app.Services);
                Console.WriteLine("The database is up to date.");
                return 0;
            case ["users", "add", .. var options]:
                return await AddUserAsync(app, options);
            case ["--help" or "-h" or "help", ..]:
                Console.Write(Usage);
                return 0;
            case [{ } word, ..] when !word.StartsWith('-') && !word.Contains('='):
                await Console.Error.WriteLineAsync($"There is no command \"{string.Join(' ', args)}\".\n\n{Usage}");
                return 2;
            default:
                return null;
        }
    }

    private static async Task<int> AddUserAsync(WebApplication app, string[] options)
    {
        var (email, name, role) = (Value(options, "--email"), Value(options, "--name") ?? "", Value(options, "--role"));
        if (email is null || (role is not null && !Roles.All.Contains(role)) || options.Chunk(2).Any(o => o.Length != 2 || !AddUserOptions.Contains(o[0])))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        if (!await Database.IsUpToDateAsync(app.Services))
        {
            await Console.Error.WriteLineAsync("The database is not up to date. Run \"WebApp migrate\" first.");
            return 1;
        }

        await using var scope = app.Services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountCreation>();
        var password = await accounts.ExistsAsync(email) ? "" : AskPassword();
        var result = await accounts.EnsureAsync(email, name, password, role);
        if (!result.Succeeded)
        {
            await Console.Error.WriteLineAsync(string.Join('\n', result.Errors.Select(e => e.Description)));
            return 1;
        }

        Console.WriteLine(role is null ? $"{email} has an account." : $"{email} has an account with the role {role}.");
        return 0;
    }

    private static string? Value(string[] options, string name) =>
        Array.IndexOf(options, name) is var i and >= 0 && i + 1 < options.Length ? options[i + 1] : null;

    /// <summary>From the keyboard without echo, or one line of standard input; never from the command line, which others can read.</summary>
    private static string AskPassword()
    {
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? "";

        Console.Write("Password: ");
        var password = "";
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                password = password.Length > 0 ? password[..^1] : password;
            else if (!char.IsControl(key.KeyChar))
                password += key.KeyChar;
        }

        Console.WriteLine();
        return password;
    }
}
