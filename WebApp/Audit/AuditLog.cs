using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>
/// Append and read. An entry is never changed, and leaves in two ways only: by age (<see cref="AuditRetention"/>), and, as far as it is personal,
/// with the account that it is about (<see cref="ForgetAsync"/>).
/// </summary>
public sealed class AuditLog(IDbContextFactory<AuditDbContext> databases, TimeProvider clock)
{
    /// <summary>How many entries one statement changes or removes at most: sign-ins wait for it to end.</summary>
    internal const int Batch = 1000;

    /// <summary>Writes the entry with the present time, and returns its id. Ignores the request's end: what happened is written down.</summary>
    /// <exception cref="DbUpdateException">The database refused it; then the act it announces must not go on.</exception>
    public Task<long> AppendAsync(AuditEntry entry)
    {
        var written = entry with { At = clock.GetUtcNow() };
        return WriteAsync(async db =>
        {
            db.Entries.Add(written);
            await db.SaveChangesAsync();
            return written.Id;
        });
    }

    /// <summary>
    /// Takes the personal data out of the entries of an account that is deleted: address, device, details and note of those about it, address and
    /// device of those by it. (What staff noted on somebody else is about that person, and stays.) Ids, actions, times, methods, reasons and case
    /// references stay. Safe to repeat.
    /// </summary>
    /// <remarks>The one exception to "never changed".</remarks>
    public async Task ForgetAsync(Guid userId)
    {
        while (await WriteAsync(db => Some(db, db.Entries.Where(e => e.SubjectId == userId && (e.Address != null || e.Device != null || e.Details != null || e.Note != null)))
                .ExecuteUpdateAsync(set => set
                    .SetProperty(e => e.Address, (string?)null)
                    .SetProperty(e => e.Device, (string?)null)
                    .SetProperty(e => e.Details, (string?)null)
                    .SetProperty(e => e.Note, (string?)null))) == Batch
            || await WriteAsync(db => Some(db, db.Entries.Where(e => e.ActorId == userId && (e.Address != null || e.Device != null)))
                .ExecuteUpdateAsync(set => set
                    .SetProperty(e => e.Address, (string?)null)
                    .SetProperty(e => e.Device, (string?)null))) == Batch)
        {
        }
    }

    /// <summary>Removes up to <see cref="Batch"/> entries written before <paramref name="time"/>; returns how many.</summary>
    internal Task<int> RemoveBeforeAsync(DateTimeOffset time) =>
        WriteAsync(db => Some(db, db.Entries.Where(e => e.At < time).OrderBy(e => e.At)).ExecuteDeleteAsync());

    /// <summary>Up to <paramref name="count"/> entries, newest first, older than entry <paramref name="before"/> (null: from the newest on).</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(long? before, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.AsNoTracking()
            .Where(e => before == null || e.Id < before)
            .OrderByDescending(e => e.Id).Take(count).ToListAsync();
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
    public async Task<IReadOnlyList<AuditEntry>> ListOfSessionAsync(Guid subjectId, string sessionId, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.AsNoTracking()
            .Where(e => e.SessionId == sessionId && e.SubjectId == subjectId)
            .OrderByDescending(e => e.Id).Take(count).ToListAsync();
    }

    /// <summary>The latest <paramref name="count"/> entries about one person that say that action, written at <paramref name="since"/> or later, newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListOfSubjectAsync(Guid subjectId, AuditAction action, DateTimeOffset since, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.AsNoTracking()
            .Where(e => e.SubjectId == subjectId && e.Action == action && e.At >= since)
            .OrderByDescending(e => e.Id).Take(count).ToListAsync();
    }

    /// <summary>
    /// Up to <paramref name="count"/> entries about one person that say one of the <paramref name="actions"/>, newest first, older than entry
    /// <paramref name="before"/> (null: from the newest on).
    /// </summary>
    public async Task<IReadOnlyList<AuditEntry>> ListOlderOfSubjectAsync(Guid subjectId, IReadOnlyCollection<AuditAction> actions, long? before, int count)
    {
        var end = before ?? long.MaxValue;
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.AsNoTracking()
            .Where(e => e.SubjectId == subjectId && e.Id < end && actions.Contains(e.Action))
            .OrderByDescending(e => e.Id).Take(count).ToListAsync();
    }

    /// <summary>As <see cref="ListOlderOfSubjectAsync"/>, of those newer than entry <paramref name="after"/> the ones next to it; newest first, too.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListNewerOfSubjectAsync(Guid subjectId, IReadOnlyCollection<AuditAction> actions, long after, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        var next = await db.Entries.AsNoTracking()
            .Where(e => e.SubjectId == subjectId && e.Id > after && actions.Contains(e.Action))
            .OrderBy(e => e.Id).Take(count).ToListAsync();
        next.Reverse();
        return next;
    }

    private static IQueryable<AuditEntry> Some(AuditDbContext db, IQueryable<AuditEntry> entries)
    {
        var ids = entries.Select(e => e.Id).Take(Batch);
        return db.Entries.Where(e => ids.Contains(e.Id));
    }

    /// <summary>
    /// SQLite's calls block, whatever they are called, and sleep while another writes. The pool's threads are for requests, and for the news of
    /// ended sessions: there are no more of them than cores.
    /// </summary>
    private Task<T> WriteAsync<T>(Func<AuditDbContext, Task<T>> write) => Task.Factory.StartNew(async () =>
    {
        await using var db = await databases.CreateDbContextAsync();
        return await write(db);
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}

/// <param name="Action">What was done.</param>
/// <param name="Hour">UTC; the beginning of an hour.</param>
/// <param name="Count">How often.</param>
public sealed record HourlyCount(AuditAction Action, DateTimeOffset Hour, int Count);
