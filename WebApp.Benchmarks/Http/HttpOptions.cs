using System.CommandLine;

namespace WebApp.Benchmarks.Http;

internal sealed record HttpOptions(int Rounds, int Seconds, int PacedSeconds, int[] Connections, string[] Targets, string Output)
{
    public static Command Command()
    {
        var rounds = BenchmarkOption.Number("--rounds", 7, "how often each target has its turn");
        var seconds = BenchmarkOption.Number("--seconds", 3, "how long each turn is");
        var paced = BenchmarkOption.Number(
            "--paced-seconds", 60, "how long the run at one request per second and session is");
        var connections = BenchmarkOption.Numbers("--connections", [1, 16, 64, 256], "keep-alive connections in use at once");
        var only = BenchmarkOption.Names("--only", HttpTarget.All, "some of the targets");
        var output = BenchmarkOption.Output();
        var command = new Command("http", "a signed-in page behind each kind of authentication, side by side")
        {
            rounds, seconds, paced, connections, only, output,
        };
        command.SetAction(line => HttpBenchmark.RunAsync(new(
            line.GetValue(rounds), line.GetValue(seconds), line.GetValue(paced), line.GetValue(connections)!,
            line.GetValue(only)!, line.GetValue(output)!)));
        return command;
    }
}
