using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Idle;

internal sealed record IdleOptions(int WarmUp, int Seconds, string[] Modes, string Output)
{
    public const string Sql = "sql";
    public const string Redis = "redis";

    /// <exception cref="UsageException">They make no sense.</exception>
    public static IdleOptions Parse(string[] args)
    {
        var options = new CommandOptions(args, "--warm-up", "--seconds", "--modes", "--output");
        return new(
            options.Number("--warm-up", 25), options.Number("--seconds", 30), options.Names("--modes", [Sql, Redis]),
            options.Text("--output", HttpOptions.DefaultOutput));
    }
}
