using System.CommandLine;
using System.Globalization;
using System.IO.Pipelines;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Hosting.Commands;

/// <summary>The audit log's proof, and the way out of it without a browser.</summary>
internal sealed class AuditCommands
{
    private const string Csv = "csv";
    private const string TimeForm = "yyyy-MM-ddTHH:mm";
    private const string TimeLike = "a time (UTC) such as 2026-11-21 or 2026-11-21T14:30";

    private readonly Option<AuditAnchor?> _expect = AppOption.Of("--expect", "HEAD",
        "a head that was kept elsewhere and has to be part of the log", AuditAnchor.Parse,
        "a head, such as \"audit head\" prints");

    private readonly Option<string> _format =
        AppOption.OneOf<string>("--format", "for spreadsheets, or for programs", [Csv, "jsonl"]).Required();

    private readonly Option<DateTimeOffset?> _from =
        AppOption.Of("--from", "TIME", $"written at {TimeLike}, or later", TimeOf, TimeLike);

    private readonly Option<DateTimeOffset?> _to =
        AppOption.Of("--to", "TIME", "written before then", TimeOf, TimeLike);

    private readonly Option<string> _actor = AppOption.Text("--actor", "WHO", "done by: e-mail address or user id");
    private readonly Option<string> _subject = AppOption.Text("--subject", "WHO", "about: e-mail address or user id");

    private readonly Option<AuditAction?> _action = AppOption.OneOf<AuditAction?>(
        "--action", "what was done, such as SignedIn", Enum.GetNames<AuditAction>(), "NAME");

    private readonly Option<string> _case = AppOption.Text("--case", "REFERENCE", "for that case");

    private readonly Option<string> _output = AppOption.Text(
        "--output", "FILE", "a new file, readable for this user only; without it standard output");

    private readonly Option<string> _file = AppOption.Text("--file", "FILE", "the ZIP file").Required();

    private readonly Option<string> _key = AppOption.Text(
        "--key", "FILE", "the public key (PEM) that it has to be signed with; without it this log's own");

    private readonly Option<bool> _keyIsLost = AppOption.Flag(
        "--key-is-lost", "that this is so: what entries say can be proved from now on only").Required();

    public IEnumerable<AppCommand> All =>
    [
        new("verify", "compute the chain anew and say whether the log is as it was written", VerifyAsync,
            _expect, AppOption.Json),
        new("head", "say where the log ends, to be kept elsewhere", HeadAsync, AppOption.Json),
        new("export", "write entries, oldest first; that you did becomes one", ExportAsync,
            _format, _from, _to, _actor, _subject, _action, _case, _output),
        new("key", "print the public key that bundles are signed with", PrintKeyAsync) { NeedsDatabase = false },
        new("verify-bundle", "say whether a signed bundle is as it was made", VerifyBundleAsync,
            _file, _key) { NeedsDatabase = false },
        Restart(),
    ];

    private AppCommand Restart()
    {
        var restart = new AppCommand(
            "restart", "chain all entries anew when the key is lost for good", RestartAsync, _keyIsLost, AppOption.Json)
        {
            NeedsDatabase = false,
        };
        // System.CommandLine does not insist on a required option that takes no value.
        restart.Validators.Add(given =>
        {
            if (given.GetResult(_keyIsLost) is null or { Implicit: true })
                given.AddError($"Option '{_keyIsLost.Name}' is required.");
        });
        return restart;
    }

    private async Task<int> VerifyAsync(CommandContext context)
    {
        var verdict = await context.Get<AuditVerifier>().VerifyAsync(context.Value(_expect));
        var facts = new { fits = verdict.Misfit is null, entries = verdict.Count, from = verdict.Start.LastId, checkpoint = verdict.Checkpoint, head = $"{verdict.Head}", entry = verdict.Misfit?.EntryId, why = verdict.Misfit?.What };
        if (verdict.Misfit is null)
            return context.Done($"{verdict}", facts);

        if (!context.AsJson)
            return await context.NotDoneAsync($"{verdict}");

        context.Done("", facts);
        return CommandLine.NotDone;
    }

    private static async Task<int> HeadAsync(CommandContext context)
    {
        var head = await context.Get<AuditLog>().HeadAsync();
        return context.Done($"{head}", new { head = $"{head}", lastId = head.LastId });
    }

    private async Task<int> ExportAsync(CommandContext context)
    {
        var (filter, mistake) = await FilterOf(context);
        if (mistake is not null)
            return await context.NotUnderstoodAsync(mistake);

        Stream file;
        try
        {
            file = context.Value(_output) is { } path ? MakePrivate(path) : Console.OpenStandardOutput();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await context.NotDoneAsync($"The file can't be made: {e.Message}");
        }

        await using (file)
        {
            var audit = context.Get<AuditLog>();
            var last = await audit.AppendAsync(new() { Action = AuditAction.AuditExported, CaseReference = filter.CaseReference, Details = Cut($"command line, {context.Value(_format)}, {filter}") });
            var format = context.Value(_format) == Csv ? AuditFormat.Csv : AuditFormat.JsonLines;
            var writer = PipeWriter.Create(file, new(leaveOpen: true));
            var count = await AuditFile.WriteAsync(writer, format, audit.ReadAsync(filter, last - 1), CancellationToken.None);
            await writer.CompleteAsync();
            await Console.Error.WriteLineAsync($"{count} entries.");
        }

        return CommandLine.Done;
    }

    private async Task<(AuditFilter Filter, string? Mistake)> FilterOf(CommandContext context)
    {
        var desk = context.Get<AuditDesk>();
        async Task<Guid?> FindAsync(Option<string> option) =>
            context.Value(option) is { } who ? await desk.FindPersonAsync(who) : null;

        var filter = new AuditFilter
        {
            Action = context.Value(_action),
            ActorId = await FindAsync(_actor),
            SubjectId = await FindAsync(_subject),
            CaseReference = context.Value(_case),
            From = context.Value(_from),
            To = context.Value(_to),
        };
        if (filter.FindMistake() is not null)
        {
            return (filter,
                $"{_case.Name} takes at most {AuditEntry.MaxCaseReferenceLength} characters, and no special ones.");
        }

        var stranger = filter.ActorId is null ? context.Value(_actor) : null;
        stranger ??= filter.SubjectId is null ? context.Value(_subject) : null;
        return (filter, stranger is null
            ? null
            : $"No account has the address {stranger}. One that was deleted is found by its id.");
    }

    private static Task<int> PrintKeyAsync(CommandContext context) => Task.FromResult(context.Done(context.Get<AuditKey>().PublicKey().TrimEnd(), ""));

    private async Task<int> VerifyBundleAsync(CommandContext context)
    {
        var publicKey = context.Value(_key) is { } path ? await File.ReadAllTextAsync(path) : null;
        await using var file = File.OpenRead(context.Value(_file)!);
        return context.Get<AuditBundle>().FindMisfit(file, publicKey) is { } misfit
            ? await context.NotDoneAsync($"The bundle does not fit: {misfit}.")
            : context.Done("The bundle is as it was made and signed.", "");
    }

    private static async Task<int> RestartAsync(CommandContext context) => await context.Get<AuditRestart>().RestartAsync() is { } head
        ? context.Done($"All entries are chained anew. The log ends with {head}.", new { head = $"{head}" })
        : await context.NotDoneAsync("The log was written with this key. Nothing was done.");

    private static DateTimeOffset? TimeOf(string text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd", TimeForm], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static FileStream MakePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, options);
    }

    private static string Cut(string text) => text.Length <= AuditEntry.MaxDetailsLength ? text : text[..AuditEntry.MaxDetailsLength];
}
