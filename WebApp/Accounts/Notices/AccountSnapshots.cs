using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Factors;

namespace WebApp.Accounts.Notices;

/// <summary>Takes and restores <see cref="AccountSnapshot"/>s.</summary>
public sealed class AccountSnapshots(AppDbContext db, IDataProtectionProvider dataProtection, ILookupNormalizer normalizer, TimeProvider clock)
{
    /// <summary>How long a person has to say that it was somebody else.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(14);

    /// <summary>Takes one of the account as it is in the database, to be saved together with the change that the notice is about.</summary>
    public async Task<AccountSnapshot> AddAsync(AppUser user)
    {
        var factors = new Factors(
            await db.Authenticators.Where(a => a.UserId == user.Id).Select(a => new AuthenticatorFacts(a.ProtectedKey, a.LastStep, a.AddedAt)).SingleOrDefaultAsync(),
            await db.RecoveryCodes.Where(c => c.UserId == user.Id && c.UsedAt == null).Select(c => c.Hash).ToListAsync(),
            [.. (await PasskeysOf(user.Id).AsNoTracking().ToListAsync()).Select(p => new PasskeyFacts(p.CredentialId, p.Data))]);
        var now = clock.GetUtcNow();
        var snapshot = new AccountSnapshot
        {
            UserId = user.Id,
            TakenAt = now,
            Email = user.Email!,
            NormalizedEmail = user.NormalizedEmail!,
            ProtectedFactors = ProtectorFor(user.Id).Protect(JsonSerializer.SerializeToUtf8Bytes(factors)),
            KeepUntil = now + KeptFor,
        };
        db.Snapshots.Add(snapshot);
        return snapshot;
    }

    /// <summary>Takes one of the account as it is, for a notice of something that changed nothing.</summary>
    public async Task<AccountSnapshot> TakeAsync(AppUser user)
    {
        var snapshot = await AddAsync(user);
        await db.SaveChangesAsync();
        return snapshot;
    }

