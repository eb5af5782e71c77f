using System.CommandLine;
using System.Globalization;
using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Texts;

namespace WebApp.Hosting.Commands;

/// <summary>What concerns one account. Acts on people follow the rules of the staff's pages, reason and receipt included; the operator counts as an Admin.</summary>
internal sealed class UserCommands : PersonCommands
{
    private const string Forever = "forever";
    private const string NoRole = "none";
    private const string UntilForm = $"in UTC, such as 2030-01-31T12:00, or {Forever}";

    private readonly Option<string> _newEmail = AppOption.Text("--email", "ADDRESS", "whose account").Required();
    private readonly Option<string> _name = AppOption.Text("--name", "NAME", "what the person is called");
    private readonly Option<string> _newRole = AppOption.OneOf<string>("--role", "what the person may do", Roles.All);
    private readonly Option<string> _role = AppOption.OneOf<string>("--role", "only people with this role", Roles.All);

    private readonly Option<string> _query =
        AppOption.Text("--query", "TEXT", "how the address, the name or the id begins");

    private readonly Option<bool> _banned = AppOption.Flag("--banned", "only people who are banned");
    private readonly Option<bool> _oneFactor = AppOption.Flag("--no-second-factor", "only people without one");
    private readonly Option<string> _after = AppOption.Text("--after", "PLACE", "where the page before ended");
    private readonly Option<string> _until = AppOption.Text("--until", "TIME", UntilForm).Required();
    private readonly Option<bool> _off = AppOption.Flag("--off", "no longer require it");

    private readonly Option<string> _confirm =
        AppOption.Text("--confirm", "ADDRESS", "the account's address, once more").Required();

    private readonly Option<string[]?> _roles =
        AppOption.Of("--roles", "ROLES", RolesForm, RolesIn, RolesForm).Required();

    private static string RolesForm =>
        $"all that the person is to have, with commas: of {string.Join(" and ", Roles.All)}; or {NoRole}";

    public IEnumerable<AppCommand> All =>
    [
        new("add",
            "make an account, whose password is asked for; while there is no Admin, also give an existing one a role",
            AddAsync, _newEmail, _name, _newRole, AppOption.Json),
        new("list", $"find people, {UserDirectory.PageSize} at a time, by address", ListAsync,
            _query, _role, _banned, _oneFactor, _after, AppOption.Json),
        new("show", "say what is known of an account", ShowAsync, Email, Id, AppOption.Json),
        Act("ban", "let nobody sign in to an account, and end its sessions", BanAsync, _until),
        Act("unban", "end a ban", context => ActAsync(context, async (acts, person, reason) => await acts.UnbanAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("roles", "set what the person may do", RolesAsync, _roles),
        Act("require-reset", "let nobody sign in before the password is reset by mail, and end the sessions",
            context => ActAsync(context, async (acts, person, reason) => await acts.RequireResetAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("require-second-factor", "have the person set up a second factor before anything else",
            context => ActAsync(context, async (acts, person, reason) => context.Value(_off)
                ? await acts.ExcuseSecondFactorAsync(StaffMember.CommandLine, person.Id, reason)
                : await acts.RequireSecondFactorAsync(StaffMember.CommandLine, person.Id, reason)), _off),
        Act("remove-factors", "take away every second factor of a person who has lost them, and end the sessions",
            context => ActAsync(context, async (acts, person, reason) => await acts.RemoveFactorsAsync(StaffMember.CommandLine, person.Id, reason))),
        Act("delete", "delete an account, which can't be undone", DeleteAsync, _confirm),
    ];

    private async Task<int> AddAsync(CommandContext context)
    {
        var (email, name, role) =
            (EmailAddress.Of(context.Value(_newEmail)), context.Value(_name) ?? "", context.Value(_newRole));
        var (accounts, people) = (context.Get<AccountCreation>(), context.Get<UserDirectory>());
        if (name.Length > 0 && (!ShownText.IsGood(name) || ShownText.Of(name).Length > AppUser.MaxNameLength))
            return await context.NotUnderstoodAsync(
                $"{_name.Name} takes at most {AppUser.MaxNameLength} characters. "
                + "Some of them can be seen, and none turns the others.");

        var known = await people.FindByEmailAsync(email);
        // Later ones are changed under the rules of the staff's pages, with a reason and a receipt; the first Admin has nobody to ask.
        if (known is not null && role is not null && !known.Roles.Contains(role) && (await people.SearchAsync(new(Role: Roles.Admin))).People.Count > 0)
            return await context.NotDoneAsync($"{email} has an account. Give it a role with \"users roles\", which asks for a reason and a case.");

        var password = known is not null ? "" : AskPassword();
        var result = await accounts.EnsureAsync(email, name, password, role);
        return result.Succeeded
            ? context.Done(role is null ? $"{email} has an account." : $"{email} has an account with the role {role}.", new { email, role })
            : await context.NotDoneAsync(string.Join('\n', result.Errors.Select(e => e.Description)));
    }

    private async Task<int> ListAsync(CommandContext context)
    {
        var found = await context.Get<UserDirectory>().SearchAsync(
            new(context.Value(_query), context.Value(_role), context.Value(_banned), context.Value(_oneFactor)),
            context.Value(_after));
        var lines = found.People.Select(person => string.Join('\t', person.Id, person.Email, string.Join(',', person.Roles), person.Name));
        return context.Done(
            string.Join('\n', found.Next is null ? lines : lines.Append($"There are more: {_after.Name} {found.Next}")),
            new { people = found.People.Select(FactsOf), next = found.Next });
    }

    private async Task<int> ShowAsync(CommandContext context)
    {
        if (await FindAsync(context) is not { } person)
            return await NobodyAsync(context);

        var facts = FactsOf(person);
        return context.Done(string.Join('\n', facts.GetType().GetProperties().Select(fact => $"{fact.Name}: {Text(fact.GetValue(facts))}")), facts);

        static string Text(object? value) => value switch
        {
            IEnumerable<string> names => string.Join(", ", names),
            DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }

    private async Task<int> BanAsync(CommandContext context)
    {
        var (text, now) = (context.Value(_until)!, context.Get<TimeProvider>().GetUtcNow());
        var until = DateTimeOffset.MaxValue;
        if (text != Forever && (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out until) || until <= now))
            return await context.NotUnderstoodAsync($"{_until.Name} takes a time to come, {UntilForm}.");

        return await ActAsync(context, async (acts, person, reason) => await acts.BanAsync(StaffMember.CommandLine, person.Id, until, reason));
    }

    private Task<int> RolesAsync(CommandContext context) => ActAsync(context, async (acts, person, reason) =>
        await acts.ChangeRolesAsync(StaffMember.CommandLine, person.Id, context.Value(_roles)!, reason));

    private Task<int> DeleteAsync(CommandContext context) => ActAsync(context, async (acts, person, reason) =>
        EmailAddress.KeyOf(context.Value(_confirm)) == EmailAddress.KeyOf(person.Email)
            ? await acts.DeleteAsync(StaffMember.CommandLine, person.Id, reason) : null);

    private Task<int> ActAsync(CommandContext context, Func<AccountActs, Person, StaffReason, Task<StaffActResult?>> act) =>
        ActAsync(context, (person, reason) => act(context.Get<AccountActs>(), person, reason));

    /// <summary>Null when a word is no role.</summary>
    private static string[]? RolesIn(string text)
    {
        const StringSplitOptions Words = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        string[] roles = text == NoRole ? [] : text.Split(',', Words);
        return roles.All(role => Roles.All.Contains(role)) ? [.. roles.Distinct(StringComparer.Ordinal)] : null;
    }

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
