using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Desk;

internal sealed record DeskOptions(int Sessions, int Users, int Entries, int Rounds, string[] Stores, string Output)
{
    public const string Redis = "redis";
    public const string Sql = "sql";

    /// <exception cref="UsageException">They make no sense.</exception>
    public static DeskOptions Parse(string[] args)
    {
        var options = new CommandOptions(args, "--sessions", "--users", "--entries", "--rounds", "--stores", "--output");
        return new(
            options.Number("--sessions", 1_000_000), options.Number("--users", 200_000), options.Number("--entries", 300_000), options.Number("--rounds", 50),
            options.Names("--stores", [Redis, Sql]), options.Text("--output", HttpOptions.DefaultOutput));
    }
}
