using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using Microsoft.EntityFrameworkCore;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>
/// The key ring in the Redis list <c>DataProtection-Keys</c>, with a copy in the database. What Redis loses is put back,
/// from memory or from the copy: the keys outlive Redis, as what they seal in the database does.
/// </summary>
internal sealed class RestorableKeyRing : IXmlRepository
{
    private static readonly RedisKey List = "DataProtection-Keys";

    private readonly RedisConnection _redis;
    private readonly RedisXmlRepository _list;
    private readonly RedisScript _restore;
    private readonly KeyRingCopy _copy;
    private volatile string[] _known = [];
    private volatile string[] _copied = [];

    public RestorableKeyRing(RedisConnection redis, KeyRingCopy copy)
    {
        (_redis, _copy) = (redis, copy);
        _list = new(Database, List);
        Scripts = RedisScriptSet.Beside(typeof(RestorableKeyRing), []);
        _restore = Scripts.Add("restore_keys");
    }

    public RedisScriptSet Scripts { get; }

    /// <exception cref="SessionStoreUnavailableException">
    /// Redis does not answer; or it has no keys, and whether there are any can't be read from the database. A key made
    /// then would be another one than those of instances that run.
    /// </exception>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        string[] elements = [.. Guard(_list.GetAllElements).Select(Write)];
        if (_copy.TryRead() is { } copied)
            _copied = copied;
        else if (elements.Length == 0)
            throw new SessionStoreUnavailableException(
                "Redis has no key ring, and its copy in the database can't be read.");

        _known = [.. _known.Union(elements).Union(_copied)];
        return [.. _known.Select(element => XElement.Parse(element))];
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

    /// <summary>Copies what is not in the database yet.</summary>
    /// <exception cref="System.Data.Common.DbException">The database does not answer, or is not migrated yet.</exception>
    /// <exception cref="DbUpdateException">Likewise; or another instance has copied at the same time.</exception>
    public async Task CopyAsync()
    {
        var known = _known;
        if (!known.Except(_copied).Any())
            return;

        await _copy.AddAsync(known);
        _copied = known;
    }

    /// <summary>Puts back what Redis has lost; returns how many elements that were.</summary>
    public async Task<int> RestoreAsync()
    {
        var known = _known;
        var present = await _redis.RunAsync(db => db.ListRangeAsync(List));
        return known.Except(present.Select(item => (string)item!)).Any()
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