    /// <summary>Null when it is too old, or an earlier one was restored.</summary>
    public async Task<AccountSnapshot?> FindAsync(AppUser user, Guid id)
    {
        var now = clock.GetUtcNow();
        return await db.Snapshots.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id && s.UserId == user.Id && s.KeepUntil > now);
    }

    /// <summary>Whether a person could come back to the address: then nobody else gets an account with it, or what was done to them could not be undone.</summary>
    public async Task<bool> IsReservedAsync(string? normalizedEmail, Guid forUserId)
    {
        var now = clock.GetUtcNow();
        return await db.Snapshots.AnyAsync(s => s.NormalizedEmail == normalizedEmail && s.UserId != forUserId && s.KeepUntil > now);
    }

    /// <summary>
    /// The person is back at an address that they had when a snapshot was taken: whatever other address they had in between gets no way back. True if so.
    /// </summary>
    public async Task<bool> ForgetDetourAsync(AppUser user)
    {
        var now = clock.GetUtcNow();
        if (await db.Snapshots.Where(s => s.UserId == user.Id && s.NormalizedEmail == user.NormalizedEmail && s.KeepUntil > now)
            .OrderBy(s => s.TakenAt).Select(s => (DateTimeOffset?)s.TakenAt).FirstOrDefaultAsync() is not { } since)
            return false;

        await db.Snapshots.Where(s => s.UserId == user.Id && s.TakenAt >= since && s.NormalizedEmail != user.NormalizedEmail).ExecuteDeleteAsync();
        return true;
    }

    /// <summary>
    /// Brings address and factors back to what they were, to be saved with whatever else the caller changes. A recovery code or a code of the app that
    /// was used since stays used. Later snapshots go: they are of the account in the hands of whoever changed it.
    /// </summary>
    /// <returns>False when the address belongs to another account by now; then it stays as it is, and the factors are restored.</returns>
    public async Task<bool> RestoreAsync(AppUser user, AccountSnapshot snapshot)
    {
        await RestoreFactorsAsync(user, JsonSerializer.Deserialize<Factors>(ProtectorFor(user.Id).Unprotect(snapshot.ProtectedFactors))!);
        db.Snapshots.RemoveRange(await db.Snapshots.Where(s => s.UserId == user.Id && s.TakenAt >= snapshot.TakenAt).ToListAsync());

        var email = normalizer.NormalizeEmail(snapshot.Email);
        // Who registered with it and never showed that mail reaches them has no right to it.
        await db.Users.Where(u => u.NormalizedEmail == email && u.Id != user.Id && !u.EmailConfirmed).ExecuteDeleteAsync();
        if (await db.Users.AnyAsync(u => u.NormalizedEmail == email && u.Id != user.Id))
            return false;

        (user.Email, user.UserName, user.EmailConfirmed) = (snapshot.Email, snapshot.Email, true);
        (user.NormalizedEmail, user.NormalizedUserName) = (email, normalizer.NormalizeName(snapshot.Email));
        return true;
    }

    private async Task RestoreFactorsAsync(AppUser user, Factors factors)
    {
        var authenticator = await db.Authenticators.SingleOrDefaultAsync(a => a.UserId == user.Id);
        switch (authenticator, factors.Authenticator)
        {
            case (null, { } was):
                db.Authenticators.Add(new() { UserId = user.Id, ProtectedKey = was.ProtectedKey, LastStep = Math.Max(was.LastStep, StepNow()), AddedAt = was.AddedAt });
                break;
            case ({ } present, null):
                db.Authenticators.Remove(present);
                break;
            case ({ } present, { } was) when !present.ProtectedKey.AsSpan().SequenceEqual(was.ProtectedKey):
                (present.ProtectedKey, present.LastStep, present.AddedAt) = (was.ProtectedKey, Math.Max(was.LastStep, StepNow()), was.AddedAt);
                break;
        }

        var codes = await db.RecoveryCodes.Where(c => c.UserId == user.Id).ToListAsync();
        db.RecoveryCodes.RemoveRange(codes.Where(c => c.UsedAt is null && !Contains(factors.RecoveryCodes, c.Hash)));
        db.RecoveryCodes.AddRange(factors.RecoveryCodes.Where(hash => !Contains(codes.Select(c => c.Hash), hash))
            .Select(hash => new RecoveryCode { UserId = user.Id, Hash = hash, CreatedAt = clock.GetUtcNow() }));

        var passkeys = await RestorePasskeysAsync(user.Id, factors.Passkeys);
        user.TwoFactorEnabled = factors.Authenticator is not null || passkeys;
    }

    /// <summary>
    /// True if there are any then. An id says nothing of the key behind it: whoever makes a passkey chooses it, and may choose that of one they removed, here
    /// or for another account.
    /// </summary>
    private async Task<bool> RestorePasskeysAsync(Guid userId, IReadOnlyList<PasskeyFacts> were)
    {
        var present = await PasskeysOf(userId).ToListAsync();
        db.UserPasskeys.RemoveRange(present.Where(p => !Contains(were.Select(was => was.CredentialId), p.CredentialId)));
        var any = false;
        foreach (var was in were)
        {
            if (present.Find(p => p.CredentialId.AsSpan().SequenceEqual(was.CredentialId)) is { } same)
            {
                if (!same.Data.PublicKey.AsSpan().SequenceEqual(was.Data.PublicKey))
                    same.Data = was.Data;
            }
            else if (await db.UserPasskeys.AnyAsync(p => p.CredentialId == was.CredentialId))
            {
                continue;
            }
            else
            {
                db.UserPasskeys.Add(new() { UserId = userId, CredentialId = was.CredentialId, Data = was.Data });
            }

            any = true;
        }

        return any;
    }

    private IQueryable<IdentityUserPasskey<Guid>> PasskeysOf(Guid userId) => db.UserPasskeys.Where(p => p.UserId == userId);

    /// <summary>What whoever removed the app may have seen of it is no good: only codes of later steps are.</summary>
    private long StepNow() => clock.GetUtcNow().ToUnixTimeSeconds() / 30;

    private static bool Contains(IEnumerable<byte[]> values, byte[] value) => values.Any(other => other.AsSpan().SequenceEqual(value));

    private IDataProtector ProtectorFor(Guid userId) => dataProtection.CreateProtector("WebApp.Accounts.AccountSnapshots.v1", userId.ToString());

    private sealed record Factors(AuthenticatorFacts? Authenticator, IReadOnlyList<byte[]> RecoveryCodes, IReadOnlyList<PasskeyFacts> Passkeys);

    private sealed record AuthenticatorFacts(byte[] ProtectedKey, long LastStep, DateTimeOffset AddedAt);

    private sealed record PasskeyFacts(byte[] CredentialId, IdentityPasskeyData Data);
}
