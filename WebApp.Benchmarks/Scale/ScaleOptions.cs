using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Scale;

internal sealed record ScaleOptions(int[] Sizes, int SessionsPerUser, int Rounds, int Seconds, string Output)
{
    /// <summary>More would end each other: see <c>Sessions:MaxPerUser</c>.</summary>
    private const int MaxPerUser = 100;

    /// <exception cref="UsageException">They make no sense.</exception>
    public static ScaleOptions Parse(string[] args)
    {
        var options = new CommandOptions(args, "--sizes", "--sessions-per-user", "--rounds", "--seconds", "--output");
        var sizes = options.Numbers("--sizes", 1000, 10_000, 100_000, 1_000_000).Distinct().Order().ToArray();
        if (sizes[0] < HttpBenchmark.Sessions)
            throw new UsageException($"--sizes has {sizes[0]}. Requests use {HttpBenchmark.Sessions} sessions, so there must be as many.");

        var perUser = options.Number("--sessions-per-user", 5);
        return perUser <= MaxPerUser
            ? new(sizes, perUser, options.Number("--rounds", 5), options.Number("--seconds", 2), options.Text("--output", HttpOptions.DefaultOutput))
            : throw new UsageException($"--sessions-per-user is {perUser}. A user can have {MaxPerUser}.");
    }
}
