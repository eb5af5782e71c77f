using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>
/// Append and read. An entry is never changed, and leaves in two ways only: by age (<see cref="AuditRetention"/>), and, as far as it is personal,
/// with the account that it is about (<see cref="ForgetAsync"/>). That nothing else happened to it is what <see cref="AuditVerifier"/> finds out.
/// </summary>
public sealed class AuditLog(IDbContextFactory<AuditDbContext> databases, AuditKey key, TimeProvider clock) : IDisposable
{
    /// <summary>How many entries one transaction writes or removes at most: sign-ins wait for it to end.</summary>
    internal const int Batch = 1000;

    /// <summary>
    /// One of this process at a time, first come first served: entries have an order. Those that SQLite lets wait try again after a while and
    /// may lose again.
    /// </summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Writes the entry with the present time, and returns its id. Ignores the request's end: what happened is written down.</summary>
    /// <exception cref="ArgumentException">A text of it is too long, or has control characters: see the lengths of <see cref="AuditEntry"/>.</exception>
    /// <exception cref="DbUpdateException">The database refused it; then the act it announces must not go on.</exception>
    /// <exception cref="AuditChainException">The log has not begun, or goes on from something that was not written with this key.</exception>
    public Task<long> AppendAsync(AuditEntry entry) => WriteAsync(db => WriteEntriesAsync(db, [entry with { At = clock.GetUtcNow() }]));

    /// <summary>As <see cref="AppendAsync"/>, of many with the times they have; the ids are given here.</summary>
    internal async Task AppendAllAsync(IReadOnlyList<AuditEntry> entries)
    {
        foreach (var some in entries.Chunk(Batch))
            await WriteAsync(db => WriteEntriesAsync(db, some));
    }

    /// <summary>
    /// Takes the personal data out of the entries of an account that is deleted: address, device, details and note of those about it, address and
    /// device of those by it. (What staff noted on somebody else is about that person, and stays.) Ids, actions, times, methods, reasons and case
    /// references stay, and so does the hash of what is gone. An entry of its own says first that it goes. Safe to repeat.
    /// </summary>
    public async Task ForgetAsync(Guid userId)
    {
        if (await WriteAsync(db => BeginToForgetAsync(db, userId)) is not { } end)
            return;

        while (await WriteAsync(db => ForgetSomeAsync(db, userId, end)))
        {
        }
    }

