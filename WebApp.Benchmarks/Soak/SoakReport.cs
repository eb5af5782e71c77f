using System.Globalization;
using System.Text;
using System.Text.Json;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Soak;

/// <summary>Tells what was measured: <c>soak.json</c> and <c>soak.md</c>.</summary>
/// <param name="machine">Where.</param>
/// <param name="options">How.</param>
/// <param name="alone">The revocations in an idle moment.</param>
/// <param name="mixed">The mixed load, with the look at every session after it.</param>
/// <param name="early">After the warm-up.</param>
/// <param name="late">At the end of the mixed load.</param>
internal sealed class SoakReport(MachineFacts machine, SoakOptions options, SoakRevocations alone, SoakRevocations mixed, SoakWeight early, SoakWeight late)
{
    private const double MaxMilliseconds = 20;
    private const double MaxGrowth = 0.2;
    private const double MiB = 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public long Violations => alone.Counts.Violations + mixed.Counts.Violations;

    public async Task WriteAsync()
    {
        var goals = Judge();
        Directory.CreateDirectory(options.Output);
        var markdown = ToMarkdown(goals);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "soak.json"), JsonSerializer.Serialize(new { machine, options, goals, alone, mixed, early, late }, Json) + '\n');
        await File.WriteAllTextAsync(Path.Combine(options.Output, "soak.md"), markdown);
        Console.Write(markdown);
    }

    private Goal[] Judge() =>
    [
        AtMost("revoked on one instance, refused on the other: p99 ms, nothing else going on", MaxMilliseconds, "N2", alone.P99),
        AtMost("the same under the mixed load", MaxMilliseconds, "N2", mixed.P99),
        None("requests that the revoking instance served afterwards", counts => counts.ServedAfterOwnRevocation),
        None($"sessions that the other instance served for more than {SoakTally.Patience.TotalSeconds:N0} s afterwards", counts => counts.ServedTooLongElsewhere),
        None("failed requests", counts => counts.Failed),
        None("lost sessions", counts => counts.Lost),
        None("revived sessions", counts => counts.Revived),
        AtMost("growth of A's heap after the warm-up", MaxGrowth, "P0", Growth(early.A.Heap, late.A.Heap)),
        AtMost("growth of B's heap", MaxGrowth, "P0", Growth(early.B.Heap, late.B.Heap)),
        AtMost("growth of Redis' memory per session", MaxGrowth, "P0", Growth(early.RedisPerSession, late.RedisPerSession)),
    ];

    private Goal None(string what, Func<SoakCounts, long> count) => AtMost(what, 0, "N0", count(alone.Counts) + count(mixed.Counts));

    private static Goal AtMost(string what, double limit, string format, double reached) => Goal.AtMost(what, limit, format, new(reached, reached, reached));

    private static double Growth(double before, double after) => (after / before) - 1;

    private string ToMarkdown(Goal[] goals)
    {
        var text = new StringBuilder();
        text.AppendLine("# Two instances").AppendLine().AppendLine(machine.ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Two instances over one Redis and one database; a use is recorded every 2 s, and each remembers at most 1,000 cookies.")
            .AppendLine();
        if ((alone.Counts.FirstError ?? mixed.Counts.FirstError) is { } error)
            text.AppendLine(CultureInfo.InvariantCulture, $"> **Requests failed.** The first one: `{error.ReplaceLineEndings(" ")}`").AppendLine();

        text.AppendLine("## From revoked to refused").AppendLine()
            .AppendLine("From when the answer to the revocation was there until the first request to the other instance that was refused was sent.").AppendLine()
            .AppendLine("| | revocations | p50 ms | p99 ms | max ms | first request refused | most requests served |").AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var (name, measured) in new[] { ("nothing else going on", alone), ("under the mixed load", mixed) })
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {measured.Counts.Revocations:N0} | {measured.P50:N2} | {measured.P99:N2} | {measured.Max:N2} | {measured.FirstRefused:P1} | {measured.ServedMost:N0} |");

        var counts = mixed.Counts;
        text.AppendLine().AppendLine("## Mixed load").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{options.Seconds} s, {options.Connections} clients, each with a connection to both instances and mostly one request at a time. At the end every session was tried on both.").AppendLine()
            .AppendLine("| requests | sign-ins | revocations | failed | lost | revived | page p50 ms | page p99 ms |").AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|")
            .AppendLine(CultureInfo.InvariantCulture, $"| {counts.Requests:N0} | {counts.SignIns:N0} | {counts.Revocations:N0} | {counts.Failed:N0} | {counts.Lost:N0} | {counts.Revived:N0} | {counts.P50:N2} | {counts.P99:N2} |")
            .AppendLine().AppendLine("## Memory").AppendLine()
            .AppendLine("| | sessions, live and ended | heap A MiB | heap B MiB | resident A MiB | resident B MiB | Redis, bytes per session |").AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var (name, weight) in new[] { ("after a fifth of the time", early), ("at the end", late) })
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {weight.Sessions:N0} | {weight.A.Heap / MiB:N1} | {weight.B.Heap / MiB:N1} | {weight.A.Resident / MiB:N0} | {weight.B.Resident / MiB:N0} | {weight.RedisPerSession:N0} |");

        text.AppendLine();
        Goal.Append(text, goals);
        return text.ToString();
    }
}
