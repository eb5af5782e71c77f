using System.Globalization;
using WebApp.Accounts;
using WebApp.Admin;

namespace WebApp.Hosting.Commands;

/// <summary>What concerns one account. Acts on people follow the rules of the staff's pages, reason and receipt included; the operator counts as an Admin.</summary>
internal static class UserCommands
{
    private const string Forever = "forever";
    private const string NoRole = "none";

    private static readonly Option Until = new("--until", "TIME", $"in UTC, such as 2030-01-31T12:00, or {Forever}") { Required = true };
    private static readonly Option Off = new("--off", null, "no longer require it");
    private static readonly Option Confirm = new("--confirm", "ADDRESS", "the account's address, once more") { Required = true };
    private static readonly Option Query = new("--query", "TEXT", "how the address, the name or the id begins");
    private static readonly Option Banned = new("--banned", null, "only people who are banned");
    private static readonly Option OneFactor = new("--no-second-factor", null, "only people without one");
    private static readonly Option After = new("--after", "PLACE", "where the page before ended");

    private static Option Role => new("--role", string.Join('|', Roles.All), "only people with this role");

    private static Option Wanted =>
        new("--roles", "ROLES", $"all that the person is to have, with commas: of {string.Join(" and ", Roles.All)}; or {NoRole}")
        {
            Required = true,
        };

