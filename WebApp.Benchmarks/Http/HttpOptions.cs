namespace WebApp.Benchmarks.Http;

internal sealed record HttpOptions(int Rounds, int Seconds, int PacedSeconds, int[] Connections, string[] Targets, string Output)
{
    // "dotnet run" starts the program in its project's folder.
    public const string DefaultOutput = "results";

    /// <exception cref="UsageException">They make no sense.</exception>
    public static HttpOptions Parse(string[] args)
    {
        var options = new CommandOptions(args, "--rounds", "--seconds", "--paced-seconds", "--connections", "--only", "--output");
        return new(
            options.Number("--rounds", 7), options.Number("--seconds", 3), options.Number("--paced-seconds", 60), options.Numbers("--connections", 16, 64),
            options.Names("--only", HttpTarget.All), options.Text("--output", DefaultOutput));
    }
}
