using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions.Redis;

/// <summary>
/// Brings Redis up to the journal before it is used: repeats what its data does not have (<see cref="RedisMark"/>), and
/// nothing else.
/// </summary>
/// <remarks>
/// It goes through the rows without a place, and then from the first one that the data may lack to the end, so that
/// whatever is written meanwhile comes along. A try that fails is gone on with where it stopped. Only when all is done
/// do the marks say so.
/// </remarks>
internal sealed class RedisRecovery(
    RedisConnection connection, RedisScripts scripts, RevocationJournal journal, TimeProvider clock)
{
    /// <summary>How many rows are read at once: each hash tag should have some, and Redis should answer soon.</summary>
    private const int Batch = 25_000;

    /// <summary>How many changes one script repeats: it must not hold up the server.</summary>
    private const int AtOnce = 200;

    /// <summary>What a mark may know of lineages before those are left out that the journal has forgotten.</summary>
    private const int ManyLineages = 32;

    /// <summary>Where a change spares nobody.</summary>
    private static readonly byte[] Nobody = new byte[SessionId.Size];

    private volatile bool _hasGoneBack;
    private string _reachedFor = "";
    private long _reached;

    /// <summary>A server's data has gone back within its run: the present lineages say too much.</summary>
    public void NoteGoneBack() => _hasGoneBack = true;

    /// <summary>Repeats what is missing; returns how much that was.</summary>
    /// <exception cref="SessionStoreUnavailableException">It is not complete.</exception>
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        // What the marks are to say at last is read before the rows: a change with a place up to there was journalled
        // before, so its row is met below, with the place or without.
        var marks = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Tags).Select(BeginAsync));
        _hasGoneBack = false;
        var claims = await journal.ReadLineagesAsync();

        var count = await RepeatUnplacedAsync(stopping);
        List<JournalLineage> missing = [.. (await journal.ReadLineagesAsync())
            .Where(lineage => lineage.Last > marks[lineage.Tag].PlaceIn(lineage.Lineage))];
        if (missing.Count > 0)
            count += await RepeatMissingAsync(marks, await ReachedAsync(marks, missing), stopping);

        var stale = missing.Select(lineage => lineage.Tag)
            .Union(marks.Index().Where(mark => mark.Item.Lineages > ManyLineages).Select(mark => mark.Index));
        await Task.WhenAll(stale.Select(tag => ClaimAsync(tag, marks[tag], claims.Where(claim => claim.Tag == tag))));
        (_reachedFor, _reached) = ("", 0);
        return count;
    }

    /// <summary>
    /// Repeats changes of one hash tag. Their place; null if they were not counted, for the mark is missing.
    /// </summary>
    public async Task<RedisPlace?> RepeatAsync(int tag, IEnumerable<JournalRow> rows)
    {
        var now = clock.GetUtcNow();
        var change = RedisChange.Read(await connection.EvaluateUnverifiedAsync(
            scripts.Repeat, [RedisKeys.AnyOf(tag)],
            [now.ToUnixTimeMilliseconds(), .. rows.Select(row => (RedisValue)Write(row, now))]));
        return change.IsDone ? change.Place : throw new SessionStoreUnavailableException(
            "Redis had no memory to refuse sign-ins under way.");
    }

    private async Task<RedisMark> BeginAsync(int tag) => RedisMark.Read(
        (byte[]?)await connection.EvaluateUnverifiedAsync(
            scripts.BeginRun, [RedisKeys.MarkOf(tag)],
            RandomNumberGenerator.GetBytes(RedisPlace.LineageSize), _hasGoneBack ? 1 : 0));

    private async Task<int> RepeatUnplacedAsync(CancellationToken stopping)
    {
        var count = 0;
        List<JournalRow> rows = [];
        while ((rows = await journal.ReadUnplacedAsync(rows.LastOrDefault()?.Id ?? 0, Batch)).Count > 0)
        {
            stopping.ThrowIfCancellationRequested();
            await RepeatAsync(rows);
            count += rows.Count;
        }

        return count;
    }

    /// <summary>
    /// The row before the first one that may be missing, or where an earlier try for the same marks got to.
    /// </summary>
    private async Task<long> ReachedAsync(RedisMark[] marks, List<JournalLineage> missing)
    {
        var heads = string.Concat(marks.Select(mark => Convert.ToHexString(mark.Head)));
        if (heads == _reachedFor)
            return _reached;

        var first = long.MaxValue;
        foreach (var lineage in missing)
        {
            var place = marks[lineage.Tag].PlaceIn(lineage.Lineage);
            first = Math.Min(first, place < 0 ? lineage.FirstId : await journal.FirstIdAsync(lineage, place));
        }

        (_reachedFor, _reached) = (heads, first - 1);
        return _reached;
    }

    private async Task<int> RepeatMissingAsync(RedisMark[] marks, long after, CancellationToken stopping)
    {
        var count = 0;
        var next = journal.ReadAsync(after, Batch);
        while (await next is { Count: > 0 } rows)
        {
            stopping.ThrowIfCancellationRequested();
            // The database reads on while Redis works.
            next = journal.ReadAsync(rows[^1].Id, Batch);
            var missing = rows.Where(row => !marks[row.Tag].Has(row)).ToList();
            await RepeatAsync(missing);
            count += missing.Count;
            _reached = rows[^1].Id;
        }

        return count;
    }

    private async Task RepeatAsync(IReadOnlyList<JournalRow> rows)
    {
        var placed = await Task.WhenAll(rows.GroupBy(row => row.Tag).SelectMany(
            ofTag => ofTag.Chunk(AtOnce).Select(async some =>
            {
                var place = await RepeatAsync(ofTag.Key, some) ?? throw new SessionStoreUnavailableException(
                    "Redis has lost the mark that says how far its data has what is journalled.");
                return some.Where(row => row.Place is null).Select(row => new PlacedRow(row.Id, place));
            })));
        await journal.TryPlaceAsync([.. placed.SelectMany(row => row)]);
    }

    /// <summary>All of them are there now, as far as the journal knew of them.</summary>
    private async Task ClaimAsync(int tag, RedisMark mark, IEnumerable<JournalLineage> lineages)
    {
        byte[] claims = [.. lineages.Where(claim => claim.Lineage != mark.Lineage)
            .SelectMany(claim => new RedisPlace(claim.Lineage, claim.Last).Write())];
        if (!Reply.IsYes(await connection.EvaluateUnverifiedAsync(
            scripts.Claim, [RedisKeys.MarkOf(tag)], mark.Head, claims)))
        {
            throw new SessionStoreUnavailableException("Redis went back while what it lacked was repeated.");
        }
    }

    /// <summary>
    /// What the script takes. It takes away again what was taken away then, and nothing that began later. It may be the
    /// first time, if Redis never got the revocation: so sign-ins under way are refused, unless it is so long ago that
    /// there can be none left.
    /// </summary>
    private static byte[] Write(JournalRow row, DateTimeOffset now)
    {
        var user = RedisKeys.UserBytes(row.UserId);
        if (row.RightsVersion is { } version)
            return [RedisScripts.RepeatRights, .. user, .. Nobody, .. RedisSessionRecord.WriteRights(version)];
        if (row is { LockReason: { } reason, SessionId: { } locked })
        {
            var sessionLock = RedisSessionRecord.WriteLock(new(row.At, reason));
            return [RedisScripts.RepeatLock, .. user, .. RedisKeys.IdBytes(locked), .. sessionLock];
        }

        var revocation = RedisSessionRecord.WriteRevocation(new(row.At, row.Reason, row.CaseReference));
        if (row.SessionId is { } one)
            return [RedisScripts.RepeatRevoke, .. user, .. RedisKeys.IdBytes(one), .. revocation];

        var except = row.Except is { } spared ? RedisKeys.IdBytes(spared) : Nobody;
        var generation = now - row.At < UserGeneration.Lifetime
            ? Encoding.ASCII.GetBytes($"{UserGeneration.NewValue(row.At)}")
            : [];
        return
        [
            RedisScripts.RepeatRevokeAll, .. user, .. except, .. RedisSessionRecord.WriteTime(row.At),
            (byte)generation.Length, .. generation, .. revocation,
        ];
    }
}
