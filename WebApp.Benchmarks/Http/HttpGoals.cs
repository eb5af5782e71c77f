using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>What this app's sessions are to reach: ratios within one round, so that the machine's speed does not matter.</summary>
internal sealed class HttpGoals(IReadOnlyList<Measurement> turns, IReadOnlyList<PacedMeasurement> paced, IReadOnlyList<TargetFacts> targets)
{
    private const int MaxCookieBytes = 240;

    public IReadOnlyList<Goal> Judge()
    {
        var goals = new List<Goal>();
        foreach (var connections in turns.Select(turn => turn.Turn.Connections).Distinct().Order())
        {
            // Where few ask at once, few share a command.
            var few = connections < 64;
            goals.Add(Cost(connections, "cookie", few ? 0.8 : 0.5));
            goals.Add(Cost(connections, "ticket-store", few ? 0.6 : 0.4));
            goals.Add(Cost(connections, "hs256", few ? 1.5 : 1));
            goals.Add(Throughput(connections, "cookie", few ? 1.1 : 1.3));
            goals.Add(Throughput(connections, "ticket-store", 1.4));
            goals.Add(Throughput(connections, "express", 5));
        }

        // A use of each session is recorded once a minute: one round trip in sixty requests, which is no request's own.
        goals.Add(Goal.AtMost(
            "Redis round trips per request at one request per second and session", 1.02, "N3", PacedRoundTrips()));
        goals.Add(Goal.AtMost("cookie, name and value in bytes", MaxCookieBytes, "N0",
            Spread.Of(targets.Where(target => target.LeftOut is null && target.Name is HttpTarget.Ours).Select(target => (double)target.CredentialBytes))));
        return goals;
    }

    private Goal Cost(int connections, string peer, double limit) => Goal.AtMost(
        $"{connections} connections: authentication's CPU, {HttpTarget.Ours} / {peer}", limit, "N2",
        Spread.Of(Rounds(connections).Select(round => AuthenticationOf(round, HttpTarget.Ours) / AuthenticationOf(round, peer)).OfType<double>()));

    private Goal Throughput(int connections, string peer, double limit) => Goal.AtLeast(
        $"{connections} connections: requests per second, {HttpTarget.Ours} / {peer}", limit, "N2",
        Paired(connections, HttpTarget.Ours, peer, (one, other) => one.RequestsPerSecond / other.RequestsPerSecond));

    private Spread? Paired(int connections, string target, string peer, Func<Measurement, Measurement, double?> compare) => Spread.Of(Rounds(connections)
        .Select(round => Of(round, target) is { } one && Of(round, peer) is { } other ? compare(one, other) : null).OfType<double>());

    private IEnumerable<IEnumerable<Measurement>> Rounds(int connections) => turns.Where(turn => turn.Turn.Connections == connections).GroupBy(turn => turn.Turn.Round);

    private Spread? PacedRoundTrips() => Spread.Of(paced.Select(turn => turn.RedisRoundTrips));

    private static double? AuthenticationOf(IEnumerable<Measurement> round, string target) => Of(round, target)?.ServerCpu - Of(round, HttpTarget.None)?.ServerCpu;

    private static Measurement? Of(IEnumerable<Measurement> round, string target) => round.FirstOrDefault(turn => turn.Turn.Target == target);
}
