using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>
/// The way on when the key is lost for good: every entry that there is gets a new link under the new key, and an entry says so and where the chain before
/// ended. What came before is proved from then on, and not from when it was written. Only the command line does this; the head that somebody keeps elsewhere
/// no longer fits afterwards.
/// </summary>
internal sealed class AuditRestart(AuditLog log, AuditKey key, TimeProvider clock)
{
    /// <summary>All of it in one transaction. Returns where the log ends; null when the key fits, and nothing was done.</summary>
    public Task<AuditAnchor?> RestartAsync() => log.WriteAsync<AuditAnchor?>(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        key.EnsureExists();
        var (chain, before) = (key.Chain(), await db.Heads.AsNoTracking().SingleOrDefaultAsync());
        if (before is not null && chain.Fits(before))
            return null;

        var triggers = await db.Database.SqlQuery<Trigger>($"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'Audit%'").ToListAsync();
        foreach (var trigger in triggers)
            await ExecuteAsync(db, $"DROP TRIGGER \"{trigger.Name}\"");
        await SignCheckpointsAsync(db, chain);
        var end = await LinkAsync(db, chain);
        await db.Heads.ExecuteDeleteAsync();
        db.Heads.Add(chain.Head(end.LastId, end.Chain));
        await db.SaveChangesAsync();
        foreach (var trigger in triggers)
            await ExecuteAsync(db, trigger.Sql);
        await log.WriteEntriesAsync(db, [new()
        {
            Action = AuditAction.ChainRestarted,
            At = clock.GetUtcNow(),
            Details = before is null ? "the log had no head" : $"the chain before ended with {new AuditAnchor(before.LastId, before.Chain)}",
        }]);
        var head = await AuditLog.HeadOf(db);
        await transaction.CommitAsync();
        return new(head.LastId, head.Chain);
    });

    private static async Task SignCheckpointsAsync(AuditDbContext db, AuditChain chain)
    {
        foreach (var checkpoint in await db.Checkpoints.AsNoTracking().ToListAsync())
        {
            var mac = chain.Checkpoint(checkpoint.LastId, checkpoint.Chain, checkpoint.At).Mac;
            await db.Checkpoints.Where(c => c.LastId == checkpoint.LastId).ExecuteUpdateAsync(set => set.SetProperty(c => c.Mac, mac));
        }
    }

    private static async Task<AuditAnchor> LinkAsync(AuditDbContext db, AuditChain chain)
    {
        var start = await db.Checkpoints.AsNoTracking().OrderByDescending(c => c.LastId).FirstOrDefaultAsync();
        var (last, link) = (start?.LastId ?? 0, start?.Chain ?? AuditChain.Start);
        while (await db.Entries.AsNoTracking().Where(e => e.Id > last).OrderBy(e => e.Id).Take(AuditLog.Batch).ToListAsync() is { Count: > 0 } batch)
        {
            foreach (var row in batch)
            {
                (last, link) = (row.Id, chain.Link(link, row.Facts));
                var (id, next) = (last, link);
                await db.Entries.Where(e => e.Id == id).ExecuteUpdateAsync(set => set.SetProperty(e => e.Chain, next));
            }
        }

        return new(last, link);
    }

#pragma warning disable EF1002 // The database's own names and definitions.
    private static Task<int> ExecuteAsync(AuditDbContext db, string sql) => db.Database.ExecuteSqlRawAsync(sql.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));
#pragma warning restore EF1002

    private sealed record Trigger(string Name, string Sql);
}
