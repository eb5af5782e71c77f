using Microsoft.EntityFrameworkCore;

namespace WebApp.Sessions.Sql;

/// <summary>The truth about epochs, for both stores: one row for each time that everyone's sessions were ended.</summary>
internal static class SessionEpochs
{
    /// <summary>The present one's number.</summary>
    public static IQueryable<long> Number(SessionsDbContext db) => db.Epochs.OrderByDescending(e => e.Number).Select(e => e.Number);

    public static async Task<SessionEpoch> ReadAsync(SessionsDbContext db) =>
        (await db.Epochs.AsNoTracking().OrderByDescending(e => e.Number).FirstOrDefaultAsync())?.ToEpoch() ?? SessionEpoch.First;

    /// <summary>Begins the next one. Of two that begin at once, one fails.</summary>
    /// <param name="db">The database.</param>
    /// <param name="revocation">When and why everyone's sessions end.</param>
    /// <param name="spared">The one that comes along; null: none.</param>
    /// <param name="after">A number that is taken, though the database may not know: it may come from a backup.</param>
    public static async Task<SessionEpoch> BeginAsync(SessionsDbContext db, Revocation revocation, SparedSession? spared, long after = 0)
    {
        var row = new EpochRow
        {
            Number = Math.Max((await ReadAsync(db)).Number, after) + 1,
            At = revocation.At,
            Reason = revocation.Reason,
            CaseReference = revocation.CaseReference,
            SparedUserId = spared?.UserId,
            SparedId = spared?.Id,
        };
        db.Epochs.Add(row);
        await db.SaveChangesAsync();
        // Nobody asks any more whom an earlier one spared.
        await db.Epochs.Where(e => e.Number < row.Number && e.SparedId != null)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.SparedUserId, (Guid?)null).SetProperty(e => e.SparedId, (SessionId?)null));
        return row.ToEpoch();
    }
}

/// <summary>A <see cref="SessionEpoch"/> as a row.</summary>
public sealed class EpochRow
{
    public required long Number { get; init; }
    public required DateTimeOffset At { get; init; }
    public required RevocationReason Reason { get; init; }
    public string? CaseReference { get; init; }
    public Guid? SparedUserId { get; init; }
    public SessionId? SparedId { get; init; }

    public SessionEpoch ToEpoch() => new(Number, new(At, Reason, CaseReference), SparedUserId is { } userId && SparedId is { } id ? new(userId, id) : null);
}
