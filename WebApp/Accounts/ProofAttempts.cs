using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Browsers;

namespace WebApp.Accounts;

/// <summary>
/// Counts proofs of identity before they are judged, so that of parallel guesses no more are judged than the lockout allows. Each browser in which
/// the person has signed in has a count of its own: a stranger's guesses lock out strangers, not the owner.
/// </summary>
public sealed class ProofAttempts(AppDbContext db, KnownBrowsers browsers, IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>After this many wrong ones in a row nobody gets in from a browser that is not known, before the password is reset (NIST SP 800-63B-4, 3.2.2).</summary>
    public const int MostInARow = 100;

    private static readonly TimeSpan LongestLockout = TimeSpan.FromDays(1);

    /// <summary>Takes one of the attempts that the lockout allows; null while none is left.</summary>
    public async Task<ProofAttempt?> ClaimAsync(HttpContext context, Guid userId)
    {
        var browserId = (await browsers.FindAsync(context, userId))?.Id;
        while (await ReadAsync(userId, browserId) is { } before && !(before.LockedUntil > clock.GetUtcNow()))
        {
            var failed = before.Failed + 1;
            var after = new ProofCount(failed, LockedUntil(failed) ?? before.LockedUntil);
            if (await WriteAsync(userId, browserId, before, after))
                return new(userId, browserId, before, after);
        }

        await PretendToWriteAsync();
        return null;
    }

    /// <summary>Whether a proof would not even be judged.</summary>
    public async Task<bool> IsLockedAsync(HttpContext context, Guid userId) =>
        (await ReadAsync(userId, (await browsers.FindAsync(context, userId))?.Id))?.LockedUntil > clock.GetUtcNow();

    /// <summary>The proof was right: its attempt does not count. Earlier ones do, until the sign-in is complete.</summary>
    public Task ForgiveAsync(ProofAttempt attempt) => WriteAsync(attempt.UserId, attempt.BrowserId, attempt.After, attempt.Before);

    /// <summary>All that was to be proved has been: the count starts anew.</summary>
    public async Task ClearAsync(ProofAttempt attempt)
    {
        if (attempt.BrowserId is { } browserId)
            await BrowserOf(browserId).ExecuteUpdateAsync(set => set.SetProperty(b => b.FailedCount, 0).SetProperty(b => b.LockedUntil, (DateTimeOffset?)null));
        else
            await ClearStrangersAsync(attempt.UserId);
    }

    /// <summary>For browsers that are not known the count starts anew, as after a reset of the password.</summary>
    public Task ClearStrangersAsync(Guid userId) => db.Users.Where(u => u.Id == userId)
        .ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, 0).SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null));

    /// <summary>The count starts anew in every browser, known or not.</summary>
    public async Task ClearAllAsync(Guid userId)
    {
        await ClearStrangersAsync(userId);
        await db.KnownBrowsers.Where(b => b.UserId == userId).ExecuteUpdateAsync(set => set.SetProperty(b => b.FailedCount, 0).SetProperty(b => b.LockedUntil, (DateTimeOffset?)null));
    }

    /// <summary>As much work as <see cref="ClaimAsync"/>, for an account that has none.</summary>
    public async Task PretendToClaimAsync(HttpContext context)
    {
        await browsers.FindAsync(context, Guid.Empty);
        await ReadAsync(Guid.Empty, null);
        await PretendToWriteAsync();
    }

    /// <summary>A write that changes nothing: only a real row makes SQLite take its lock and its journal.</summary>
    private async Task PretendToWriteAsync() =>
        await db.Users.OrderBy(u => u.Id).Take(1).ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount));

    /// <summary>Each lockout lasts twice as long as the one before. Null when this many call for none.</summary>
    private DateTimeOffset? LockedUntil(int failed)
    {
        var lockout = options.Value.Lockout;
        if (failed % lockout.MaxFailedAccessAttempts != 0)
            return null;

        if (failed >= MostInARow)
            return DateTimeOffset.MaxValue;

        var times = Math.Pow(2, (failed / lockout.MaxFailedAccessAttempts) - 1);
        return clock.GetUtcNow() + (times * lockout.DefaultLockoutTimeSpan < LongestLockout ? times * lockout.DefaultLockoutTimeSpan : LongestLockout);
    }

    private IQueryable<KnownBrowser> BrowserOf(Guid browserId) => db.KnownBrowsers.Where(b => b.Id == browserId);

    private Task<ProofCount?> ReadAsync(Guid userId, Guid? browserId) => browserId is { } id
        ? BrowserOf(id).Select(b => new ProofCount(b.FailedCount, b.LockedUntil)).SingleOrDefaultAsync()
        : db.Users.Where(u => u.Id == userId).Select(u => new ProofCount(u.AccessFailedCount, u.LockoutEnd)).SingleOrDefaultAsync();

    /// <summary>False when it has changed since it was read.</summary>
    private async Task<bool> WriteAsync(Guid userId, Guid? browserId, ProofCount before, ProofCount after) => 1 == (browserId is { } id
        ? await BrowserOf(id).Where(b => b.FailedCount == before.Failed && b.LockedUntil == before.LockedUntil)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.FailedCount, after.Failed).SetProperty(b => b.LockedUntil, after.LockedUntil))
        : await db.Users.Where(u => u.Id == userId && u.AccessFailedCount == before.Failed && u.LockoutEnd == before.LockedUntil)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, after.Failed).SetProperty(u => u.LockoutEnd, after.LockedUntil)));
}

/// <summary>An attempt that was taken.</summary>
/// <param name="UserId">Whose identity is to be proved.</param>
/// <param name="BrowserId">The known browser that it is counted for; null: it is a stranger's.</param>
/// <param name="Before">The count without it.</param>
/// <param name="After">The count with it.</param>
public sealed record ProofAttempt(Guid UserId, Guid? BrowserId, ProofCount Before, ProofCount After)
{
    /// <summary>Whether it is the one that locks, unless it is right.</summary>
    public bool Locks => After.LockedUntil != Before.LockedUntil;
}

/// <param name="Failed">Wrong proofs in a row.</param>
/// <param name="LockedUntil">UTC; null when never locked since the last right one.</param>
public sealed record ProofCount(int Failed, DateTimeOffset? LockedUntil);
