using System.Buffers.Binary;
using System.Text;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>Runs a script whose keys lie with those of a hash tag.</summary>
internal delegate Task<RedisResult> RunOnTag(RedisScript script, RedisKey[] keys, params RedisValue[] args);

/// <summary>
/// The copies of the present epoch, one for each hash tag, so that it is read together with a session and by the script
/// that adds one. The truth is in the database (<see cref="Sql.SessionEpochs"/>): a copy that is missing says nothing,
/// least of all that there was no epoch.
/// </summary>
/// <remarks>
/// A copy is the number (4), when everyone's sessions were ended (6), why (1), the text of the case reference, and of
/// the session that is spared, if any, a zero, user id (16) and id (16); for number 0 the number alone. Records carry
/// the last seven bits of the number in which they began, or for which they were spared. If the database was put back
/// to before an end, and an instance has read no copy yet, it tells a missing one a lower number than the others have:
/// until everyone's sessions are ended the next time, those of the epochs between are not found there.
/// </remarks>
internal sealed class RedisEpochs(RunOnTag run, RedisScripts scripts)
{
    /// <summary>
    /// As many bits of the number as a record has room for. A session that outlives so many epochs is told by its age.
    /// </summary>
    public const int MarkBits = 7;

    /// <summary>How many marks there are before the first comes round again.</summary>
    public const int Marks = 1 << MarkBits;

    /// <summary>
    /// Far more than clocks of instances differ by, and far less than it takes to end everyone's sessions so often.
    /// </summary>
    public static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1);

    /// <summary>
    /// Where in a copy it stands when everyone's sessions were ended (why follows on), and where the case reference.
    /// </summary>
    public const int TimeAt = sizeof(uint);
    public const int ReferenceAt = TimeAt + RedisSessionRecord.TimeSize + 1;

    private const int UserIdSize = RedisSessionRecord.UserIdSize;

    /// <summary>Tells every hash tag. Those that know it already, or a later one, stay as they are.</summary>
    /// <exception cref="SessionStoreUnavailableException">Not all have confirmed it.</exception>
    public Task TellAsync(SessionEpoch epoch) =>
        Task.WhenAll(Enumerable.Range(0, RedisKeys.Tags).Select(tag => TellAsync(epoch, tag)));

    public async Task TellAsync(SessionEpoch epoch, int tag)
    {
        RedisKey[] keys = epoch.Spared is { } spared && RedisKeys.TagOf(spared.UserId) == tag
            ? [RedisKeys.EpochOf(tag), new RedisKeys(spared.UserId).Record(spared.Id)]
            : [RedisKeys.EpochOf(tag)];
        // A script that comes too late has done nothing, which is not what was asked for.
        _ = Reply.IsYes(await run(scripts.TellEpoch, keys,
            epoch.Number, Write(epoch), MarkOf(epoch.Number), MarkOf(epoch.Number - 1)));
    }

    public static int MarkOf(long number) => (int)(number % Marks);

    /// <summary>
    /// Whether the session, whose record has that mark, is over because everyone's were ended since it began.
    /// </summary>
    public static bool IsOver(SessionEpoch epoch, int mark, UserSession session) => session.Revocation is null
        && (mark != MarkOf(epoch.Number)
            || (session.CreatedAt < epoch.Ended?.At - ClockDifference && session.Id != epoch.Spared?.Id));

    /// <summary>The copy's epoch.</summary>
    public static SessionEpoch Read(ReadOnlySpan<byte> copy)
    {
        var number = BinaryPrimitives.ReadUInt32BigEndian(copy);
        if (number == 0)
            return SessionEpoch.First;

        SparedSession? spared = null;
        var reference = copy[ReferenceAt..];
        if (reference.IndexOf((byte)0) is var end and >= 0)
        {
            var ids = reference[(end + 1)..];
            spared = new(new(ids[..UserIdSize], bigEndian: true), SessionId.Read(ids[UserIdSize..]));
            reference = reference[..end];
        }

        var ended = new Revocation(
            RedisSessionRecord.ReadTime(copy[TimeAt..]),
            (RevocationReason)copy[ReferenceAt - 1],
            reference.IsEmpty ? null : Encoding.UTF8.GetString(reference));
        return new(number, ended, spared);
    }

    private static byte[] Write(SessionEpoch epoch)
    {
        var number = new byte[TimeAt];
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)epoch.Number);
        if (epoch.Ended is not { } ended)
            return number;

        var time = RedisSessionRecord.WriteTime(ended.At);
        var reference = Encoding.UTF8.GetBytes(ended.CaseReference ?? "");
        byte[] spared = epoch.Spared is { } one
            ? [0, .. RedisKeys.UserBytes(one.UserId), .. RedisKeys.IdBytes(one.Id)]
            : [];
        return [.. number, .. time, (byte)ended.Reason, .. reference, .. spared];
    }
}
