using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>
/// The key ring in the Redis list <c>DataProtection-Keys</c>. It remembers what it has seen there, so that what Redis
/// loses can be put back.
/// </summary>
internal sealed class RestorableKeyRing : IXmlRepository
{
    private static readonly RedisKey List = "DataProtection-Keys";

    private readonly RedisConnection _redis;
    private readonly RedisXmlRepository _list;
    private readonly RedisScript _restore;
    private volatile string[] _known = [];

    public RestorableKeyRing(RedisConnection redis)
    {
        _redis = redis;
        _list = new(Database, List);
        Scripts = RedisScriptSet.Beside(typeof(RestorableKeyRing), []);
        _restore = Scripts.Add("restore_keys");
    }

    public RedisScriptSet Scripts { get; }

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = Guard(_list.GetAllElements);
        _known = [.. _known.Union(elements.Select(Write))];
        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        Guard(() =>
        {
            _list.StoreElement(element, friendlyName);
            return true;
        });
        _known = [.. _known, Write(element)];
    }

    /// <summary>
    /// Puts back what this process has read or made and Redis has lost; returns how many elements that were.
    /// </summary>
    public async Task<int> RestoreAsync()
    {
        var known = _known;
        var present = await _redis.RunAsync(db => db.ListRangeAsync(List));
        return known.Except(present.Select(item => Write(XElement.Parse(item!)))).Any()
            ? (int)await _redis.EvaluateAsync(_restore, [List], [.. known.Select(item => (RedisValue)item)])
            : 0;
    }

    /// <summary>Waits for the connection's first verification, for at most the time-out.</summary>
    private IDatabase Database() => _redis.RunAsync(Task.FromResult).GetAwaiter().GetResult();

    /// <summary>The list's calls pass by the connection's guard. Errors of the client can hold keys.</summary>
    private static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
        {
            throw new SessionStoreUnavailableException($"Redis did not serve the key ring ({e.GetType().Name}).");
        }
    }

    private static string Write(XElement element) => element.ToString(SaveOptions.DisableFormatting);
}
