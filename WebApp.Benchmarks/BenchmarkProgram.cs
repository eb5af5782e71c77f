using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using WebApp.Benchmarks.Desk;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Idle;
using WebApp.Benchmarks.Micro;
using WebApp.Benchmarks.Recovery;
using WebApp.Benchmarks.Scale;
using WebApp.Benchmarks.Soak;

namespace WebApp.Benchmarks;

internal static class BenchmarkProgram
{
    private const int NotUnderstood = 2;
    private const int MissingTool = 3;

    private static async Task<int> Main(string[] args)
    {
        // So that what was started is stopped (see Child) when this process is told to end.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
        try
        {
            return await RunAsync(args);
        }
        catch (MissingToolException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return MissingTool;
        }
    }

    private static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            // The parts that a benchmark runs as processes of their own.
            case ["server", { } target, .. var settings]:
                return await PeerServer.RunAsync(target, settings);
            case ["load"]:
                await LoadWorker.RunAsync();
                return 0;
            case ["soak-load"]:
                await SoakWorker.RunAsync();
                return 0;
        }

        var line = Root().Parse(args is ["help", ..] ? ["--help"] : args);
        // Main has its own way with signals and missing tools; all else keeps its trace.
        var code = await line.InvokeAsync(
            new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        return line.Action is ParseErrorAction ? NotUnderstood : code;
    }

    private static RootCommand Root() => new(
        "What sessions cost, measured on this machine. Needs redis-server on the PATH. "
        + "Servers listen on 127.0.0.1, on free ports.")
    {
        HttpOptions.Command(),
        ScaleOptions.Command(),
        SoakOptions.Command(),
        DeskOptions.Command(),
        IdleOptions.Command(),
        RecoveryOptions.Command(),
        MicroBenchmark.Command(),
    };
}
