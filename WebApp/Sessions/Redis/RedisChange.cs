using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>What a script answers that makes a change which is journalled.</summary>
/// <param name="IsDone">Whether there was something to do, or memory to do it.</param>
/// <param name="Place">Null: it was not counted, so it must be repeated; see <see cref="RedisMark"/>.</param>
/// <param name="Rest">What else it answers.</param>
internal sealed record RedisChange(bool IsDone, RedisPlace? Place, IReadOnlyList<RedisResult> Rest)
{
    /// <exception cref="SessionStoreUnavailableException">
    /// Redis got to it only after its caller had given up, and did nothing.
    /// </exception>
    public static RedisChange Read(RedisResult reply)
    {
        var parts = (RedisResult[])reply!;
        var isDone = Reply.IsYes(parts[0]);
        var place = (byte[])parts[1]!;
        return new(isDone, place.Length > 0 ? RedisPlace.Read(place) : null, parts[2..]);
    }
}
