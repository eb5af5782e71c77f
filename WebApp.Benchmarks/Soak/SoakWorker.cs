using System.Diagnostics;
using System.Text.Json;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Soak;

/// <summary>The process behind <c>soak-load</c>: the people who use both instances. It does what each line says, and answers with a line.</summary>
internal static class SoakWorker
{
    public static async Task RunAsync()
    {
        var clients = new List<SoakClient>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var order = JsonSerializer.Deserialize<SoakOrder>(line)!;
            switch (order.Do)
            {
                case SoakVerb.Revocations:
                    Console.WriteLine(JsonSerializer.Serialize(await RevocationRounds.RunAsync(order.PortOfA, order.PortOfB, new())));
                    continue;
                case SoakVerb.Open:
                    for (var number = 0; number < order.Connections; number++)
                        clients.Add(await SoakClient.OpenAsync(number, order.PortOfA, order.PortOfB));
                    break;
                case SoakVerb.Run:
                    var until = Stopwatch.GetTimestamp() + (long)(order.Seconds * Stopwatch.Frequency);
                    await Task.WhenAll(clients.Select(client => client.RunAsync(until)));
                    break;
                default:
                    await Task.WhenAll(clients.Select(client => client.CheckAsync()));
                    break;
            }

            Console.WriteLine(JsonSerializer.Serialize(SumOf(clients)));
        }
    }

    /// <summary>Since the clients began.</summary>
    private static SoakSum SumOf(List<SoakClient> clients)
    {
        var tally = new SoakTally();
        foreach (var client in clients)
            tally.Add(client.Tally);
        return new(tally.Revocations, clients.Sum(client => client.Sessions));
    }
}

internal enum SoakVerb
{
    Revocations,
    Open,
    Run,
    Check,
}

/// <param name="Do">What to do; the rest is for that only.</param>
/// <param name="PortOfA">On 127.0.0.1.</param>
/// <param name="PortOfB">Likewise.</param>
/// <param name="Connections">How many clients.</param>
/// <param name="Seconds">How long to run.</param>
internal sealed record SoakOrder(SoakVerb Do, int PortOfA = 0, int PortOfB = 0, int Connections = 0, double Seconds = 0);

/// <param name="Revocations">With all counts.</param>
/// <param name="Sessions">Live ones and ended ones that Redis has.</param>
internal sealed record SoakSum(SoakRevocations Revocations, int Sessions);

/// <summary>The other end of a <see cref="SoakWorker"/>.</summary>
internal sealed class SoakLoad(int? core) : IAsyncDisposable
{
    private readonly Child _worker = Child.StartSelf(core, [], "soak-load");

    public Task<SoakRevocations> MeasureRevocationsAsync(int portOfA, int portOfB) => AskAsync<SoakRevocations>(new(SoakVerb.Revocations, portOfA, portOfB));

    public Task<SoakSum> OpenAsync(int portOfA, int portOfB, int connections) => AskAsync<SoakSum>(new(SoakVerb.Open, portOfA, portOfB, connections));

    public Task<SoakSum> RunAsync(double seconds) => AskAsync<SoakSum>(new(SoakVerb.Run, Seconds: seconds));

    public Task<SoakSum> CheckAsync() => AskAsync<SoakSum>(new(SoakVerb.Check));

    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private async Task<T> AskAsync<T>(SoakOrder order) => JsonSerializer.Deserialize<T>(await _worker.AskAsync(JsonSerializer.Serialize(order)))!;
}
