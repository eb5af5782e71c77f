using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>
/// Data Protection keys in the Redis list <c>DataProtection-Keys</c>, one XML element an item: exactly as
/// Microsoft.AspNetCore.DataProtection.StackExchangeRedis keeps them, so that the package can take this class's place.
/// </summary>
internal sealed class RedisXmlRepository(RedisConnection redis) : IXmlRepository
{
    private const string Key = "DataProtection-Keys";

    // KEYS: the list. ARGV: not-after (unused: to be late does no harm), the elements.
    private const string RestoreScript = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        return redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
        """;

    private volatile string[] _known = [];

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        string[] items = [.. redis.Run(db => db.ListRangeAsync(Key)).Select(item => (string)item!)];
        if (items.Length > 0)
            _known = items;
        return [.. items.Select(item => XElement.Parse(item))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var item = element.ToString(SaveOptions.DisableFormatting);
        redis.Run(db => db.ListRightPushAsync(Key, item));
        _known = [.. _known, item];
    }

    /// <summary>Puts back what this process knows of the list when Redis has lost it; true when this call did.</summary>
    public async Task<bool> RestoreAsync()
    {
        var known = _known;
        return known.Length > 0
            && await redis.RunAsync(db => db.ListLengthAsync(Key)) == 0
            && (int)await redis.EvaluateAsync(RestoreScript, [Key], [.. known.Select(item => (RedisValue)item)]) > 0;
    }
}

/// <summary>
/// Watches over the list. After a flush the instances would go on with the keys in their memory, while one that starts makes another:
/// a cookie from here would be worthless there.
/// </summary>
internal sealed partial class RedisKeyRingKeeper(RedisXmlRepository keys, ILogger<RedisKeyRingKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await keys.RestoreAsync())
                    LogRestored(logger);
            }
            catch (SessionStoreUnavailableException)
            {
                // The connection says so itself; the next round looks again.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Redis had lost the key ring (was it flushed, or does its maxmemory-policy evict?); it was put back")]
    private static partial void LogRestored(ILogger logger);
}
