using Microsoft.EntityFrameworkCore;
using WebApp.Accounts;

namespace WebApp.Admin;

/// <summary>Who has a role. Asked of the database, because what is begun in the background outlives the session that it was asked for in.</summary>
public sealed class StaffRoles(AppDbContext accounts, TimeProvider clock)
{
    /// <summary>The role that counts, by user id; people without one are missing.</summary>
    public Task<IReadOnlyDictionary<Guid, string>> AllAsync() => ReadAsync(accounts.UserRoles);

    /// <summary>The same for some people.</summary>
    public Task<IReadOnlyDictionary<Guid, string>> OfAsync(IEnumerable<Guid> users)
    {
        var ids = users.ToList();
        return ReadAsync(accounts.UserRoles.Where(r => ids.Contains(r.UserId)));
    }

    /// <summary>As <see cref="OfAsync"/>, without those who are shut out: a ban, or a reset that is required, leaves the roles as they are.</summary>
    public Task<IReadOnlyDictionary<Guid, string>> ActiveOfAsync(IEnumerable<Guid> users)
    {
        var (ids, now) = (users.ToList(), clock.GetUtcNow());
        var active = accounts.Users.Where(u => ids.Contains(u.Id) && !u.SignInBlocked && (u.BannedUntil == null || u.BannedUntil <= now)).Select(u => u.Id);
        return ReadAsync(accounts.UserRoles.Where(r => active.Contains(r.UserId)));
    }

    private async Task<IReadOnlyDictionary<Guid, string>> ReadAsync(IQueryable<Microsoft.AspNetCore.Identity.IdentityUserRole<Guid>> of)
    {
        var held = await of.Join(accounts.Roles, r => r.RoleId, role => role.Id, (r, role) => new { r.UserId, role.Name }).ToListAsync();
        return held.GroupBy(h => h.UserId).ToDictionary(h => h.Key, h => h.Any(r => r.Name == Roles.Admin) ? Roles.Admin : Roles.Support);
    }
}
