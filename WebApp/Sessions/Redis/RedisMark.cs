using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>
/// How far the data of a hash tag has what is journalled, as the data itself says; the key is <c>uj:{sNN}:</c>.
/// </summary>
/// <remarks>
/// <para>
/// It is the server's run (16 characters) and places (<see cref="RedisPlace"/>): that of the present lineage, then
/// those of earlier ones. The script that makes a change counts it in one step with it, and the journal's row gets the
/// place. Snapshots, append-only files and replicas have all writes of their server up to some moment, so data with a
/// mark has each change up to its places. A row beyond them, or of a lineage that the mark does not know, may be
/// missing, and is repeated; so is one without a place.
/// </para>
/// <para>
/// No place may come twice, or what was lost would pass for done. A server whose data may have gone back is in another
/// run (a restart, a promotion and a full resynchronisation each begin one), and scripts count nothing while mark and
/// server are of different runs. <see cref="RedisRecovery"/> begins the run, with a random lineage of its own. Once it
/// has repeated what was missing, the mark says so of the earlier lineages.
/// </para>
/// </remarks>
internal sealed class RedisMark
{
    /// <summary>How much of the id of a server's run stands in it.</summary>
    public const int RunSize = 16;

    private const int HeadSize = RunSize + RedisPlace.LineageSize;

    private readonly Dictionary<long, long> _places = [];

    private RedisMark(byte[] bytes)
    {
        Head = bytes[..HeadSize];
        Lineage = RedisPlace.Read(bytes.AsSpan(RunSize)).Lineage;
        for (var at = RunSize; at + RedisPlace.Size <= bytes.Length; at += RedisPlace.Size)
        {
            var place = RedisPlace.Read(bytes.AsSpan(at));
            _places[place.Lineage] = Math.Max(place.Number, PlaceIn(place.Lineage));
        }
    }

    /// <summary>Run and lineage.</summary>
    public byte[] Head { get; }

    /// <summary>The present one.</summary>
    public long Lineage { get; }

    /// <summary>How many lineages it knows.</summary>
    public int Lineages => _places.Count;

    /// <exception cref="SessionStoreUnavailableException">It is none.</exception>
    public static RedisMark Read(byte[]? bytes) => bytes?.Length >= RunSize + RedisPlace.Size
        ? new(bytes)
        : throw new SessionStoreUnavailableException("Redis could not say how far its data has what is journalled.");

    /// <summary>The last place of the lineage that the data has; -1: none.</summary>
    public long PlaceIn(long lineage) => _places.GetValueOrDefault(lineage, -1);

    public bool Has(JournalRow row) => row is { Lineage: { } lineage, Place: { } place } && place <= PlaceIn(lineage);
}
