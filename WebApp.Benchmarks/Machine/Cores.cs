using System.Diagnostics;
using System.Numerics;

namespace WebApp.Benchmarks.Machine;

/// <summary>
/// Servers and Redis share one core, the load has another: so neither takes time from the other, and what a server can do per second follows from
/// what a request costs it.
/// </summary>
/// <param name="Server">The core of servers and Redis; null when processes run where the system puts them.</param>
/// <param name="Load">The core of the load; null likewise.</param>
internal sealed record Cores(int? Server, int? Load)
{
    /// <summary>A core each, where this process may use two and <c>taskset</c> is there to ask for them.</summary>
    public static Cores Find()
    {
        if (!OperatingSystem.IsLinux() || !Tools.Exist("taskset"))
            return new(null, null);

        using var self = Process.GetCurrentProcess();
        var allowed = (ulong)self.ProcessorAffinity;
        return BitOperations.PopCount(allowed) < 2
            ? new(null, null)
            : new(BitOperations.TrailingZeroCount(allowed), BitOperations.Log2(allowed));
    }

    public override string ToString() => Server is null ? "not pinned" : $"servers and Redis on core {Server}, the load on core {Load}";
}

internal static class Tools
{
    /// <summary>Whether a program of that name is on the PATH.</summary>
    public static bool Exist(params string[] names) => names.All(name =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name))));
}
