using System.CommandLine;
using System.Globalization;
using WebApp.Admin;
using WebApp.Pages;
using WebApp.Texts;

namespace WebApp.Hosting.Commands;

/// <summary>
/// What commands about one person have in common: whose account, why, and how it is told what became of it.
/// </summary>
internal abstract class PersonCommands
{
    private readonly Option<string> _reason = AppOption.OneOf<string>(
        "--reason", "the person is told", StaffReason.Allowed.Select(reason => $"{reason}")).Required();

    private readonly Option<string> _case = AppOption.Text("--case", "REFERENCE", "the person is told").Required();

    private readonly Option<string> _note =
        AppOption.Text("--note", "TEXT", "for staff only; needed for the reason Other");

    protected Option<string> Email { get; } = AppOption.Text("--email", "ADDRESS", "whose account");

    protected Option<string> Id { get; } = AppOption.Text("--id", "ID", "the account's id, instead of the address");

    /// <summary>A command that acts on one person, whom it tells why.</summary>
    protected AppCommand Act(string name, string does, Func<CommandContext, Task<int>> runAsync, params Option[] own) =>
        new(name, does, runAsync, [Email, Id, .. own, _reason, _case, _note, AppOption.Json]) { NeedsStore = true };

    /// <summary>The reason that was given; null with what is wrong with it.</summary>
    protected (StaffReason? Reason, string Problems) ReadReason(CommandContext context)
    {
        var (reason, problems) = context.Get<StaffReasons>()
            .Read(context.Value(_reason), context.Value(_case), context.Value(_note));
        return (reason is null ? null : reason with { InWords = Words.Of(reason.Reason) }, string.Join('\n', problems.Values));
    }

    /// <param name="context">The command.</param>
    /// <param name="act">Given the person and the reason; null when what confirms it is wrong.</param>
    protected async Task<int> ActAsync(CommandContext context, Func<Person, StaffReason, Task<StaffActResult?>> act)
    {
        var (reason, problems) = ReadReason(context);
        if (reason is null)
            return await context.NotUnderstoodAsync(problems);
        if (await FindAsync(context) is not { } person)
            return await NobodyAsync(context);
        if (await act(person, reason) is not { } result)
            return await context.NotUnderstoodAsync("--confirm is not the address of that account. Nothing was done.");

        return result switch
        {
            { Outcome: StaffActOutcome.Done } => context.Done(
                $"Done for {person.Email}: {Words.Count(result.Ended, "session")} ended. Receipt {result.ReceiptId}.",
                new { email = person.Email, id = person.Id, ended = result.Ended, receipt = result.ReceiptId }),
            { Outcome: StaffActOutcome.Unconfirmed } => await context.NotDoneAsync(
                $"We could not confirm which sessions of {person.Email} ended; it is tried again until it is. Receipt {result.ReceiptId} tells."),
            { Failure: { } failure } => await context.NotDoneAsync($"{Words.Of(failure)} Receipt {result.ReceiptId}."),
            { Refusal: { } refusal } => await context.NotDoneAsync(Words.Of(refusal)),
            _ => await NobodyAsync(context),
        };
    }

    /// <summary>Null when there is no such account, and when the command names none, or two.</summary>
    protected async Task<Person?> FindAsync(CommandContext context)
    {
        var people = context.Get<UserDirectory>();
        return (context.Value(Email), context.Value(Id)) switch
        {
            ({ } email, null) => await people.FindByEmailAsync(email),
            (null, { } text) => Guid.TryParse(ShownText.Of(text), CultureInfo.InvariantCulture, out var id)
                ? await people.FindAsync(id) : null,
            _ => null,
        };
    }

    protected Task<int> NobodyAsync(CommandContext context) =>
        context.Value(Email) is null == context.Value(Id) is null
            ? context.NotUnderstoodAsync(
                $"Say whose account: {Email.Name} {Email.HelpName}, or {Id.Name} {Id.HelpName}.")
            : context.NotDoneAsync("There is no such account.");
}
