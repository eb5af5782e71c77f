using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>What this app's sessions are to reach: ratios within one round, so that the machine's speed does not matter.</summary>
internal sealed class HttpGoals(IReadOnlyList<Measurement> turns, IReadOnlyList<PacedMeasurement> paced, IReadOnlyList<TargetFacts> targets)
{
    private const int MaxCookieBytes = 240;
    private const int MaxAllocated = 1024;

    public IReadOnlyList<Goal> Judge()
    {
        var goals = new List<Goal>();
        foreach (var connections in turns.Select(turn => turn.Turn.Connections).Distinct().Order())
        {
            goals.Add(Cost(connections, HttpTarget.Strict, "cookie", 0.8));
            goals.Add(Cost(connections, HttpTarget.Strict, "ticket-store", 0.6));
            goals.Add(Cost(connections, HttpTarget.Cached, "hs256", 0.7));
            goals.Add(Throughput(connections, HttpTarget.Strict, "cookie", 1.1));
            goals.Add(Throughput(connections, HttpTarget.Strict, "ticket-store", 1.4));
            goals.Add(Throughput(connections, HttpTarget.Strict, "express", 5));
            goals.Add(Throughput(connections, HttpTarget.Cached, "hs256", 1.1));
            goals.Add(Throughput(connections, HttpTarget.Cached, "cookie", 2));
            goals.Add(Goal.AtMost($"{connections} connections: allocated bytes above the ceiling, {HttpTarget.Cached}", MaxAllocated, "N0",
                Paired(connections, HttpTarget.Cached, HttpTarget.None, (cached, none) => cached.Allocated - none.Allocated)));
        }

        // A use of each session is recorded once a minute: one round trip in sixty requests, which is no request's own.
        goals.Add(Goal.AtMost($"Redis round trips per request at one request per second and session, {HttpTarget.Strict}", 1.02, "N3", PacedRoundTrips(HttpTarget.Strict)));
        goals.Add(Goal.AtMost($"the same, {HttpTarget.Cached}", 0.02, "N3", PacedRoundTrips(HttpTarget.Cached)));
        goals.Add(Goal.AtMost("cookie, name and value in bytes", MaxCookieBytes, "N0",
            Spread.Of(targets.Where(target => target.LeftOut is null && target.Name is HttpTarget.Strict or HttpTarget.Cached).Select(target => (double)target.CredentialBytes))));
        return goals;
    }

    private Goal Cost(int connections, string target, string peer, double limit) => Goal.AtMost(
        $"{connections} connections: authentication's CPU, {target} / {peer}", limit, "N2",
        Spread.Of(Rounds(connections).Select(round => AuthenticationOf(round, target) / AuthenticationOf(round, peer)).OfType<double>()));

    private Goal Throughput(int connections, string target, string peer, double limit) => Goal.AtLeast(
        $"{connections} connections: requests per second, {target} / {peer}", limit, "N2",
        Paired(connections, target, peer, (one, other) => one.RequestsPerSecond / other.RequestsPerSecond));

    private Spread? Paired(int connections, string target, string peer, Func<Measurement, Measurement, double?> compare) => Spread.Of(Rounds(connections)
        .Select(round => Of(round, target) is { } one && Of(round, peer) is { } other ? compare(one, other) : null).OfType<double>());

    private IEnumerable<IEnumerable<Measurement>> Rounds(int connections) => turns.Where(turn => turn.Turn.Connections == connections).GroupBy(turn => turn.Turn.Round);

    private Spread? PacedRoundTrips(string target) => Spread.Of(paced.Where(turn => turn.Target == target).Select(turn => turn.RedisRoundTrips));

    private static double? AuthenticationOf(IEnumerable<Measurement> round, string target) => Of(round, target)?.ServerCpu - Of(round, HttpTarget.None)?.ServerCpu;

    private static Measurement? Of(IEnumerable<Measurement> round, string target) => round.FirstOrDefault(turn => turn.Turn.Target == target);
}
