using System.Globalization;
using System.IO.Pipelines;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Hosting.Commands;

/// <summary>The audit log's proof, and the way out of it without a browser.</summary>
internal static class AuditCommands
{
    private const string Csv = "csv";
    private const string TimeForm = "yyyy-MM-ddTHH:mm";

    private static readonly Option Format = new("--format", $"{Csv}|jsonl", "for spreadsheets, or for programs") { Required = true };
    private static readonly Option Expect = new("--expect", "HEAD", "a head that was kept elsewhere and has to be part of the log");
    private static readonly Option From = new("--from", "TIME", "written then (UTC) or later: 2026-11-21 or 2026-11-21T14:30");
    private static readonly Option To = new("--to", "TIME", "written before then");
    private static readonly Option Actor = new("--actor", "WHO", "done by: e-mail address or user id");
    private static readonly Option Subject = new("--subject", "WHO", "about: e-mail address or user id");
    private static readonly Option Action = new("--action", "NAME", "what was done, such as SignedIn");
    private static readonly Option Case = new("--case", "REFERENCE", "for that case");
    private static readonly Option Output = new("--output", "FILE", "a new file, readable for this user only; without it standard output");
    private static readonly Option File = new("--file", "FILE", "the ZIP file") { Required = true };
    private static readonly Option Key = new("--key", "FILE", "the public key (PEM) that it has to be signed with; without it this log's own");
    private static readonly Option KeyIsLost = new("--key-is-lost", null, "that this is so: what entries say can be proved from now on only") { Required = true };

    public static Command[] All =>
    [
        new("audit verify", "compute the chain anew and say whether the log is as it was written", VerifyAsync) { Options = [Expect, Option.Json] },
        new("audit head", "say where the log ends, to be kept elsewhere", HeadAsync) { Options = [Option.Json] },
        new("audit export", "write entries, oldest first; that you did becomes one", ExportAsync) { Options = [Format, From, To, Actor, Subject, Action, Case, Output] },
        new("audit key", "print the public key that bundles are signed with", PrintKeyAsync) { NeedsDatabase = false },
        new("audit verify-bundle", "say whether a signed bundle is as it was made", VerifyBundleAsync) { Options = [File, Key], NeedsDatabase = false },
        new("audit restart", "chain all entries anew when the key is lost for good", RestartAsync) { Options = [KeyIsLost, Option.Json], NeedsDatabase = false },
    ];

    private static async Task<int> VerifyAsync(CommandContext context)
    {
        AuditAnchor? expected = null;
        if (context.Arguments[Expect.Name] is { } text && (expected = AuditAnchor.Parse(text)) is null)
            return await context.NotUnderstoodAsync($"{text} is no head, such as \"audit head\" prints.");

        var verdict = await context.Get<AuditVerifier>().VerifyAsync(expected);
        var facts = new { fits = verdict.Misfit is null, entries = verdict.Count, from = verdict.Start.LastId, checkpoint = verdict.Checkpoint, head = $"{verdict.Head}", entry = verdict.Misfit?.EntryId, why = verdict.Misfit?.What };
        if (verdict.Misfit is null)
            return context.Done($"{verdict}", facts);

        if (!context.Arguments.Has(Option.Json.Name))
            return await context.NotDoneAsync($"{verdict}");

        context.Done("", facts);
        return CommandLine.NotDone;
    }

    private static async Task<int> HeadAsync(CommandContext context)
    {
        var head = await context.Get<AuditLog>().HeadAsync();
        return context.Done($"{head}", new { head = $"{head}", lastId = head.LastId });
    }

    private static async Task<int> ExportAsync(CommandContext context)
    {
        var (filter, mistake) = await FilterOf(context);
        if (mistake is not null)
            return await context.NotUnderstoodAsync(mistake);

        Stream file;
        try
        {
            file = context.Arguments[Output.Name] is { } path ? MakePrivate(path) : Console.OpenStandardOutput();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await context.NotDoneAsync($"The file can't be made: {e.Message}");
        }

        await using (file)
        {
            var audit = context.Get<AuditLog>();
            var last = await audit.AppendAsync(new() { Action = AuditAction.AuditExported, CaseReference = filter.CaseReference, Details = Cut($"command line, {context.Arguments[Format.Name]}, {filter}") });
            var format = context.Arguments[Format.Name] == Csv ? AuditFormat.Csv : AuditFormat.JsonLines;
            var writer = PipeWriter.Create(file, new(leaveOpen: true));
            var count = await AuditFile.WriteAsync(writer, format, audit.ReadAsync(filter, last - 1), CancellationToken.None);
            await writer.CompleteAsync();
            await Console.Error.WriteLineAsync($"{count} entries.");
        }

        return CommandLine.Done;
    }

    private static async Task<(AuditFilter Filter, string? Mistake)> FilterOf(CommandContext context)
    {
        var (arguments, desk) = (context.Arguments, context.Get<AuditDesk>());
        AuditAction? action = null;
        if (arguments[Action.Name] is { } name)
        {
            if (!Enum.TryParse<AuditAction>(name, out var known) || !Enum.IsDefined(known))
                return (AuditFilter.Everything, $"There is no action {name}. There are {string.Join(", ", Enum.GetNames<AuditAction>())}.");

            action = known;
        }

        foreach (var option in new[] { Actor, Subject })
        {
            if (arguments[option.Name] is { } who && await desk.FindPersonAsync(who) is null)
                return (AuditFilter.Everything, $"No account has the address {who}. One that was deleted is found by its id.");
        }

        foreach (var option in new[] { From, To })
        {
            if (arguments[option.Name] is { } time && TimeOf(time) is null)
                return (AuditFilter.Everything, $"{option.Name} {time} is no time such as 2026-11-21T14:30.");
        }

        var filter = new AuditFilter
        {
            Action = action,
            ActorId = arguments[Actor.Name] is { } actor ? await desk.FindPersonAsync(actor) : null,
            SubjectId = arguments[Subject.Name] is { } subject ? await desk.FindPersonAsync(subject) : null,
            CaseReference = arguments[Case.Name],
            From = arguments[From.Name] is { } from ? TimeOf(from) : null,
            To = arguments[To.Name] is { } to ? TimeOf(to) : null,
        };
        return (filter, filter.FindMistake() is null ? null : $"{Case.Name} takes at most {AuditEntry.MaxCaseReferenceLength} characters, and no special ones.");
    }

    private static Task<int> PrintKeyAsync(CommandContext context) => Task.FromResult(context.Done(context.Get<AuditKey>().PublicKey().TrimEnd(), ""));

    private static async Task<int> VerifyBundleAsync(CommandContext context)
    {
        var publicKey = context.Arguments[Key.Name] is { } path ? await System.IO.File.ReadAllTextAsync(path) : null;
        await using var file = System.IO.File.OpenRead(context.Arguments[File.Name]!);
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