    public static Command[] All =>
    [
        new("users add", "make an account, whose password is asked for; while there is no Admin, also give an existing one a role", AddAsync)
        {
            Options = [PersonCommand.Email with { Required = true }, new("--name", "NAME", "what the person is called"), Role with { Does = "what the person may do" }, Option.Json],
        },
        new("users list", $"find people, {UserDirectory.PageSize} at a time, by address", ListAsync) { Options = [Query, Role, Banned, OneFactor, After, Option.Json] },
        new("users show", "say what is known of an account", ShowAsync) { Options = [PersonCommand.Email, PersonCommand.Id, Option.Json] },
        Act("users ban", "let nobody sign in to an account, and end its sessions", BanAsync, Until),
        Act("users unban", "end a ban", context => ActAsync(context, async (acts, person, reason) => await acts.UnbanAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("users roles", "set what the person may do", RolesAsync, Wanted),
        Act("users require-reset", "let nobody sign in before the password is reset by mail, and end the sessions",
            context => ActAsync(context, async (acts, person, reason) => await acts.RequireResetAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("users require-second-factor", "have the person set up a second factor before anything else",
            context => ActAsync(context, async (acts, person, reason) => context.Arguments.Has(Off.Name)
                ? await acts.ExcuseSecondFactorAsync(StaffMember.CommandLine, person.Id, reason)
                : await acts.RequireSecondFactorAsync(StaffMember.CommandLine, person.Id, reason)), Off),
        Act("users remove-factors", "take away every second factor of a person who has lost them, and end the sessions",
            context => ActAsync(context, async (acts, person, reason) => await acts.RemoveFactorsAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("users delete", "delete an account, which can't be undone", DeleteAsync, Confirm),
    ];

    private static Command Act(string name, string does, Func<CommandContext, Task<int>> run, params Option[] own) =>
        new(name, does, run) { Options = [PersonCommand.Email, PersonCommand.Id, .. own, .. PersonCommand.Why, Option.Json], NeedsStore = true };

    private static async Task<int> AddAsync(CommandContext context)
    {
        var (email, role) = (context.Arguments["--email"]!, context.Arguments["--role"]);
        var (accounts, people) = (context.Get<AccountCreation>(), context.Get<UserDirectory>());
        var known = await people.FindByEmailAsync(email);
        // Later ones are changed under the rules of the staff's pages, with a reason and a receipt; the first Admin has nobody to ask.
        if (known is not null && role is not null && !known.Roles.Contains(role) && (await people.SearchAsync(new(Role: Roles.Admin))).People.Count > 0)
            return await context.NotDoneAsync($"{email} has an account. Give it a role with \"users roles\", which asks for a reason and a case.");

        var password = known is not null ? "" : AskPassword();
        var result = await accounts.EnsureAsync(email, context.Arguments["--name"] ?? "", password, role);
        return result.Succeeded
            ? context.Done(role is null ? $"{email} has an account." : $"{email} has an account with the role {role}.", new { email, role })
            : await context.NotDoneAsync(string.Join('\n', result.Errors.Select(e => e.Description)));
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        var found = await context.Get<UserDirectory>().SearchAsync(
            new(context.Arguments[Query.Name], context.Arguments[Role.Name], context.Arguments.Has(Banned.Name), context.Arguments.Has(OneFactor.Name)), context.Arguments[After.Name]);
        var lines = found.People.Select(person => string.Join('\t', person.Id, person.Email, string.Join(',', person.Roles), person.Name));
        return context.Done(
            string.Join('\n', found.Next is null ? lines : lines.Append($"There are more: {After.Name} {found.Next}")),
            new { people = found.People.Select(FactsOf), next = found.Next });
    }

    private static async Task<int> ShowAsync(CommandContext context)
    {
        if (await PersonCommand.FindAsync(context) is not { } person)
            return await PersonCommand.NobodyAsync(context);

        var facts = FactsOf(person);
        return context.Done(string.Join('\n', facts.GetType().GetProperties().Select(fact => $"{fact.Name}: {Text(fact.GetValue(facts))}")), facts);

        static string Text(object? value) => value switch
        {
            IEnumerable<string> names => string.Join(", ", names),
            DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }

    private static async Task<int> BanAsync(CommandContext context)
    {
        var (text, now) = (context.Arguments[Until.Name]!, context.Get<TimeProvider>().GetUtcNow());
        var until = DateTimeOffset.MaxValue;
        if (text != Forever && (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out until) || until <= now))
            return await context.NotUnderstoodAsync($"{Until.Name} takes a time to come, {Until.Does}.");

        return await ActAsync(context, async (acts, person, reason) => await acts.BanAsync(StaffMember.CommandLine, person.Id, until, reason));
    }

    private static async Task<int> RolesAsync(CommandContext context)
    {
        var text = context.Arguments[Wanted.Name]!;
        var roles = text == NoRole ? [] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return roles.All(role => Roles.All.Contains(role))
            ? await ActAsync(context, async (acts, person, reason) => await acts.ChangeRolesAsync(StaffMember.CommandLine, person.Id, [.. roles.Distinct(StringComparer.Ordinal)], reason))
            : await context.NotUnderstoodAsync($"{Wanted.Name} takes {Wanted.Does}.");
    }

    private static Task<int> DeleteAsync(CommandContext context) => ActAsync(context, async (acts, person, reason) =>
        string.Equals(context.Arguments[Confirm.Name], person.Email, StringComparison.OrdinalIgnoreCase) ? await acts.DeleteAsync(StaffMember.CommandLine, person.Id, reason) : null);

    private static Task<int> ActAsync(CommandContext context, Func<AccountActs, Person, StaffReason, Task<StaffActResult?>> act) =>
        PersonCommand.ActAsync(context, (person, reason) => act(context.Get<AccountActs>(), person, reason));

    private static object FactsOf(Person person) => new
    {
        person.Id,
        person.Email,
        person.Name,
        person.CreatedAt,
        person.Roles,
        person.EmailConfirmed,
        person.HasSecondFactor,
        person.SecondFactorRequired,
        person.BannedUntil,
        person.MustResetPassword,
    };

    /// <summary>From the keyboard without echo, or one line of standard input; never from the command line, which others can read.</summary>
    private static string AskPassword()
    {
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? "";

        Console.Error.Write("Password: ");
        var password = "";
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                password = password.Length > 0 ? password[..^1] : password;
            else if (!char.IsControl(key.KeyChar))
                password += key.KeyChar;
        }

        Console.Error.WriteLine();
        return password;
    }
}
