using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

internal static class Reply
{
    /// <summary>Yes or no.</summary>
    /// <exception cref="SessionStoreUnavailableException">
    /// Redis got to it only after its caller had given up, and did nothing.
    /// </exception>
    public static bool IsYes(RedisResult reply) => (int)reply switch
    {
        RedisScripts.Yes => true,
        RedisScripts.No => false,
        _ => throw new SessionStoreUnavailableException("Redis got to the command too late and did nothing."),
    };
}
