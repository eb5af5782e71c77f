using System.CommandLine;

namespace WebApp.Benchmarks.Desk;

internal sealed record DeskOptions(int Sessions, int Users, int Entries, int Rounds, string[] Stores, string Output)
{
    public const string Redis = "redis";
    public const string Sql = "sql";

    public static Command Command()
    {
        var sessions = BenchmarkOption.Number("--sessions", 1_000_000, "how many sessions there are");
        var users = BenchmarkOption.Number("--users", 200_000, "how many people have them");
        var entries = BenchmarkOption.Number("--entries", 300_000, "how many entries the audit log has");
        var rounds = BenchmarkOption.Number("--rounds", 50, "how often each page is read");
        var stores = BenchmarkOption.Names("--stores", [Redis, Sql], "on which stores");
        var output = BenchmarkOption.Output();
        var command = new Command("admin", "the pages of the support desk with a million sessions, on both stores")
        {
            sessions, users, entries, rounds, stores, output,
        };
        command.SetAction(line => DeskBenchmark.RunAsync(new(
            line.GetValue(sessions), line.GetValue(users), line.GetValue(entries), line.GetValue(rounds),
            line.GetValue(stores)!, line.GetValue(output)!)));
        return command;
    }
}
