using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

internal sealed record SoakOptions(int Seconds, int Connections, string Output)
{
    /// <exception cref="UsageException">They make no sense.</exception>
    public static SoakOptions Parse(string[] args)
    {
        var options = new CommandOptions(args, "--seconds", "--connections", "--output");
        var seconds = options.Number("--seconds", 60);
        return seconds >= 5
            ? new(seconds, options.Number("--connections", 64), options.Text("--output", HttpOptions.DefaultOutput))
            : throw new UsageException($"--seconds is {seconds}. It takes 5 to tell growth from a start.");
    }
}
