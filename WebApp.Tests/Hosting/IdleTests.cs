using System.Globalization;
using System.Text.RegularExpressions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Hosting;

/// <summary>
/// What an instance asks of Redis that nobody uses. Counted per look of its monitor (one INFO each), so it makes no
/// difference how busy the machine is.
/// </summary>
public sealed partial class IdleTests : IAsyncLifetime
{
    private const int Looks = 5;
    private const int MostPerLook = 20;

    private readonly RedisServer _redis = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("idle-").FullName;

    public Task InitializeAsync() => _redis.StartAsync();

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_instance_that_nobody_uses_hardly_asks_Redis()
    {
        await using var app = await AppProcess.StartAsync(_redis.ConnectionString, Path.Combine(_folder, "webapp.db"));

        await Eventually.TrueAsync(async () =>
        {
            var since = await LookedAsync(Looks);
            return since.Values.Sum() <= MostPerLook * since["info"];
        }, "hardly anything is asked");
    }

    /// <summary>
    /// How often each command ran, here or in scripts, while the monitor looked so many times or more.
    /// </summary>
    private async Task<Dictionary<string, long>> LookedAsync(int looks)
    {
        var (before, asked) = (await CountAsync(), 1);
        var since = before;
        do
        {
            await Task.Delay(100);
            var after = await CountAsync();
            since = after.ToDictionary(count => count.Key, count => count.Value - before.GetValueOrDefault(count.Key), StringComparer.Ordinal);
            // The INFOs of this test count, too.
            since["info"] -= asked++;
        }
        while (since["info"] < looks);
        return since;
    }

    private async Task<Dictionary<string, long>> CountAsync() => Calls().Matches(await _redis.CliAsync("INFO", "commandstats"))
        .ToDictionary(stat => stat.Groups["name"].Value, stat => long.Parse(stat.Groups["calls"].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal);

    [GeneratedRegex(@"^cmdstat_(?<name>[^:]+):calls=(?<calls>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Calls();
}
