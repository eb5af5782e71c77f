using System.CommandLine;
using System.Globalization;
using WebApp.Admin;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Hosting.Commands;

/// <summary>What concerns sessions. Acts follow the rules of the staff's pages; the operator counts as an Admin, and needs no second one for everyone's.</summary>
internal sealed class SessionCommands : PersonCommands
{
    private const string Everyone = "everyone";

    private readonly Option<SessionId?> _session = AppOption.Of<SessionId?>("--session", "ID", "which session",
        text => SessionId.TryParse(text, CultureInfo.InvariantCulture, out var id) ? id : null,
        "the id of a session, as \"sessions list\" shows it").Required();

    private readonly Option<bool> _everyone = AppOption.Flag($"--{Everyone}", "not one person's, but all there are");

    private readonly Option<string> _confirm =
        AppOption.OneOf<string>("--confirm", $"with --{Everyone}, to say that it is meant", [Everyone]);

    public IEnumerable<AppCommand> All =>
    [
        new("list", "show where a person is signed in, and which of their sessions ended early", ListAsync,
            Email, Id, AppOption.Json) { NeedsStore = true },
        Act("end", "end one session of a person", EndAsync, _session),
        Act("end-all", "end all sessions of a person, or of everyone", EndAllAsync, _everyone, _confirm),
    ];

    private async Task<int> ListAsync(CommandContext context)
    {
        if (await FindAsync(context) is not { } person)
            return await NobodyAsync(context);

        var all = await context.Get<SessionManager>().ListAsync(person.Id);
        var lines = all.Live.Concat(all.Revoked).Select(session => string.Join('\t', session.Id, session.Device,
            Words.OfNetwork(session.LastAddress), Time(session.LastSeenAt),
            session.Revocation is { } end ? $"ended {Time(end.At)}: {Words.Of(end.Reason)}" : session.Lock is null ? "live" : "locked"));
        return context.Done(string.Join('\n', lines), all.Live.Concat(all.Revoked).Select(FactsOf));
    }

    private Task<int> EndAsync(CommandContext context) =>
        ActAsync(context, async (person, reason) => await context.Get<ForcedSignOut>()
            .EndOneAsync(StaffMember.CommandLine, person.Id, context.Value(_session)!.Value, reason));

    private async Task<int> EndAllAsync(CommandContext context)
    {
        var (isForAll, isConfirmed) = (context.Value(_everyone), context.Value(_confirm) is not null);
        if (!isForAll && !isConfirmed)
        {
            return await ActAsync(context, async (person, reason) => await context.Get<ForcedSignOut>()
                .EndAllAsync(StaffMember.CommandLine, person.Id, reason));
        }

        if (!isForAll || !isConfirmed || context.Value(Email) is not null || context.Value(Id) is not null)
        {
            return await context.NotUnderstoodAsync(
                $"To end everyone's sessions say {_everyone.Name} {_confirm.Name} {Everyone}, and no person.");
        }

        var (reason, problems) = ReadReason(context);
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
