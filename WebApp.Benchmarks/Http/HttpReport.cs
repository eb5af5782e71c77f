using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>Collects what was measured, and tells it: <c>http.json</c> with each turn, <c>http.md</c> with what follows from them.</summary>
internal sealed class HttpReport(MachineFacts machine, HttpOptions options)
{
    /// <summary>A machine that varies more than this is no place to compare on.</summary>
    private const double MaxNoise = 0.1;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private static readonly Column[] Columns =
    [
        new("requests/s", "N0", (m, _) => m.RequestsPerSecond),
        new("of the ceiling", "P0", (m, none) => m.RequestsPerSecond / none?.RequestsPerSecond),
        new("p50 ms", "N2", (m, _) => m.P50),
        new("p99 ms", "N2", (m, _) => m.P99),
        new("server CPU µs", "N1", (m, _) => m.ServerCpu),
        new("of it authentication µs", "N1", (m, none) => m.ServerCpu - none?.ServerCpu),
        new("Redis CPU µs", "N1", (m, _) => m.RedisCpu),
        new("allocated bytes", "N0", (m, _) => m.Allocated),
        new("Redis commands", "N2", (m, _) => m.RedisCommands),
        new("Redis bytes", "N0", (m, _) => m.RedisBytes),
    ];

    private readonly List<TargetFacts> _targets = [];
    private readonly List<Measurement> _turns = [];
    private readonly List<PacedMeasurement> _paced = [];
    private readonly List<double> _spins = [];

    public long Errors => _turns.Sum(turn => turn.Errors) + _paced.Sum(turn => turn.Load.Errors);

    private string? FirstError => _turns.Select(turn => turn.FirstError).Concat(_paced.Select(turn => turn.Load.FirstError)).FirstOrDefault(error => error is not null);

    public void LeaveOut(string target, string why) => _targets.Add(new(target, why, 0, 0));

    public void Add(HttpTarget target, double redisBytesPerSession) => _targets.Add(new(target.Name, null, target.CredentialBytes, redisBytesPerSession));

    public void Add(Measurement turn) => _turns.Add(turn);

    public void AddPaced(PacedMeasurement turn) => _paced.Add(turn);

    public void AddSpin(double milliseconds) => _spins.Add(milliseconds);

    public async Task WriteAsync()
    {
        var goals = new HttpGoals(_turns, _paced, _targets).Judge();
        var noise = Noise();
        Directory.CreateDirectory(options.Output);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "http.json"),
            JsonSerializer.Serialize(new { machine, options, noise, targets = _targets, goals, turns = _turns, paced = _paced }, Json) + '\n');
        var markdown = ToMarkdown(goals, noise);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "http.md"), markdown);
        Console.Write(markdown);
    }

    private string ToMarkdown(IReadOnlyList<Goal> goals, Noise noise)
    {
        var text = new StringBuilder();
        text.AppendLine("# A signed-in page behind each kind of authentication").AppendLine()
            .AppendLine(machine.ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{options.Rounds} rounds of {options.Seconds} s each, {HttpBenchmark.Sessions} sessions a target. Medians per request, in brackets the range over the rounds; what is compared is of the same round.")
            .AppendLine();
        if (noise.IsTooMuch)
            text.AppendLine("> **The machine was noisy: do not trust small differences.** " + noise).AppendLine();
        else
            text.AppendLine(noise.ToString()).AppendLine();
        if (Errors > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"> **{Errors} answers were wrong.** The first one: `{FirstError!.ReplaceLineEndings(" ")}`").AppendLine();
        foreach (var left in _targets.Where(target => target.LeftOut is not null))
            text.AppendLine(CultureInfo.InvariantCulture, $"Left out: {left.Name} ({left.LeftOut})").AppendLine();

        foreach (var connections in options.Connections)
            AppendTable(text, connections);
        AppendFacts(text);
        Goal.Append(text, goals);
        return text.ToString();
    }

    private void AppendTable(StringBuilder text, int connections)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"## {connections} connections").AppendLine()
            .AppendLine($"| | {string.Join(" | ", Columns.Select(column => column.Title))} |")
            .AppendLine($"|---|{string.Concat(Columns.Select(_ => "---:|"))}");
        foreach (var target in _targets.Where(target => target.LeftOut is null))
        {
            var turns = _turns.Where(turn => turn.Turn.Connections == connections && turn.Turn.Target == target.Name);
            var cells = Columns.Select(column => Spread.Of(turns.Select(turn => column.Of(turn, CeilingOf(turn.Turn))).OfType<double>())?.ToString(column.Format) ?? "");
            text.AppendLine($"| {target.Name} | {string.Join(" | ", cells)} |");
        }

        text.AppendLine();
    }

    private void AppendFacts(StringBuilder text)
    {
        text.AppendLine("## Sizes").AppendLine().AppendLine("| | credential, bytes | Redis memory per session, bytes |").AppendLine("|---|---:|---:|");
        foreach (var target in _targets.Where(target => target.LeftOut is null))
            text.AppendLine(CultureInfo.InvariantCulture, $"| {target.Name} | {target.CredentialBytes} | {target.RedisBytesPerSession:N0} |");
        text.AppendLine().AppendLine("A cookie's name and value, or the token. One session per user; the command `scale` has the memory of many.").AppendLine();
        foreach (var paced in _paced)
            text.AppendLine(CultureInfo.InvariantCulture, $"{paced.Target} at one request per second and session: {paced.RedisRoundTrips:N3} round trips to Redis per request, p50 {paced.Load.P50 / 1000:N2} ms, p99 {paced.Load.P99 / 1000:N2} ms.").AppendLine();
    }

    private Measurement? CeilingOf(Turn turn) => _turns.Find(other => other.Turn == turn with { Target = HttpTarget.None });

    private Noise Noise()
    {
        var ceilings = _turns.Where(turn => turn.Turn.Target == HttpTarget.None).GroupBy(turn => turn.Turn.Connections).ToList();
        return new(
            Spread.Of(_spins)!.Width,
            ceilings.Select(group => Spread.Of(group.Select(turn => turn.RequestsPerSecond))!.Width).DefaultIfEmpty().Max(),
            ceilings.Select(group => Spread.Of(group.Select(turn => turn.ServerCpu))!.Width).DefaultIfEmpty().Max(),
            MaxNoise);
    }

    private sealed record Column(string Title, string Format, Func<Measurement, Measurement?, double?> Of);
}

/// <param name="Name">As on the command line.</param>
/// <param name="LeftOut">Why it was not measured; null when it was.</param>
/// <param name="CredentialBytes">A cookie's name and value, or the token.</param>
/// <param name="RedisBytesPerSession">Of memory.</param>
internal sealed record TargetFacts(string Name, string? LeftOut, int CredentialBytes, double RedisBytesPerSession);

/// <summary>How far apart things lie that should be the same: from the smallest to the largest, as shares of the median.</summary>
/// <param name="Spin">A fixed piece of work on the servers' core.</param>
/// <param name="CeilingThroughput">Requests per second without authentication.</param>
/// <param name="CeilingCpu">Server CPU without authentication.</param>
/// <param name="Limit">More is too much.</param>
internal sealed record Noise(double Spin, double CeilingThroughput, double CeilingCpu, double Limit)
{
    public bool IsTooMuch => Spin > Limit || CeilingThroughput > Limit || CeilingCpu > Limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"What should not vary varied by {Spin:P0} (a fixed piece of work), {CeilingThroughput:P0} (throughput of the ceiling) and {CeilingCpu:P0} (its CPU).");
}
