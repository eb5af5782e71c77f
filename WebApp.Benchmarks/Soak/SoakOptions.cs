using System.CommandLine;

namespace WebApp.Benchmarks.Soak;

internal sealed record SoakOptions(int Seconds, int Connections, string Output)
{
    public static Command Command()
    {
        // It takes five seconds to tell growth from a start.
        var seconds = BenchmarkOption.Number("--seconds", 60, "how long the mixed load is", least: 5);
        var connections = BenchmarkOption.Number("--connections", 64, "clients at once");
        var output = BenchmarkOption.Output();
        var command = new Command(
            "soak", "two instances: how soon one refuses what the other has ended, and both under a mixed load")
        {
            seconds, connections, output,
        };
        command.SetAction(line => SoakBenchmark.RunAsync(new(
            line.GetValue(seconds), line.GetValue(connections), line.GetValue(output)!)));
        return command;
    }
}
