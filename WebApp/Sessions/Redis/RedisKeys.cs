using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>
/// The names of one user's keys. Users are dealt out to 256 hash tags, so that on Cluster all keys of a user lie in one slot
/// and a script for a user can also read what is kept once per tag.
/// </summary>
internal sealed class RedisKeys(Guid userId)
{
    /// <summary>How many hash tags there are.</summary>
    public const int Tags = 256;

    /// <summary>
    /// What stands in a user's index for the keys of sign-ins under way: no ids of sessions, but as long, so that the
    /// version before is not confused.
    /// </summary>
    public const string GenerationEntry = "generation......";
    public const string RightsEntry = "rights..........";

    private static readonly string[] Names = [.. Enumerable.Range(0, Tags).Select(tag => $"{{s{tag:x2}}}")];

    private readonly string _tag = NameOf(TagOf(userId));

    public RedisKey Index => $"uu:{_tag}:{userId:N}";

    public RedisKey Generation => $"ug:{_tag}:{userId:N}";

    public RedisKey Rights => $"ur:{_tag}:{userId:N}";

    /// <summary>See <see cref="RedisShortTermStore"/>.</summary>
    public RedisKey ShortTerm => $"uk:{_tag}:{userId:N}";

    public string RecordPrefix => $"us:{_tag}:";

    public RedisKey Record(SessionId id) => RecordPrefix + id;

    /// <summary>A key that lies where those of the tag's users do. There is nothing under it.</summary>
    public static RedisKey AnyOf(int tag) => $"us:{NameOf(tag)}:";

    /// <summary>The copy of the epoch for the tag's users.</summary>
    public static RedisKey EpochOf(int tag) => $"ue:{NameOf(tag)}:";

    /// <summary>See <see cref="RedisMark"/>.</summary>
    public static RedisKey MarkOf(int tag) => $"uj:{NameOf(tag)}:";

    /// <summary>The bitmap of <see cref="RedisIndex"/> of the tag.</summary>
    public static RedisKey BitmapOf(int tag) => $"ub:{NameOf(tag)}:";

    /// <summary>Which tag is the user's.</summary>
    public static int TagOf(Guid userId) => UserBytes(userId)[^1];

    /// <summary>The record of a session whose user is not known yet, but the user's tag.</summary>
    public static RedisKey RecordIn(int tag, SessionId id) => $"us:{NameOf(tag)}:{id}";

    public static byte[] UserBytes(Guid userId) => userId.ToByteArray(bigEndian: true);

    public static byte[] IdBytes(SessionId id)
    {
        var bytes = new byte[SessionId.Size];
        id.Write(bytes);
        return bytes;
    }

    private static string NameOf(int tag) => Names[tag];
}
