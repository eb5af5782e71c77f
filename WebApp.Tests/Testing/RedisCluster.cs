using System.Globalization;

namespace WebApp.Tests.Testing;

/// <summary>A real Redis Cluster of three masters.</summary>
public sealed class RedisCluster : IAsyncLifetime
{
    private const int Slots = 16384;

    private readonly int[] _busPorts = [RedisServer.FreePort(), RedisServer.FreePort(), RedisServer.FreePort()];

    public RedisCluster() => Nodes = [.. _busPorts.Select(bus => new RedisServer
    {
        Options = ["--cluster-enabled", "yes", "--cluster-port", Text(bus), "--cluster-node-timeout", "5000"],
    })];

    public IReadOnlyList<RedisServer> Nodes { get; }

    public string ConnectionString => string.Join(',', Nodes.Select(node => node.ConnectionString));

    public async Task InitializeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.StartAsync()));
        for (var i = 0; i < Nodes.Count; i++)
        {
            await Nodes[i].CliAsync("CLUSTER", "SET-CONFIG-EPOCH", Text(i + 1));
            await Nodes[i].CliAsync("CLUSTER", "ADDSLOTSRANGE", Text(Slots * i / Nodes.Count), Text((Slots * (i + 1) / Nodes.Count) - 1));
            await Nodes[0].CliAsync("CLUSTER", "MEET", "127.0.0.1", Text(Nodes[i].Port), Text(_busPorts[i]));
        }

        foreach (var node in Nodes)
            await Eventually.TrueAsync(async () => (await node.CliAsync("CLUSTER", "INFO")) is var info
                && info.Contains("cluster_state:ok", StringComparison.Ordinal)
                && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal)
                && info.Contains("cluster_slots_ok:16384", StringComparison.Ordinal), "the cluster stands");
    }

    public async Task DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
