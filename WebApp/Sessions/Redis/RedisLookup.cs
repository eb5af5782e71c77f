using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>What a look-up found.</summary>
/// <param name="Value">Null if there is nothing under the key.</param>
/// <param name="Epoch">The copy of the present epoch that was read with it; null if it is missing.</param>
/// <param name="EpochTag">The hash tag with which the copy lies.</param>
internal readonly record struct RedisLookup(RedisValue Value, RedisValue Epoch, int EpochTag);
