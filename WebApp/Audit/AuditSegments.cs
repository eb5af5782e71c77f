using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>
/// Lets old entries go without breaking the proof: the oldest ones, as many as one transaction may take, are a segment. A checkpoint with its own HMAC says
/// where it ended, and only what lies before a checkpoint lets the database delete.
/// </summary>
internal sealed class AuditSegments(AuditLog log, AuditKey key, TimeProvider clock)
{
    /// <summary>Removes up to <see cref="AuditLog.Batch"/> of the oldest entries, as far as they were written before <paramref name="time"/>; returns how many.</summary>
    /// <exception cref="AuditChainException">They are not as they were written. Then they stay: they are evidence.</exception>
    public Task<int> RemoveBeforeAsync(DateTimeOffset time) => log.WriteAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var oldest = await db.Entries.AsNoTracking().OrderBy(e => e.Id).Take(AuditLog.Batch).ToListAsync();
        var segment = oldest.TakeWhile(e => e.At < time).ToList();
        if (segment.Count == 0)
            return 0;

        var chain = key.Chain();
        await ThrowUnlessItFitsAsync(db, chain, segment);
        var last = segment[^1];
        db.Checkpoints.Add(chain.Checkpoint(last.Id, last.Chain, clock.GetUtcNow()));
        await db.SaveChangesAsync();
        await db.Origins.Where(o => o.EntryId <= last.Id).ExecuteDeleteAsync();
        await db.Texts.Where(t => t.EntryId <= last.Id).ExecuteDeleteAsync();
        await db.Entries.Where(e => e.Id <= last.Id).ExecuteDeleteAsync();
        await transaction.CommitAsync();
        return segment.Count;
    });

    private static async Task ThrowUnlessItFitsAsync(AuditDbContext db, AuditChain chain, List<AuditRow> segment)
    {
        var start = await db.Checkpoints.AsNoTracking().OrderByDescending(c => c.LastId).FirstOrDefaultAsync();
        if (start is not null && !chain.Fits(start))
            throw new AuditChainException($"The checkpoint at entry {start.LastId} of the audit log is not as it was written.");

        var link = start?.Chain ?? AuditChain.Start;
        foreach (var row in segment)
        {
            if (!AuditChain.Equal(row.Chain, chain.Link(link, row.Facts)))
                throw new AuditChainException($"Entry {row.Id} of the audit log does not fit the one before.");

            link = row.Chain;
        }
    }
}
