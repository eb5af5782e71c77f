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
internal sealed class RedisXmlRepository : IXmlRepository
{
    private const string Key = "DataProtection-Keys";

    private readonly RedisConnection _redis;
    private readonly RedisScript _restore;
    private volatile string[] _known = [];

    public RedisXmlRepository(RedisConnection redis)
    {
        _redis = redis;
        Scripts = RedisScriptSet.Beside(typeof(RedisXmlRepository), []);
        _restore = Scripts.Add("restore_keys");
    }

    public RedisScriptSet Scripts { get; }

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        string[] items = [.. _redis.Run(ReadAsync)];
        _known = [.. _known.Union(items)];
        return [.. items.Select(item => XElement.Parse(item))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var item = element.ToString(SaveOptions.DisableFormatting);
        _redis.Run(db => db.ListRightPushAsync(Key, item));
        _known = [.. _known, item];
    }

    /// <summary>
    /// Puts back what this process has read or made and Redis has lost; returns how many elements that were.
    /// </summary>
    public async Task<int> RestoreAsync()
    {
        var known = _known;
        return known.Except(await _redis.RunAsync(ReadAsync)).Any()
            ? (int)await _redis.EvaluateAsync(_restore, [Key], [.. known.Select(item => (RedisValue)item)])
            : 0;
    }

    private static async Task<IEnumerable<string>> ReadAsync(IDatabase db) =>
        (await db.ListRangeAsync(Key)).Select(item => (string)item!);
}

/// <summary>
/// Watches over the list. After a flush the instances would go on with the keys in their memory, while one that starts
/// makes another: a cookie from here would be worthless there.
/// </summary>
internal sealed partial class RedisKeyRingKeeper(RedisXmlRepository keys, ILogger<RedisKeyRingKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await keys.RestoreAsync() > 0)
                    LogRestored(logger);
            }
            catch (SessionStoreUnavailableException e)
            {
                // An outage is reported by the connection's monitor; the next round looks again.
                LogNotWatched(logger, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The key ring in Redis could not be looked at")]
    private static partial void LogNotWatched(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Redis had lost keys of the key ring (was it flushed, or does its maxmemory-policy evict?); "
        + "they were put back")]
    private static partial void LogRestored(ILogger logger);
}
