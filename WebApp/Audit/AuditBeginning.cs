using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Audit;

/// <summary>Begins the chain, once, and checks whenever the app starts that it can be gone on with.</summary>
internal sealed class AuditBeginning(AuditLog log, AuditKey key)
{
    /// <summary>Makes the key if there is none, and a log that has not begun begins: with the entries that it has, in one transaction. Safe to repeat.</summary>
    /// <exception cref="AuditChainException">There are entries that have lost their head, or the key is not the one that they were written with.</exception>
    public Task BeginAsync() => log.WriteAsync(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (await db.Heads.AsNoTracking().SingleOrDefaultAsync() is { } head)
        {
            if (!key.Chain().Fits(head))
                throw AuditLog.Misfit(key);
            return false;
        }

        if (await db.Entries.AnyAsync() || await db.Checkpoints.AnyAsync())
            throw new AuditChainException("The audit log has entries but no head: somebody has removed it. \"When the audit log does not fit\" in docs/operations.md says what to do.");

        key.EnsureExists();
        db.Heads.Add(key.Chain().Head(0, AuditChain.Start));
        await db.SaveChangesAsync();
        await TakeUnchainedAsync(db);
        await transaction.CommitAsync();
        return true;
    });

    /// <summary>Whether there is a log to go on with.</summary>
    public async Task<bool> HasBegunAsync() => await log.OnAThreadOfItsOwnAsync(db => db.Heads.AnyAsync());

    /// <exception cref="AuditChainException">The key is not the one that the log was written with, or is missing.</exception>
    public async Task CheckAsync()
    {
        try
        {
            if (await log.OnAThreadOfItsOwnAsync(db => db.Heads.AsNoTracking().SingleOrDefaultAsync()) is { } head && !key.Chain().Fits(head))
                throw AuditLog.Misfit(key);
        }
        catch (DbException)
        {
            // The database does not answer, or has no such table yet: readiness says so, and every entry checks for itself.
        }
    }

    /// <summary>The migration has put the entries from before there was a chain aside. They keep their ids.</summary>
    private async Task TakeUnchainedAsync(AuditDbContext db)
    {
        for (long last = 0; await ReadAsync(db, last) is { Count: > 0 } batch; last = batch[^1].Id)
        {
            await log.WriteEntriesAsync(db, batch);
            db.ChangeTracker.Clear();
        }

        await db.Database.ExecuteSqlRawAsync("DROP TABLE \"AuditLogUnchained\"");
    }

    private static async Task<IReadOnlyList<AuditEntry>> ReadAsync(AuditDbContext db, long last) => [.. (await db.Database
        .SqlQuery<Unchained>($"""SELECT "Id", "At", "Action", "ActorId", "SubjectId", "SessionId", "Address", "Device", "Method", "Reason", "CaseReference", "Details", "Note" FROM "AuditLogUnchained" """)
        .Where(e => e.Id > last).OrderBy(e => e.Id).Take(AuditLog.Batch).ToListAsync()).Select(e => e.ToEntry())];

    private sealed record Unchained(
        long Id, long At, string Action, Guid? ActorId, Guid? SubjectId, string? SessionId, string? Address, string? Device, string? Method, string? Reason, string? CaseReference, string? Details, string? Note)
    {
        public AuditEntry ToEntry() => new()
        {
            Id = Id,
            At = DateTimeOffset.FromUnixTimeMilliseconds(At),
            Action = AuditActions.Parse(Action),
            ActorId = ActorId,
            SubjectId = SubjectId,
            SessionId = SessionId,
            Address = Address,
            Device = Device,
            Method = Method,
            Reason = Reason,
            CaseReference = CaseReference,
            Details = Details,
            Note = Note,
        };
    }
}
