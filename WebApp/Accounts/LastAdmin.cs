using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts;

/// <summary>
/// One Admin has to be left who can sign in: without one nobody could give roles, or act on an Admin. Whoever takes an Admin away asks in the
/// transaction that does it, or of two who leave at once both would find the other one there.
/// </summary>
public sealed class LastAdmin(AppDbContext db, ILookupNormalizer normalizer, TimeProvider clock)
{
    /// <summary>Whether the user is the one Admin who is left. One who is banned, or blocked until the password is reset, does not count.</summary>
    public async Task<bool> IsAsync(Guid userId)
    {
        var (role, now) = (normalizer.NormalizeName(Roles.Admin), clock.GetUtcNow());
        var admins = db.UserRoles.Where(r => db.Roles.Any(known => known.Id == r.RoleId && known.NormalizedName == role)).Select(r => r.UserId);
        return await admins.AnyAsync(id => id == userId)
            && !await db.Users.AnyAsync(u => u.Id != userId && admins.Contains(u.Id) && !u.SignInBlocked && (u.BannedUntil == null || u.BannedUntil <= now));
    }
}
