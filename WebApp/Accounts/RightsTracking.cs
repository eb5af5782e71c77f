using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace WebApp.Accounts;

/// <summary>A user's rights have changed, as of <paramref name="Version"/>. Written together with the change itself, deleted once the session store knows.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Version">The user's <see cref="AppUser.RightsVersion"/> since then.</param>
public sealed record RightsChange(Guid UserId, int Version)
{
    public long Id { get; init; }
}

/// <summary>
/// Notices, as it is saved, whatever a session's principal is made of: name, address, roles, claims, ban, deletion and the session stamp. So no
/// page has to remember that sessions need to hear of it. What goes past the change tracker (<c>ExecuteUpdate</c>, SQL by hand) is noticed within
/// half an hour only; what is saved inside a transaction of its own is told within a second after it.
/// </summary>
internal sealed class RightsTracking(RightsOutbox outbox) : SaveChangesInterceptor, IDbTransactionInterceptor
{
    private static readonly string[] PartsOfPrincipal =
    [
        nameof(AppUser.UserName), nameof(AppUser.Email), nameof(AppUser.Name), nameof(AppUser.SessionStamp), nameof(AppUser.BannedUntil), nameof(AppUser.SignInBlocked),
        nameof(AppUser.TwoFactorEnabled), nameof(AppUser.SecondFactorRequired),
    ];

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result) =>
        throw new NotSupportedException("Save with SaveChangesAsync: sessions have to hear of changed rights.");

    public override async ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is AppDbContext db)
            await RaiseVersionsAsync(db, cancellationToken);
        return result;
    }

    /// <summary>The change holds from the next request on, so the sessions hear of it before the answer goes out.</summary>
    public override async ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is AppDbContext { Database.CurrentTransaction: null } db && db.ChangeTracker.Entries<RightsChange>().Any())
        {
            foreach (var delivered in db.ChangeTracker.Entries<RightsChange>().ToList())
                delivered.State = EntityState.Detached;
            await outbox.DeliverAsync();
        }

        return result;
    }

    /// <summary>What was saved inside it, if anything, can be told from now on.</summary>
    public Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        outbox.DeliverSoon();
        return Task.CompletedTask;
    }

    private static async Task RaiseVersionsAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        var entries = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted).ToList();
        foreach (var user in entries.Where(e => e is { Entity: AppUser, State: EntityState.Modified } && IsAttached(e)))
            user.OriginalValues.SetValues(await ReadAsync(user, cancellationToken));
        foreach (var user in entries.Where(e => e is { Entity: AppUser, State: EntityState.Modified }).Select(e => (AppUser)e.Entity))
        {
            if (HasChanged(db.Entry(user), nameof(AppUser.SecurityStamp)) && !user.KeepsSessions)
                user.SessionStamp = AppUser.NewSessionStamp();
            // Identity's store writes every column; these are written by statements of their own, perhaps since the user was read.
            db.Entry(user).Property(u => u.AccessFailedCount).IsModified = false;
            db.Entry(user).Property(u => u.LockoutEnd).IsModified = false;
            db.Entry(user).Property(u => u.FailuresToldAt).IsModified = false;
            db.Entry(user).Property(u => u.LinkMailedAt).IsModified = false;
            db.Entry(user).Property(u => u.FirstSignInAt).IsModified = false;
        }

        var concerned = new HashSet<Guid>();
        foreach (var entry in entries)
        {
            switch (entry.Entity)
            {
                case AppUser user when entry.State == EntityState.Deleted:
                    db.RightsChanges.Add(new(user.Id, user.RightsVersion + 1));
                    break;
                case AppUser user when entry.State == EntityState.Modified && PartsOfPrincipal.Any(part => HasChanged(entry, part)):
                    concerned.Add(user.Id);
                    break;
                case IdentityUserRole<Guid> role:
                    concerned.Add(role.UserId);
                    break;
                case IdentityUserClaim<Guid> claim:
                    concerned.Add(claim.UserId);
                    break;
                case IdentityRole<Guid> role when entry.State != EntityState.Added:
                    concerned.UnionWith(await MembersAsync(db, role.Id, cancellationToken));
                    break;
                case IdentityRoleClaim<Guid> claim:
                    concerned.UnionWith(await MembersAsync(db, claim.RoleId, cancellationToken));
                    break;
            }
        }

        foreach (var id in concerned)
        {
            // A new account has no sessions yet, and one that is being deleted has its row already.
            if (await db.Users.FindAsync([id], cancellationToken) is not { } user || db.Entry(user).State is EntityState.Added or EntityState.Deleted)
                continue;

            user.RightsVersion++;
            // Whoever read the user before this must not save an older version over it.
            user.ConcurrencyStamp = Guid.NewGuid().ToString();
            db.RightsChanges.Add(new(id, user.RightsVersion));
        }
    }

    /// <summary>Read in another scope and attached here: the tracker takes its present values for the original ones.</summary>
    private static bool IsAttached(EntityEntry entry) =>
        entry.Properties.All(p => p.Metadata.Name == nameof(AppUser.ConcurrencyStamp) || Equals(p.OriginalValue, p.CurrentValue));

    /// <summary>As it is in the database, but for the stamp by which a conflict is told.</summary>
    private static async Task<PropertyValues> ReadAsync(EntityEntry entry, CancellationToken cancellationToken)
    {
        var values = await entry.GetDatabaseValuesAsync(cancellationToken) ?? entry.OriginalValues.Clone();
        values[nameof(AppUser.ConcurrencyStamp)] = entry.OriginalValues[nameof(AppUser.ConcurrencyStamp)];
        return values;
    }

    // Identity's store marks every column of a user as modified, whatever was changed.
    private static bool HasChanged(EntityEntry entry, string property) =>
        entry.Property(property) is var value && !Equals(value.OriginalValue, value.CurrentValue);

    private static Task<List<Guid>> MembersAsync(AppDbContext db, Guid roleId, CancellationToken cancellationToken) =>
        db.UserRoles.Where(r => r.RoleId == roleId).Select(r => r.UserId).ToListAsync(cancellationToken);
}
