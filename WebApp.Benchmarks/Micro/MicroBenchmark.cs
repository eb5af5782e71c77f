using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Micro;

/// <summary>The parts of the hot path, one by one.</summary>
internal static class MicroBenchmark
{
    public static Command Command()
    {
        var exact = new Option<bool>("--long") { Description = "measure longer" };
        var output = BenchmarkOption.Output();
        var command =
            new Command("micro", "the parts of a request's way, one by one (BenchmarkDotNet)") { exact, output };
        command.SetAction(line => Run(line.GetValue(exact), line.GetValue(output)!));
        return command;
    }

    /// <exception cref="MissingToolException">redis-server is not installed.</exception>
    private static int Run(bool exact, string output)
    {
        if (!Tools.Exist("redis-server"))
            throw new MissingToolException("redis-server is not on the PATH. Install it (Debian: apt-get install redis-server) and try again.");

        var job = exact ? Job.Default : Job.ShortRun;
        var config = ManualConfig.CreateEmpty()
            // In this process: one built for the purpose would have to keep this repository's rules.
            .AddJob(job.WithToolchain(InProcessNoEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub, JsonExporter.Brief)
            .WithArtifactsPath(Path.GetFullPath(output));
        var summary = BenchmarkRunner.Run<HotPath>(config);
        return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success) ? 1 : 0;
    }
}
