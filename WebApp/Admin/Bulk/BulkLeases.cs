using Microsoft.EntityFrameworkCore;

namespace WebApp.Admin.Bulk;

/// <summary>
/// Sees to it that one instance works at a time. Whatever it claims or records, it does in a transaction that also renews its lease: an instance that
/// lost it while it hung can do neither.
/// </summary>
internal sealed class BulkLeases(AdminDatabase database, TimeProvider clock)
{
    /// <summary>How long others wait for an instance that died. Longer than a slice of work can take.</summary>
    internal static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    private readonly Guid _me = Guid.NewGuid();

    /// <summary>Takes the lease if it is free, or renews this instance's.</summary>
    public Task<bool> TryTakeAsync()
    {
        var (now, until) = (clock.GetUtcNow(), clock.GetUtcNow() + Length);
        return database.WriteAsync(async db => await db.Leases.Where(l => l.Owner == _me || l.Until <= now)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.Owner, _me).SetProperty(l => l.Until, until)) == 1);
    }

    /// <summary>Within a transaction: whether the lease still is this instance's, and for how long others wait from now on.</summary>
    public async Task<bool> RenewAsync(AdminDbContext db)
    {
        var until = clock.GetUtcNow() + Length;
        return await db.Leases.Where(l => l.Owner == _me).ExecuteUpdateAsync(set => set.SetProperty(l => l.Until, until)) == 1;
    }

    /// <summary>Lets another instance go on at once.</summary>
    public Task ReleaseAsync() => database.WriteAsync(db => db.Leases.Where(l => l.Owner == _me)
        .ExecuteUpdateAsync(set => set.SetProperty(l => l.Owner, Guid.Empty).SetProperty(l => l.Until, DateTimeOffset.UnixEpoch)));
}
