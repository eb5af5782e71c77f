using System.CommandLine;

namespace WebApp.Benchmarks.Recovery;

internal sealed record RecoveryOptions(int Rows, int Rounds, string Output)
{
    public static Command Command()
    {
        var rows = BenchmarkOption.Number("--rows", 1_000_000, "how many revocations the journal has");
        var rounds = BenchmarkOption.Number("--rounds", 3, "how often each loss is made");
        var output = BenchmarkOption.Output();
        var command = new Command("recovery", "Redis that restarts or loses its data: how long nobody is let in")
        {
            rows, rounds, output,
        };
        command.SetAction(line => RecoveryBenchmark.RunAsync(new(
            line.GetValue(rows), line.GetValue(rounds), line.GetValue(output)!)));
        return command;
    }
}
