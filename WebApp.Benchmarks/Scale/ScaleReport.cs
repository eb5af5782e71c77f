using System.Globalization;
using System.Text;
using System.Text.Json;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Scale;

/// <summary>Collects what was measured, and tells it: <c>scale.json</c>, <c>scale.md</c> and the curves.</summary>
internal sealed class ScaleReport(MachineFacts machine, ScaleOptions options)
{
    private const double MaxNoise = 0.1;
    private const double MaxBytes = 600;
    private const double MaxGrowth = 1.05;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private readonly List<SizeFacts> _sizes = [];
    private readonly List<SizedTurn> _turns = [];
    private readonly List<SizedCosts> _costs = [];
    private readonly List<SizedRevocation> _revocations = [];
    private readonly List<double> _spins = [];
    private double? _loners;

    public long Errors => _turns.Sum(turn => turn.Measured.Errors);

    public void Add(SeededStore store) => _sizes.Add(new(store.Size, store.BytesPerSession, store.Seconds));

    public void Add(int size, Measurement measured) => _turns.Add(new(size, measured));

    public void Add(int size, int round, StoreCosts costs) => _costs.Add(new(size, round, costs));

    public void AddRevocation(int size, int round, double microseconds) => _revocations.Add(new(size, round, microseconds));

    public void AddLoners(double bytesPerSession) => _loners = bytesPerSession;

    public void AddSpin(double milliseconds) => _spins.Add(milliseconds);

    public async Task WriteAsync()
    {
        var goals = Judge();
        Directory.CreateDirectory(options.Output);
        var markdown = ToMarkdown(goals);
        await WriteAsync("scale.json", JsonSerializer.Serialize(
            new { machine, options, spins = _spins, goals, sizes = _sizes, bytesWithOneSessionPerUser = _loners, turns = _turns, store = _costs, revocations = _revocations }, Json) + '\n');
        await WriteAsync("scale.md", markdown);
        await WriteAsync("scale-cost.svg", new LineChart("CPU time of a request", "sessions", "µs", FromZero: true,
            [
                Curve("server", size => RequestCost(size, turn => turn.ServerCpu)),
                Curve("Redis", size => RequestCost(size, turn => turn.RedisCpu)),
            ]).ToSvg());
        await WriteAsync("scale-memory.svg", new LineChart("Redis memory of a session, everything counted", "sessions", "bytes", FromZero: true,
            [new($"{options.SessionsPerUser} sessions a user", [.. _sizes.Select(size => ((double)size.Sessions, size.BytesPerSession))])]).ToSvg());
        await WriteAsync("scale-operations.svg", new LineChart("What the store takes, one call after the other", "sessions", "µs", FromZero: false,
            [
                Curve("find", size => Of(size, costs => costs.Find)),
                Curve($"list of {options.SessionsPerUser}", size => Of(size, costs => costs.List)),
                Curve("revoke", RevocationOf),
            ]).ToSvg());
        Console.Write(markdown);
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(options.Output, name), text);

    private ChartLine Curve(string name, Func<int, Spread?> of) =>
        new(name, [.. _sizes.Select(size => (X: (double)size.Sessions, of(size.Sessions)?.Median)).Where(point => point.Median is not null).Select(point => (point.X, point.Median!.Value))]);

    private Spread? RequestCost(int size, Func<Measurement, double> cost) =>
        Spread.Of(_turns.Where(turn => turn.Size == size).Select(turn => cost(turn.Measured)));

    private Spread? Of(int size, Func<StoreCosts, double> cost) => Spread.Of(_costs.Where(costs => costs.Size == size).Select(costs => cost(costs.Measured)));

    private Spread? RevocationOf(int size) => Spread.Of(_revocations.Where(revocation => revocation.Size == size).Select(revocation => revocation.Microseconds));

    private List<Goal> Judge()
    {
        var (small, large) = (_sizes[0].Sessions, _sizes[^1].Sessions);
        return
        [
            Goal.AtMost($"Redis memory per session with {large:N0} sessions, bytes", MaxBytes, "N0", new(_sizes[^1].BytesPerSession, _sizes[^1].BytesPerSession, _sizes[^1].BytesPerSession)),
            Goal.AtMost($"a request's CPU time (server and Redis) with {large:N0} sessions / with {small:N0}", MaxGrowth, "N3", Growth(small, large)),
        ];
    }

    private Spread? Growth(int small, int large)
    {
        var rounds = _turns.GroupBy(turn => turn.Measured.Turn.Round);
        return Spread.Of(rounds.Select(round => CostIn(round, large) / CostIn(round, small)));

        static double CostIn(IEnumerable<SizedTurn> round, int size) => round.Where(turn => turn.Size == size).Sum(turn => turn.Measured.ServerCpu + turn.Measured.RedisCpu);
    }

    private string ToMarkdown(List<Goal> goals)
    {
        var text = new StringBuilder();
        text.AppendLine("# Sessions in number").AppendLine().AppendLine(machine.ToMarkdown()).AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{options.SessionsPerUser} sessions a user, {options.Rounds} rounds, turns of {options.Seconds} s at 16 connections. Medians, in brackets the range over the rounds.")
            .AppendLine();
        if (Spread.Of(_spins)!.Width > MaxNoise)
            text.AppendLine(CultureInfo.InvariantCulture, $"> **The machine was noisy: do not trust small differences.** A fixed piece of work varied by {Spread.Of(_spins)!.Width:P0}.").AppendLine();
        if (Errors > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"> **{Errors} answers were wrong.** The first one: `{_turns.First(turn => turn.Measured.Errors > 0).Measured.FirstError!.ReplaceLineEndings(" ")}`").AppendLine();
        text.AppendLine("| sessions | bytes each | server CPU µs | Redis CPU µs | find µs | find CPU µs, 64 at once | Redis CPU µs of it | list µs | revoke µs |")
            .AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (size, bytes, _) in _sizes)
        {
            IEnumerable<Spread?> cells =
            [
                RequestCost(size, turn => turn.ServerCpu), RequestCost(size, turn => turn.RedisCpu),
                Of(size, costs => costs.Find), Of(size, costs => costs.FindCpu), Of(size, costs => costs.FindRedisCpu), Of(size, costs => costs.List), RevocationOf(size),
            ];
            text.AppendLine(CultureInfo.InvariantCulture, $"| {size:N0} | {bytes:N0} | {string.Join(" | ", cells.Select(cell => cell?.ToString("N1") ?? ""))} |");
        }

        text.AppendLine().AppendLine("A revocation is written to the journal in the database first, which is most of its time.").AppendLine();
        if (_loners is { } loners)
            text.AppendLine(CultureInfo.InvariantCulture, $"With one session a user, {_sizes[^1].Sessions:N0} sessions take {loners:N0} bytes each.").AppendLine();
        Goal.Append(text, goals);
        return text.ToString();
    }

    private sealed record SizeFacts(int Sessions, double BytesPerSession, double SeedSeconds);

    private sealed record SizedTurn(int Size, Measurement Measured);

    private sealed record SizedCosts(int Size, int Round, StoreCosts Measured);

    private sealed record SizedRevocation(int Size, int Round, double Microseconds);
}
