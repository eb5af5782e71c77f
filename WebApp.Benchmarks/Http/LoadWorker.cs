using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>The process behind <c>load</c>: opens connections, uses them when told, and says what came of it.</summary>
internal static class LoadWorker
{
    /// <summary>About a tenth of a second's work.</summary>
    private const int SpinRounds = 50_000_000;

    public static async Task RunAsync()
    {
        LoadConnection[] connections = [];
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var order = JsonSerializer.Deserialize<LoadOrder>(line)!;
            switch (order.Do)
            {
                case LoadVerb.Open:
                    connections = await OpenAsync(order);
                    Console.WriteLine();
                    break;
                case LoadVerb.Run:
                    Console.WriteLine(JsonSerializer.Serialize(await RunAsync(connections, order)));
                    break;
                case LoadVerb.Close:
                    Array.ForEach(connections, connection => connection.Dispose());
                    Console.WriteLine();
                    break;
                default:
                    Console.WriteLine(Spin().ToString(CultureInfo.InvariantCulture));
                    break;
            }
        }
    }

    /// <summary>Each connection has sessions of its own: two tabs of one browser would race for a rotated cookie.</summary>
    private static async Task<LoadConnection[]> OpenAsync(LoadOrder order)
    {
        var credentials = JsonSerializer.Deserialize<Credential[]>(await File.ReadAllTextAsync(order.Credentials))!;
        LoadConnection[] connections = [.. Enumerable.Range(0, order.Connections)
            .Select(first => new LoadConnection([.. credentials.Where((_, i) => i % order.Connections == first)]))];
        foreach (var connection in connections)
            await connection.OpenAsync(order.Port);
        return connections;
    }

    private static async Task<LoadResult> RunAsync(LoadConnection[] connections, LoadOrder order)
    {
        var started = Stopwatch.GetTimestamp();
        var until = started + (long)(order.Seconds * Stopwatch.Frequency);
        var distance = order.RequestsPerSecond > 0 ? (long)(Stopwatch.Frequency / order.RequestsPerSecond) : 0;
        await Task.WhenAll(connections.Select((connection, i) => distance == 0
            ? connection.RunAsync(until)
            : connection.PaceAsync(started + (i * distance), until, distance * connections.Length)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var latencies = new LatencyHistogram();
        foreach (var connection in connections)
            latencies.Add(connection.Latencies);
        return new(latencies.Count, connections.Sum(connection => connection.Errors), connections.Select(connection => connection.FirstError).FirstOrDefault(error => error is not null),
            elapsed, latencies.Quantile(0.5), latencies.Quantile(0.99));
    }

    /// <summary>Milliseconds that a fixed piece of work took: it tells a slower machine from a slower server.</summary>
    private static double Spin()
    {
        var started = Stopwatch.GetTimestamp();
        var state = 88172645463325252UL;
        for (var i = 0; i < SpinRounds; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        return state == 0 ? 0 : Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}

internal enum LoadVerb
{
    Open,
    Run,
    Close,
    Spin,
}

/// <param name="Do">What to do; the rest is for that only.</param>
/// <param name="Port">On 127.0.0.1.</param>
/// <param name="Credentials">The file with a list of <see cref="Credential"/>.</param>
/// <param name="Connections">How many.</param>
/// <param name="Seconds">How long to run.</param>
/// <param name="RequestsPerSecond">Over all connections; 0: as many as it takes to keep each busy.</param>
internal sealed record LoadOrder(LoadVerb Do, int Port = 0, string Credentials = "", int Connections = 0, double Seconds = 0, double RequestsPerSecond = 0);

/// <param name="Requests">Answered.</param>
/// <param name="Errors">Of those, how many were no 200 with the right name.</param>
/// <param name="FirstError">The first of those answers.</param>
/// <param name="Seconds">That it took.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
internal sealed record LoadResult(long Requests, long Errors, string? FirstError, double Seconds, double P50, double P99);

/// <summary>The other end of a <see cref="LoadWorker"/>.</summary>
internal sealed class LoadProcess(int? core) : IAsyncDisposable
{
    private readonly Child _worker = Child.StartSelf(core,
        [
            // One thread that waits for all connections and goes on with each at once.
            new("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"),
            new("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1"),
        ],
        "load");

    public Task OpenAsync(int port, string credentials, int connections) => AskAsync(new(LoadVerb.Open, port, credentials, connections));

    public async Task<LoadResult> RunAsync(double seconds, double requestsPerSecond = 0) =>
        JsonSerializer.Deserialize<LoadResult>(await AskAsync(new(LoadVerb.Run, Seconds: seconds, RequestsPerSecond: requestsPerSecond)))!;

    public Task CloseAsync() => AskAsync(new(LoadVerb.Close));

    /// <summary>Milliseconds that a fixed piece of work takes.</summary>
    public async Task<double> SpinAsync() => double.Parse(await AskAsync(new(LoadVerb.Spin)), CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private Task<string> AskAsync(LoadOrder order) => _worker.AskAsync(JsonSerializer.Serialize(order));
}
