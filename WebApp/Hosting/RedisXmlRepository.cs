using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using WebApp.Sessions.Redis;

namespace WebApp.Hosting;

/// <summary>
/// Data Protection keys in the Redis list <c>DataProtection-Keys</c>, one XML element an item: exactly as
/// Microsoft.AspNetCore.DataProtection.StackExchangeRedis keeps them, so that the package can take this class's place.
/// </summary>
internal sealed class RedisXmlRepository(RedisConnection redis) : IXmlRepository
{
    private const string Key = "DataProtection-Keys";

    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. redis.Run(db => db.ListRangeAsync(Key)).Select(item => XElement.Parse((string)item!))];

    public void StoreElement(XElement element, string friendlyName) =>
        redis.Run(db => db.ListRightPushAsync(Key, element.ToString(SaveOptions.DisableFormatting)));
}
