using System.Globalization;
using WebApp.Admin;
using WebApp.Pages;

namespace WebApp.Hosting.Commands;

/// <summary>What commands about one person have in common: whose account, why, and how it is told what became of it.</summary>
internal static class PersonCommand
{
    public static readonly Option Email = new("--email", "ADDRESS", "whose account");
    public static readonly Option Id = new("--id", "ID", "the account's id, instead of the address");

    /// <summary>Why: for every act.</summary>
    public static Option[] Why =>
    [
        new("--reason", string.Join('|', StaffReason.Allowed), "the person is told") { Required = true },
        new("--case", "REFERENCE", "the person is told") { Required = true },
        new("--note", "TEXT", "for staff only; needed for the reason Other"),
    ];

    /// <summary>The reason that was given; null with what is wrong with it.</summary>
    public static (StaffReason? Reason, string Problems) ReadReason(CommandContext context)
    {
        var (reason, problems) = context.Get<StaffReasons>().Read(context.Arguments["--reason"], context.Arguments["--case"], context.Arguments["--note"]);
        return (reason is null ? null : reason with { InWords = Words.Of(reason.Reason) }, string.Join('\n', problems.Values));
    }

    /// <param name="context">The command.</param>
    /// <param name="act">Given the person and the reason; null when what confirms it is wrong.</param>
    public static async Task<int> ActAsync(CommandContext context, Func<Person, StaffReason, Task<StaffActResult?>> act)
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
    public static async Task<Person?> FindAsync(CommandContext context)
    {
        var people = context.Get<UserDirectory>();
        return (context.Arguments[Email.Name], context.Arguments[Id.Name]) switch
        {
            ({ } email, null) => await people.FindByEmailAsync(email),
            (null, { } text) => Guid.TryParse(text, CultureInfo.InvariantCulture, out var id) ? await people.FindAsync(id) : null,
            _ => null,
        };
    }

    public static Task<int> NobodyAsync(CommandContext context) =>
        context.Arguments.Has(Email.Name) == context.Arguments.Has(Id.Name)
            ? context.NotUnderstoodAsync($"Say whose account: {Email.Form}, or {Id.Form}.")
            : context.NotDoneAsync("There is no such account.");
}
