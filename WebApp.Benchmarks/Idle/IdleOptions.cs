using System.CommandLine;

namespace WebApp.Benchmarks.Idle;

internal sealed record IdleOptions(int WarmUp, int Seconds, string[] Modes, string Output)
{
    public const string Sql = "sql";
    public const string Redis = "redis";

    public static Command Command()
    {
        var warmUp = BenchmarkOption.Number("--warm-up", 25, "how many seconds after the start it begins");
        var seconds = BenchmarkOption.Number("--seconds", 30, "how long it takes");
        var modes = BenchmarkOption.Names("--modes", [Sql, Redis], "in which modes");
        var output = BenchmarkOption.Output();
        var command = new Command("idle", "an instance that nobody uses: processor time and memory, on each store")
        {
            warmUp, seconds, modes, output,
        };
        command.SetAction(line => IdleBenchmark.RunAsync(new(
            line.GetValue(warmUp), line.GetValue(seconds), line.GetValue(modes)!, line.GetValue(output)!)));
        return command;
    }
}
