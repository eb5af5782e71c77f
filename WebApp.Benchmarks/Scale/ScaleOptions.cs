using System.CommandLine;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Scale;

internal sealed record ScaleOptions(int[] Sizes, int SessionsPerUser, int Rounds, int Seconds, string Output)
{
    /// <summary>More would end each other: see <c>Sessions:MaxPerUser</c>.</summary>
    private const int MaxPerUser = 100;

    public static Command Command()
    {
        // Requests use so many sessions.
        var sizes = BenchmarkOption.Numbers(
            "--sizes", [1000, 10_000, 100_000, 1_000_000], "how many sessions", least: HttpBenchmark.Sessions);
        var perUser = BenchmarkOption.Number(
            "--sessions-per-user", 5, "how many of them a person has", most: MaxPerUser);
        var rounds = BenchmarkOption.Number("--rounds", 5, "how often each size has its turn");
        var seconds = BenchmarkOption.Number("--seconds", 2, "how long each turn of requests is");
        var output = BenchmarkOption.Output();
        var command = new Command(
            "scale", "this app's sessions as they grow in number: memory, a request, a look-up, a list, a revocation")
        {
            sizes, perUser, rounds, seconds, output,
        };
        command.SetAction(line => ScaleBenchmark.RunAsync(new(
            [.. line.GetValue(sizes)!.Distinct().Order()], line.GetValue(perUser), line.GetValue(rounds),
            line.GetValue(seconds), line.GetValue(output)!)));
        return command;
    }
}
