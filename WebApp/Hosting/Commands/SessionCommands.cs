using System.Globalization;
using WebApp.Admin;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting.Commands;

/// <summary>What concerns sessions. Acts follow the rules of the staff's pages; the operator counts as an Admin, and needs no second one for everyone's.</summary>
internal static class SessionCommands
{
    private const string Everyone = "everyone";

    private static readonly Option Session = new("--session", "ID", "which session") { Required = true };
    private static readonly Option OfEveryone = new("--everyone", null, "not one person's, but all there are");
    private static readonly Option Confirm = new("--confirm", Everyone, $"with --{Everyone}, to say that it is meant");

    public static Command[] All =>
    [
        new("sessions list", "show where a person is signed in, and which of their sessions ended early", ListAsync)
        {
            Options = [PersonCommand.Email, PersonCommand.Id, Option.Json],
            NeedsStore = true,
        },
        new("sessions end", "end one session of a person", EndAsync)
        {
            Options = [PersonCommand.Email, PersonCommand.Id, Session, .. PersonCommand.Why, Option.Json],
            NeedsStore = true,
        },
        new("sessions end-all", "end all sessions of a person, or of everyone", EndAllAsync)
        {
            Options = [PersonCommand.Email, PersonCommand.Id, OfEveryone, Confirm, .. PersonCommand.Why, Option.Json],
            NeedsStore = true,
        },
    ];

    private static async Task<int> ListAsync(CommandContext context)
    {
        if (await PersonCommand.FindAsync(context) is not { } person)
            return await PersonCommand.NobodyAsync(context);

        var all = await context.Get<SessionManager>().ListAsync(person.Id);
        var lines = all.Live.Concat(all.Revoked).Select(session => string.Join('\t', session.Id, session.Device,
            Words.OfNetwork(session.LastAddress), Time(session.LastSeenAt),
            session.Revocation is { } end ? $"ended {Time(end.At)}: {Words.Of(end.Reason)}" : session.Lock is null ? "live" : "locked"));
        return context.Done(string.Join('\n', lines), all.Live.Concat(all.Revoked).Select(FactsOf));
    }

    private static Task<int> EndAsync(CommandContext context) => SessionId.TryParse(context.Arguments[Session.Name], CultureInfo.InvariantCulture, out var id)
        ? PersonCommand.ActAsync(context, async (person, reason) => await context.Get<ForcedSignOut>().EndOneAsync(StaffMember.CommandLine, person.Id, id, reason))
        : context.NotUnderstoodAsync($"{Session.Name} takes the id of a session, as \"sessions list\" shows it.");

    private static async Task<int> EndAllAsync(CommandContext context)
    {
        var isForAll = context.Arguments.Has(OfEveryone.Name);
        if (!isForAll && !context.Arguments.Has(Confirm.Name))
            return await PersonCommand.ActAsync(context, async (person, reason) => await context.Get<ForcedSignOut>().EndAllAsync(StaffMember.CommandLine, person.Id, reason));
        if (!isForAll || context.Arguments[Confirm.Name] != Everyone || context.Arguments.Has(PersonCommand.Email.Name) || context.Arguments.Has(PersonCommand.Id.Name))
            return await context.NotUnderstoodAsync($"To end everyone's sessions say {OfEveryone.Form} {Confirm.Form}, and no person.");

        var (reason, problems) = PersonCommand.ReadReason(context);
        if (reason is null)
            return await context.NotUnderstoodAsync(problems);

        return await context.Get<ForcedSignOut>().EndEveryoneAsync(StaffMember.CommandLine, reason)
            ? context.Done("Everyone's sessions are ended.", new { ended = Everyone })
            : await context.NotDoneAsync("We could not confirm it. If it has begun, the instances see it through as soon as the store answers.");
    }

    private static object FactsOf(UserSession session) => new
    {
        id = session.Id.ToString(),
        device = session.Device.ToString(),
        network = Words.OfNetwork(session.LastAddress),
        session.CreatedAt,
        session.LastSeenAt,
        locked = session.Lock?.Reason,
        endedAt = session.Revocation?.At,
        reason = session.Revocation?.Reason,
        caseReference = session.Revocation?.CaseReference,
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