    /// <summary>Where the log ends. Kept elsewhere, it shows later that nothing before it was changed or cut off.</summary>
    /// <exception cref="AuditChainException">The log has not begun.</exception>
    public async Task<AuditAnchor> HeadAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var head = await HeadOf(db);
        return new(head.LastId, head.Chain);
    }

    /// <summary>The entry's link; null when there is no such entry, or no more.</summary>
    internal async Task<byte[]?> FindLinkAsync(long id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.Where(e => e.Id == id).Select(e => e.Chain).SingleOrDefaultAsync();
    }

    /// <summary>Up to <paramref name="count"/> entries, newest first, older than entry <paramref name="before"/> (null: from the newest on).</summary>
    public Task<IReadOnlyList<AuditEntry>> ListAsync(long? before, int count) => SearchAsync(AuditFilter.Everything, before, count);

    /// <summary>As <see cref="ListAsync"/>, of the entries that fit the filter.</summary>
    public async Task<IReadOnlyList<AuditEntry>> SearchAsync(AuditFilter filter, long? before, int count)
    {
        var end = before ?? long.MaxValue;
        await using var db = await databases.CreateDbContextAsync();
        return await Whole(db, (await AuditSearch.FindAsync(db, filter)).Where(e => e.Id < end)).OrderByDescending(e => e.Row.Id).Take(count).Select(e => e.ToEntry()).ToListAsync();
    }

    /// <summary>
    /// The entries that fit the filter, oldest first, up to entry <paramref name="last"/>: what is written meanwhile is not among them. Reads a
    /// batch at a time, so many take no more memory than few.
    /// </summary>
    public async IAsyncEnumerable<AuditEntry> ReadAsync(AuditFilter filter, long last, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = 0; ;)
        {
            var from = after;
            var batch = await OnAThreadOfItsOwnAsync(async db =>
                await Whole(db, (await AuditSearch.FindAsync(db, filter)).Where(e => e.Id > from && e.Id <= last)).OrderBy(e => e.Row.Id).Take(Batch).Select(e => e.ToEntry()).ToListAsync(cancellationToken));
            foreach (var entry in batch)
                yield return entry;
            if (batch.Count < Batch)
                yield break;

            after = batch[^1].Id;
        }
    }

    /// <summary>
    /// How many entries of each of the <paramref name="actions"/> were written in each hour of the clock (UTC) from <paramref name="since"/> on; hours without
    /// one are missing. Hours are told by their beginning.
    /// </summary>
    public async Task<IReadOnlyList<HourlyCount>> CountByHourAsync(AuditAction[] actions, DateTimeOffset since)
    {
        const long hour = 3_600_000;
        await using var db = await databases.CreateDbContextAsync();
        var counts = await db.Entries.Where(e => e.At >= since && actions.Contains(e.Action))
            .GroupBy(e => new { e.Action, Hour = (long)(object)e.At / hour })
            .Select(g => new { g.Key.Action, g.Key.Hour, Count = g.Count() }).ToListAsync();
        return [.. counts.Select(c => new HourlyCount(c.Action, DateTimeOffset.FromUnixTimeMilliseconds(c.Hour * hour), c.Count))];
    }

    /// <summary>The latest <paramref name="count"/> entries about one session, newest first; empty for a session of somebody else.</summary>
    public Task<IReadOnlyList<AuditEntry>> ListOfSessionAsync(Guid subjectId, string sessionId, int count) =>
        LatestAsync(new() { SessionId = sessionId }, rows => rows.Where(e => e.SessionId == sessionId && e.SubjectId == subjectId), count);

    /// <summary>The latest <paramref name="count"/> entries about one person that say that action, written at <paramref name="since"/> or later, newest first.</summary>
    public Task<IReadOnlyList<AuditEntry>> ListOfSubjectAsync(Guid subjectId, AuditAction action, DateTimeOffset since, int count) =>
        LatestAsync(new() { SubjectId = subjectId }, rows => rows.Where(e => e.SubjectId == subjectId && e.Action == action && e.At >= since), count);

    /// <summary>
    /// Up to <paramref name="count"/> entries about one person that say one of the <paramref name="actions"/>, newest first, older than entry
    /// <paramref name="before"/> (null: from the newest on). What was done to everyone since the person's first entry is about that person, too.
    /// </summary>
    public async Task<IReadOnlyList<AuditEntry>> ListOlderOfSubjectAsync(Guid subjectId, IReadOnlyCollection<AuditAction> actions, long? before, int count)
    {
        var end = before ?? long.MaxValue;
        var entries = await AboutAsync(subjectId, actions, rows => rows.Where(e => e.Id < end), entries => entries.OrderByDescending(e => e.Row.Id).Take(count));
        return [.. entries.OrderByDescending(e => e.Id).Take(count)];
    }

    /// <summary>As <see cref="ListOlderOfSubjectAsync"/>, of those newer than entry <paramref name="after"/> the ones next to it; newest first, too.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListNewerOfSubjectAsync(Guid subjectId, IReadOnlyCollection<AuditAction> actions, long after, int count)
    {
        var entries = await AboutAsync(subjectId, actions, rows => rows.Where(e => e.Id > after), entries => entries.OrderBy(e => e.Row.Id).Take(count));
        return [.. entries.OrderBy(e => e.Id).Take(count).Reverse()];
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Writes within the transaction that there is, or one of its own. Null or zero as an id: the next one.</summary>
    internal async Task<long> WriteEntriesAsync(AuditDbContext db, IReadOnlyList<AuditEntry> entries)
    {
        // All or nothing is the transaction's: a savepoint in it would be two statements more.
        db.Database.AutoSavepointsEnabled = false;
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync() : null;
        var (chain, head) = (key.Chain(), await HeadOf(db));
        if (!chain.Fits(head))
            throw Misfit(key);

        var (last, link) = (head.LastId, head.Chain);
        foreach (var entry in entries)
        {
            last = Math.Max(last + 1, entry.Id);
            var (row, origin, text) = AuditRow.Of(entry with { Id = last }, chain, link);
            link = row.Chain;
            db.Add(row);
            if (origin is not null)
                db.Add(origin);
            if (text is not null)
                db.Add(text);
        }

        await db.SaveChangesAsync();
        // The entries first: none may be put in at or below the head. SQLite lets one write at a time, from here back to the head's reading. On a database
        // that does not, only one of two finds the head that it went on from, and the chain never forks.
        var next = chain.Head(last, link);
        if (await db.Heads.Where(h => h.LastId == head.LastId).ExecuteUpdateAsync(set => set
            .SetProperty(h => h.LastId, next.LastId).SetProperty(h => h.Chain, next.Chain).SetProperty(h => h.Mac, next.Mac)) != 1)
            throw new DbUpdateConcurrencyException("Another entry was written at the same time.");

        if (own is not null)
            await own.CommitAsync();
        return last;
    }

    /// <summary>Runs it when it is this one's turn to write.</summary>
    internal async Task<T> WriteAsync<T>(Func<AuditDbContext, Task<T>> write)
    {
        await _turn.WaitAsync();
        try
        {
            return await OnAThreadOfItsOwnAsync(write);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// SQLite's calls block, whatever they are called, and sleep while another writes. The pool's threads are for requests, and for the news of
    /// ended sessions: there are no more of them than cores.
    /// </summary>
    internal Task<T> OnAThreadOfItsOwnAsync<T>(Func<AuditDbContext, Task<T>> work) => Task.Factory.StartNew(async () =>
    {
        await using var db = await databases.CreateDbContextAsync();
        return await work(db);
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    internal static async Task<AuditHead> HeadOf(AuditDbContext db) => await db.Heads.AsNoTracking().SingleOrDefaultAsync()
        ?? throw new AuditChainException("The audit log has not begun: run \"WebApp migrate\".");

    internal static AuditChainException Misfit(AuditKey key) => new(
        $"The audit log was not written with the key of {key.Place}, or its head was changed. Put the right key back, from its backup if need be; "
        + "\"When the key is lost\" in docs/operations.md says what to do without one.");

    /// <summary>The entry that says so, and the first of what goes, at once: who comes meanwhile, or after a failure, finds what is left. Null when nothing is.</summary>
    private async Task<long?> BeginToForgetAsync(AuditDbContext db, Guid userId)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (!await AboutAndBy(db, userId).AnyAsync() && !await TextsAbout(db, userId).AnyAsync())
            return null;

        var entry = await WriteEntriesAsync(db, [new() { Action = AuditAction.PersonalDataForgotten, At = clock.GetUtcNow(), SubjectId = userId }]);
        await ForgetSomeAsync(db, userId, entry);
        await transaction.CommitAsync();
        return entry;
    }

    /// <summary>Returns whether there may be more.</summary>
    private static async Task<bool> ForgetSomeAsync(AuditDbContext db, Guid userId, long end)
    {
        var origins = await AboutAndBy(db, userId).Where(id => id < end).Take(Batch).ToListAsync();
        await db.Origins.Where(o => origins.Contains(o.EntryId)).ExecuteDeleteAsync();
        var texts = await TextsAbout(db, userId).Where(id => id < end).Take(Batch).ToListAsync();
        await db.Texts.Where(t => texts.Contains(t.EntryId)).ExecuteDeleteAsync();
        return origins.Count == Batch || texts.Count == Batch;
    }

    private static IQueryable<long> AboutAndBy(AuditDbContext db, Guid userId) =>
        db.Entries.Where(e => e.SubjectId == userId).Join(db.Origins, e => e.Id, o => o.EntryId, (e, o) => o.EntryId)
            .Concat(db.Entries.Where(e => e.ActorId == userId).Join(db.Origins, e => e.Id, o => o.EntryId, (e, o) => o.EntryId));

    private static IQueryable<long> TextsAbout(AuditDbContext db, Guid userId) =>
        db.Entries.Where(e => e.SubjectId == userId).Join(db.Texts, e => e.Id, t => t.EntryId, (e, t) => t.EntryId);

    /// <param name="by">Which index to read by.</param>
    /// <param name="which">Which entries.</param>
    /// <param name="count">How many at most.</param>
    private async Task<IReadOnlyList<AuditEntry>> LatestAsync(AuditFilter by, Func<IQueryable<AuditRow>, IQueryable<AuditRow>> which, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await Whole(db, which(AuditSearch.Source(db, by))).OrderByDescending(e => e.Row.Id).Take(count).Select(e => e.ToEntry()).ToListAsync();
    }

    /// <summary>Those about the person, and behind them those about everyone.</summary>
    private async Task<List<AuditEntry>> AboutAsync(
        Guid subjectId, IReadOnlyCollection<AuditAction> actions, Func<IQueryable<AuditRow>, IQueryable<AuditRow>> which, Func<IQueryable<WholeEntry>, IQueryable<WholeEntry>> some)
    {
        await using var db = await databases.CreateDbContextAsync();
        var own = AuditSearch.Source(db, new() { SubjectId = subjectId }).Where(e => e.SubjectId == subjectId);
        var entries = await some(Whole(db, which(own.Where(e => actions.Contains(e.Action))))).Select(e => e.ToEntry()).ToListAsync();
        const AuditAction everyone = AuditAction.ForceSignOutEveryone;
        if (actions.Contains(everyone) && await own.MinAsync(e => (long?)e.Id) is { } first)
        {
            var rows = AuditSearch.Source(db, new() { Action = everyone }).Where(e => e.Action == everyone && e.Id > first);
            entries.AddRange(await some(Whole(db, which(rows))).Select(e => e.ToEntry()).ToListAsync());
        }

        return entries;
    }

    /// <summary>Each with what is personal of it, as far as it is still there.</summary>
    private static IQueryable<WholeEntry> Whole(AuditDbContext db, IQueryable<AuditRow> rows) => rows.AsNoTracking()
        .LeftJoin(db.Origins, row => row.Id, origin => origin.EntryId, (row, origin) => new { row, origin })
        .LeftJoin(db.Texts, both => both.row.Id, text => text.EntryId, (both, text) => new WholeEntry { Row = both.row, Origin = both.origin, Text = text });

    private sealed class WholeEntry
    {
        public required AuditRow Row { get; init; }

        public required AuditOrigin? Origin { get; init; }

        public required AuditText? Text { get; init; }

        public AuditEntry ToEntry() => new()
        {
            Id = Row.Id,
            At = Row.At,
            Action = Row.Action,
            ActorId = Row.ActorId,
            SubjectId = Row.SubjectId,
            SessionId = Row.SessionId,
            Address = Origin?.Address,
            Device = Origin?.Device,
            Method = Row.Method,
            Reason = Row.Reason,
            CaseReference = Row.CaseReference,
            Details = Text?.Details,
            Note = Text?.Note,
        };
    }
}

/// <summary>A place in the log that can be written down elsewhere: an entry and its link, which stands for all that came before it.</summary>
/// <param name="LastId">The entry's id; 0 before the first.</param>
/// <param name="Chain">Its link.</param>
public sealed record AuditAnchor(long LastId, byte[] Chain)
{
    /// <summary>Null for what <see cref="ToString"/> never wrote.</summary>
    public static AuditAnchor? Parse(string text) =>
        text.Split('-') is [var id, { Length: 2 * AuditChain.Bytes } link] && long.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var lastId)
        && link.All(char.IsAsciiHexDigit) ? new(lastId, Convert.FromHexString(link)) : null;

    public override string ToString() => $"{LastId}-{Convert.ToHexStringLower(Chain)}";
}

/// <param name="Action">What was done.</param>
/// <param name="Hour">UTC; the beginning of an hour.</param>
/// <param name="Count">How often.</param>
public sealed record HourlyCount(AuditAction Action, DateTimeOffset Hour, int Count);
