using WebApp.Accounts;

namespace WebApp.Hosting.Commands;

/// <summary>What concerns one account.</summary>
internal static class UserCommands
{
    private static readonly Option Email = new("--email", "ADDRESS", "whose account") { Required = true };

    public static readonly Command[] All =
    [
        new("users add", "make an account, or give an existing one a role; the password of a new one is asked for", AddAsync)
        {
            Options = [Email, new("--name", "NAME", "what the person is called"), new("--role", string.Join('|', Roles.All), "what the person may do"), Option.Json],
        },
    ];

    private static async Task<int> AddAsync(CommandContext context)
    {
        var (email, role) = (context.Arguments["--email"]!, context.Arguments["--role"]);
        var accounts = context.Get<AccountCreation>();
        var password = await accounts.ExistsAsync(email) ? "" : AskPassword();
        var result = await accounts.EnsureAsync(email, context.Arguments["--name"] ?? "", password, role);
        return result.Succeeded
            ? context.Done(role is null ? $"{email} has an account." : $"{email} has an account with the role {role}.", new { email, role })
            : await CommandContext.NotDoneAsync(string.Join('\n', result.Errors.Select(e => e.Description)));
    }

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
