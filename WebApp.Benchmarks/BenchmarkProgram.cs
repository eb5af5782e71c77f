using System.Runtime.InteropServices;
using WebApp.Benchmarks.Desk;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Idle;
using WebApp.Benchmarks.Micro;
using WebApp.Benchmarks.Scale;
using WebApp.Benchmarks.Soak;

namespace WebApp.Benchmarks;

internal static class BenchmarkProgram
{
    private const string Usage = """
        What sessions cost, measured on this machine.

        Usage: dotnet run -c Release --project WebApp.Benchmarks -- COMMAND [OPTIONS]

          http     a signed-in page behind each kind of authentication, side by side
            --rounds N            how often each target has its turn (7)
            --seconds S           how long each turn is (3)
            --paced-seconds S     how long the run at one request per second and session is (60)
            --connections A,B     keep-alive connections in use at once (16,64)
            --only A,B            some of the targets (all)

          scale    this app's sessions as they grow in number: memory, a request, a look-up, a list, a revocation
            --sizes A,B           how many sessions (1000,10000,100000,1000000)
            --sessions-per-user N (5)
            --rounds N            how often each size has its turn (5)
            --seconds S           how long each turn of requests is (2)

          soak     two instances: how soon one refuses what the other has ended, and both under a mixed load
            --seconds S           how long the mixed load is (60)
            --connections N       clients at once (64)

          admin    the pages of the support desk with a million sessions, on both stores
            --sessions N          (1000000)
            --users N             (200000)
            --entries N           in the audit log (300000)
            --rounds N            how often each page is read (50)
            --stores A,B          redis,sql

          idle     an instance that nobody uses: processor time and memory, on each store
            --warm-up S           how long after the start it begins (25)
            --seconds S           how long it takes (30)
            --modes A,B           sql,redis

          micro    the parts of a request's way, one by one (BenchmarkDotNet)
            --long                measure longer

        Each command:
            --output DIR          where the report goes (WebApp.Benchmarks/results)

        Needs redis-server on the PATH. Servers listen on 127.0.0.1, on free ports.

        """;

    private static async Task<int> Main(string[] args)
    {
        // So that what was started is stopped (see Child) when this process is told to end.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
        try
        {
            return await RunAsync(args);
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\n\n{Usage}");
            return 2;
        }
        catch (MissingToolException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
    }

    private static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["http", .. var options]:
                return await HttpBenchmark.RunAsync(HttpOptions.Parse(options));
            case ["scale", .. var options]:
                return await ScaleBenchmark.RunAsync(ScaleOptions.Parse(options));
            case ["soak", .. var options]:
                return await SoakBenchmark.RunAsync(SoakOptions.Parse(options));
            case ["admin", .. var options]:
                return await DeskBenchmark.RunAsync(DeskOptions.Parse(options));
            case ["idle", .. var options]:
                return await IdleBenchmark.RunAsync(IdleOptions.Parse(options));
            case ["micro", .. var options]:
                return MicroBenchmark.Run(options);
            // The parts that a benchmark runs as processes of their own.
            case ["server", { } target, .. var settings]:
                return await PeerServer.RunAsync(target, settings);
            case ["load"]:
                await LoadWorker.RunAsync();
                return 0;
            case ["soak-load"]:
                await SoakWorker.RunAsync();
                return 0;
            case ["--help" or "-h" or "help", ..]:
                Console.Write(Usage);
                return 0;
            case []:
                throw new UsageException("Which benchmark?");
            default:
                throw new UsageException($"There is no command \"{args[0]}\".");
        }
    }
}
