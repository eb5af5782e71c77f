using System.Runtime.InteropServices;

namespace WebApp.Benchmarks.Machine;

/// <summary>What a report says of where it was made.</summary>
internal sealed record MachineFacts(DateTimeOffset At, string Processor, int ProcessorCount, string System, string Runtime, string Redis, string Pinned)
{
    public static MachineFacts Describe(Cores cores, string redisVersion) => new(
        TimeProvider.System.GetUtcNow(), ProcessorName(), Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
        redisVersion, cores.ToString());

    public string ToMarkdown() =>
        $"{At:yyyy-MM-dd HH:mm} UTC; {Processor}, {ProcessorCount} logical processors; {System}; {Runtime}; Redis {Redis}; {Pinned}.";

    private static string ProcessorName() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line.Split(':', 2)[1].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
}
