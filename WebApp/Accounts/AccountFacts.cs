using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Factors;

namespace WebApp.Accounts;

/// <summary>What is kept beside a person's account row, for the person to read.</summary>
/// <param name="Roles">By name.</param>
/// <param name="Passkeys">The newest first.</param>
/// <param name="Authenticator">Null without one. Its key is not for reading.</param>
/// <param name="RecoveryCodesLeft">Still good.</param>
/// <param name="Browsers">In which the person has signed in, also those that are asked for a second factor; signed in last first. Their hashes are not for reading.</param>
public sealed record AccountFacts(
    IReadOnlyList<string> Roles, IReadOnlyList<Passkey> Passkeys, Authenticator? Authenticator, int RecoveryCodesLeft, IReadOnlyList<KnownBrowser> Browsers);

/// <summary>Reads <see cref="AccountFacts"/>.</summary>
public sealed class AccountFactsReader(AppDbContext db, AppUserManager users, Passkeys passkeys, Authenticators authenticators, RecoveryCodes codes)
{
    public async Task<AccountFacts> ReadAsync(AppUser user) => new(
        [.. await users.GetRolesAsync(user)],
        await passkeys.ListAsync(user.Id),
        await authenticators.FindAsync(user.Id),
        await codes.CountAsync(user.Id),
        await db.KnownBrowsers.AsNoTracking().Where(browser => browser.UserId == user.Id).OrderByDescending(browser => browser.LastSignInAt).ToListAsync());
}
