using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace WebApp.Sessions.Redis;

/// <summary>The index over all users: finds and counts sessions for staff, without going through keys.</summary>
/// <remarks>
/// Per hash tag, in the slot of the tag's users:
/// <code>
///   ul:{sNN}:list   ZSET  live sessions, and tombstones of possible theft, scored by when they were last seen (ms); in 64 lists by the first
///                         six bits of the session id, each small enough for Redis to keep it compactly. An entry is: session id (16), state (1),
///                         browser (1), system (1), country (2), the sum of the sign-in method's text (1), last address (IPv4: 4; IPv6: the first 6 and a sum of the others;
///                         unknown: nothing)
///   ub:{sNN}:       STRING which values the entries of each list have at each place, to a sixty-fourth: a bitmap, 136 bytes a list. It may have more,
///                         not less
///   uc:{sNN}:mark   HASH  how many sessions of the epoch with that mark end by themselves at which moment: "state:moment" (ms)
///   uc:{sNN}:theft  HASH  the same of those that ended as theft, in whatever epoch
/// </code>
/// <para>
/// The scripts that change a record keep all up with it (common_index.lua). What ends by itself leaves its entry behind, until a page
/// meets it or <see cref="RedisIndexSweeper"/> comes by; a count ends by itself, and is forgotten later. What was ended with everyone's waits for the
/// sweeper alone. Entries only lead to records: the record says what is shown.
/// </para>
/// <para>
/// A page asks every tag for its first few entries, and those tags again whose few were not enough. With a filter it looks among the newest first,
/// which are a page full of what is common; for what is rare, Redis goes through all entries of the lists that may have it by the bitmap. Each script
/// is one tag's, so that nobody waits behind more than a few hundred microseconds, and few are under way at once.
/// </para>
/// </remarks>
internal sealed class RedisIndex(
    RedisConnection connection, RedisScripts scripts, PresentEpoch present, TimeProvider clock)
{
    private const int AtOnce = 8;
    private const int LeastPerTag = 4;

    /// <summary>How many of a list's newest entries are looked through for what is common, and how many lists say how far back that is.</summary>
    private const int Newest = 8;
    private const int Samples = 9;

    /// <summary>Of so many tags one says how common something is.</summary>
    private const int Share = 16;

    /// <summary>Who looks at a page does not wait for more than that to be put right; the rest waits for the sweeper.</summary>
    private const int RepairsPerPage = 16;

    /// <summary>A page is shown short rather than late: so often it goes on when records have gone.</summary>
    private const int MaxRounds = 6;

    /// <summary>How long after the end of everyone's sessions they are put away faster than what ends by itself.</summary>
    private static readonly TimeSpan HardWork = TimeSpan.FromMinutes(10);

    /// <summary>In one of so many rounds, every 15 hours or so, the sweep looks at every list of a tag.</summary>
    private const int ThoroughRound = 64;

    /// <summary>Above any time: the beginning.</summary>
    private const long End = 1L << 52;

    public async Task<SessionPage> ListAsync(SessionFilter filter, SessionCursor? after, int count)
    {
        var pattern = new RedisIndexPattern(filter);
        var found = new List<(Entry Entry, UserSession Session)>();
        var gone = new List<Entry>();
        // What was seen last before everyone's sessions were ended is over: no need to go on once a page is there, or to read what is long before it.
        var epoch = await EpochAsync(tag: 0);
        var past = filter.State == SessionState.Flagged || epoch.Ended is null ? (DateTimeOffset?)null : epoch.Ended.At;
        var floor = (past - RedisEpochs.ClockDifference)?.ToUnixTimeMilliseconds() ?? 0;
        var (ended, last, wanted) = (false, after, count + 1);
        for (var round = 0; round < MaxRounds && !ended && found.Count <= count; round++)
        {
            var entries = await FirstAsync(pattern, last, wanted, floor);
            ended = entries.Count < wanted || entries[0].SeenAt < past;
            foreach (var (entry, session, isGone) in await ReadAsync(entries))
            {
                if (isGone)
                    gone.Add(entry);
                else if (session is not null)
                    Offer(entry, session);
            }

            // What is gone comes in droves: each time it looks further.
            (last, wanted) = (entries.Count > 0 ? entries[^1].Cursor : last, 2 * wanted);
        }

        // But who was spared may have been seen last long before.
        if (ended && past is not null && epoch.Spared is { } spared)
            await OfferSparedAsync(new(RedisKeys.TagOf(spared.UserId), 0, spared.Id));

        await RepairAsync(gone);
        var next = found.Count > count ? found[count - 1].Entry.Cursor : ended ? null : last;
        return new([.. found.Take(count).Select(known => known.Session)], next);

        void Offer(Entry entry, UserSession session)
        {
            if (filter.Matches(session) && found.TrueForAll(known => known.Session.Id != session.Id))
                found.Add((entry, session));
        }

        async Task OfferSparedAsync(Entry entry)
        {
            if ((await ReadAsync([entry]))[0].Session is not { } session)
                return;

            entry = entry with { Score = session.LastSeenAt.ToUnixTimeMilliseconds() };
            if (after is not { } cursor || new Entry(entry.Tag, cursor.LastSeenAt.ToUnixTimeMilliseconds(), cursor.Id).IsBefore(entry))
                Offer(entry, session);
        }
    }

    public async Task<IReadOnlyList<UserSession>> FindByIdPrefixAsync(string hexPrefix, int count)
    {
        if (!SessionFilter.IsIdPrefix(hexPrefix))
            return [];

        var pattern = new RedisIndexPattern(hexPrefix);
        var entries = await FirstAsync(pattern, null, count, lowest: 0, pattern.Glob);
        return [.. (await ReadAsync(entries)).Select(read => read.Session).OfType<UserSession>().Where(session => session.Revocation is null)];
    }

    public async Task<SessionCounts> CountAsync()
    {
        var counts = await ForTagsAsync(Enumerable.Range(0, RedisKeys.Tags), CountAsync);
        // Below zero: instances of an earlier version ended what they had not counted.
        return new(Sum(0), Sum(1), Sum(2));

        long Sum(int place) => Math.Max(0, counts.Sum(count => count[place]));
    }

    /// <summary>
    /// Repairs so many of the <see cref="RedisIndexSweeper.Lists"/>, from a place in one of many rounds. Lists of which
    /// the bitmap has nothing are empty,
    /// and left out; but not always, for Redis may have lost the bitmap.
    /// </summary>
    public async Task SweepAsync(long from, int count)
    {
        byte[]? bitmap = null;
        for (var place = from; place < from + count; place++)
        {
            var (round, list) = Math.DivRem(place, RedisIndexSweeper.Lists);
            var (tag, listOfTag) = Math.DivRem((int)list, RedisIndexEntry.Lists);
            if (place == from || listOfTag == 0)
                bitmap = (await connection.GetAsync([RedisKeys.BitmapOf(tag)]))[0];
            if (tag % ThoroughRound == round % ThoroughRound || MayHaveEntries(bitmap, listOfTag))
                await RepairAsync((int)list);
        }
    }

    /// <summary>Makes one of the <see cref="RedisIndexSweeper.Lists"/> say what the records say; with a tag's first one, its counts are cleaned up.</summary>
    public async Task RepairAsync(int list)
    {
        var (tag, listOfTag) = (list / RedisIndexEntry.Lists, list % RedisIndexEntry.Lists);
        if (listOfTag == 0)
            await CountAsync(tag);
        await RepairAsync(tag, listOfTag);
    }

    /// <summary>Whether everyone's sessions were ended not long ago, so that there is much to repair.</summary>
    public async Task<bool> IsBehindAsync() => (await EpochAsync(tag: 0)).Ended is { } ended && clock.GetUtcNow() - ended.At < HardWork;

    /// <summary>The first list of a tag that has any stands for its counts as well.</summary>
    private static bool MayHaveEntries(byte[]? bitmap, int list) => bitmap is not null
        && (list == 0 || bitmap.Skip(list * RedisIndexEntry.BitmapBytesOfList)
            .Take(RedisIndexEntry.BitmapBytesOfList).Any(bits => bits != 0));

    private async Task RepairAsync(int tag, int list)
    {
        var reply = await connection.EvaluateAsync(
            scripts.Repair, [RedisKeys.AnyOf(tag)], list, clock.GetUtcNow().ToUnixTimeMilliseconds());
        if ((int)reply == RedisScripts.NoEpoch)
            await present.TellAsync(tag);
    }

    private Task RepairAsync(IEnumerable<Entry> wrong) => Parallel.ForEachAsync(
        wrong.Select(entry => (entry.Tag, entry.List)).Distinct().Take(RepairsPerPage), new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (list, _) => await RepairAsync(list.Tag, list.List));

    /// <summary>Live, locked and flagged ones of a tag; forgets what has ended long since.</summary>
    private async Task<long[]> CountAsync(int tag) => (long[])(await connection.EvaluateAsync(
        scripts.Count, [RedisKeys.AnyOf(tag)], clock.GetUtcNow().ToUnixTimeMilliseconds()))!;

    private async Task<SessionEpoch> EpochAsync(int tag) => await present.ReadAsync(tag, (await connection.GetAsync([RedisKeys.EpochOf(tag)]))[0]);

    private async Task<List<Entry>> FirstAsync(RedisIndexPattern pattern, SessionCursor? after, int count, long floor)
    {
        if (pattern.IsForAll)
            return await FirstAsync(pattern, after, count, floor, glob: RedisValue.EmptyString);

        if (await EstimateLowestAsync(pattern, after, count, floor) is { } lowest)
        {
            var newest = await FirstAsync(pattern, after, count, lowest, glob: RedisValue.EmptyString);
            if (newest.Count == count || lowest == floor)
                return newest;
        }

        return await FirstAsync(pattern, after, count, floor, pattern.Glob);
    }

    /// <summary>When the last session of a page was seen, by what a few tags have of it among their newest; null if that is too little for a page.</summary>
    private async Task<long?> EstimateLowestAsync(RedisIndexPattern pattern, SessionCursor? after, int count, long floor)
    {
        var newest = Math.Max(await LowestOfNewestAsync(after), floor);
        var begin = Random.Shared.Next(Share);
        var tags = Enumerable.Range(0, RedisKeys.Tags / Share).Select(i => begin + (Share * i));
        var found = (await ForTagsAsync(tags, tag => AskAsync(tag, pattern, after, PerTag(count), newest, glob: RedisValue.EmptyString)))
            .SelectMany(entries => entries).OrderByDescending(entry => entry.Score).ToList();
        // A page's share, and as many again: other tags may have less.
        var enough = 2 * (count / Share + 1);
        return found.Count > enough ? found[enough].Score : Share * found.Count > count ? newest : null;
    }

    /// <summary>Since when an average list has <see cref="Newest"/> sessions that were seen; 0 if it has not so many.</summary>
    private async Task<long> LowestOfNewestAsync(SessionCursor? after)
    {
        var lists = Enumerable.Range(0, Samples).Select(_ => (Tag: Random.Shared.Next(RedisKeys.Tags), List: Random.Shared.Next(RedisIndexEntry.Lists)));
        var lowest = await ForTagsAsync(lists, async sample =>
        {
            var entries = await AskAsync(sample.Tag, new(sample.List), after, Newest, lowest: 0, glob: RedisValue.EmptyString);
            return entries.Count < Newest ? 0 : entries[^1].Score;
        });
        return lowest.Order().ElementAt(Samples / 2);
    }

    /// <summary>How many a tag is asked for at first: more than its share.</summary>
    private static int PerTag(int count) => Math.Max(LeastPerTag, 4 * count / RedisKeys.Tags);

    private async Task<List<Entry>> FirstAsync(RedisIndexPattern pattern, SessionCursor? after, int count, long lowest, RedisValue glob)
    {
        var few = PerTag(count);
        var answers = await ForTagsAsync(Enumerable.Range(0, RedisKeys.Tags), tag => AskAsync(tag, pattern, after, few, lowest, glob));
        var first = Merge(answers, count);
        // Who answered with as many as were asked for may have more that belong in between.
        var unsure = Enumerable.Range(0, RedisKeys.Tags)
            .Where(tag => answers[tag].Count == few && few < count && (first.Count < count || answers[tag][^1].IsBefore(first[^1]))).ToList();
        var more = await ForTagsAsync(unsure, tag => AskAsync(tag, pattern, after, count, lowest, glob));
        for (var i = 0; i < unsure.Count; i++)
            answers[unsure[i]] = more[i];
        return Merge(answers, count);
    }

    private static List<Entry> Merge(IEnumerable<List<Entry>> answers, int count) =>
        [.. answers.SelectMany(answer => answer).OrderByDescending(entry => entry.Score).ThenByDescending(entry => entry.Id.Value).Take(count)];

    private async Task<List<Entry>> AskAsync(int tag, RedisIndexPattern pattern, SessionCursor? after, int count, long lowest, RedisValue glob)
    {
        var reply = (RedisValue[])(await connection.EvaluateAsync(scripts.Page, [RedisKeys.AnyOf(tag)],
            after?.LastSeenAt.ToUnixTimeMilliseconds() ?? End, after is { } cursor ? RedisKeys.IdBytes(cursor.Id) : RedisValue.EmptyString,
            lowest, count, pattern.Checks, pattern.Length, glob, pattern.OnlyList ?? RedisValue.EmptyString, pattern.Sought))!;
        return [.. reply.Chunk(2).Select(pair => new Entry(tag, (long)pair[1], SessionId.Read((byte[])pair[0]!)))];
    }

    /// <summary>The sessions that are to be seen; and which entries lead to none, but for those of what was ended with everyone's.</summary>
    private async Task<IReadOnlyList<(Entry Entry, UserSession? Session, bool IsGone)>> ReadAsync(List<Entry> entries)
    {
        var now = clock.GetUtcNow();
        return await ForTagsAsync(entries, async entry =>
        {
            var read = await connection.GetAsync([RedisKeys.RecordIn(entry.Tag, entry.Id), RedisKeys.EpochOf(entry.Tag)]);
            byte[]? record = read[0];
            var session = record is null ? null : RedisSessionRecord.Read(entry.Id, record);
            var isShown = session is not null && (session.Revocation is null ? session.IsLive(now) : session.IsFlagged && now < session.AbsoluteDeadline);
            var isOver = isShown && RedisEpochs.IsOver(await present.ReadAsync(entry.Tag, read[1]), RedisSessionRecord.EpochMarkOf(record!), session!);
            return (entry, isShown && !isOver ? session : null, !isShown);
        });
    }

    private static async Task<TAnswer[]> ForTagsAsync<TItem, TAnswer>(IEnumerable<TItem> items, Func<TItem, Task<TAnswer>> ask)
    {
        TItem[] all = [.. items];
        var answers = new TAnswer[all.Length];
        await Parallel.ForAsync(0, all.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => answers[i] = await ask(all[i]));
        return answers;
    }

    /// <param name="Tag">Where it was found.</param>
    /// <param name="Score">When the session was last seen, in milliseconds.</param>
    /// <param name="Id">The session's.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(int Tag, long Score, SessionId Id)
    {
        public DateTimeOffset SeenAt => DateTimeOffset.FromUnixTimeMilliseconds(Score);

        public SessionCursor Cursor => new(SeenAt, Id);

        public int List => (int)(Id.Value >> 120) / (256 / RedisIndexEntry.Lists);

        public bool IsBefore(Entry other) => Score > other.Score || (Score == other.Score && Id.Value > other.Id.Value);
    }
}
