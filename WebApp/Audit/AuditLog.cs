using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>Append and read. There is no way to change or remove an entry.</summary>
public sealed class AuditLog(IDbContextFactory<AuditDbContext> databases, TimeProvider clock)
{
    /// <summary>Writes the entry with the present time. Ignores the request's end: what happened is written down.</summary>
    /// <exception cref="DbUpdateException">The database refused it; then the act it announces must not go on.</exception>
    public async Task AppendAsync(AuditEntry entry)
    {
        var now = clock.GetUtcNow();
        // SQLite's calls block, whatever they are called, and sleep while another writes. The pool's threads are for requests, and for the news of
        // ended sessions: there are no more of them than cores.
        await Task.Factory.StartNew(WriteAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

        async Task WriteAsync()
        {
            await using var db = await databases.CreateDbContextAsync();
            db.Entries.Add(entry with { At = now });
            await db.SaveChangesAsync();
        }
    }

    /// <summary>Up to <paramref name="count"/> entries, newest first, older than entry <paramref name="before"/> (null: from the newest on).</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(long? before, int count)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Entries.AsNoTracking()
            .Where(e => before == null || e.Id < before)
            .OrderByDescending(e => e.Id).Take(count).ToListAsync();
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
}
