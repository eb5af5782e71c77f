using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts.Notices;

/// <summary>
/// "This wasn't me": what a notice's link does. It only takes access away: all sessions end, address and factors go back to what they were, and nobody
/// signs in before the password is reset by a link that goes to the restored address.
/// </summary>
public sealed class Disowning(
    OneTimeTokens tokens, AccountSnapshots snapshots, AppDbContext db, UserManager<AppUser> users, SessionManager sessions, PasswordResetMail resets, AuditLog audit)
{
    /// <summary>Null for a link that is not good, or not any more.</summary>
    public async Task<DisownedAccount?> FindAsync(string? text) =>
        await tokens.OpenAsync(TokenPurpose.NotMe, text) is { User: { } user } token && Guid.TryParse(token.Content, out var id)
            && await snapshots.FindAsync(user, id) is { } snapshot
            ? new(token, user, snapshot)
            : null;

    /// <summary>
    /// What became of it. The account stays closed to everybody, by mail too, when its address could not be brought back: then support has to help.
    /// </summary>
    public async Task<DisownOutcome> DisownAsync(HttpContext context, DisownedAccount account)
    {
        var user = account.User;
        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.AccountDisowned));
        bool addressIsBack;
        // With the act, or not at all: a link that failed half-way must be good for another try.
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            if (!await tokens.SpendAsync(account.Token))
                return DisownOutcome.DoneAlready;

            addressIsBack = await snapshots.RestoreAsync(user, account.Snapshot);
            user.SignInBlocked = true;
            // Nobody is to get in by a link that goes to an address which the person never had, or has no more.
            if (!addressIsBack)
                user.BannedUntil = DateTimeOffset.MaxValue;
            await db.KnownBrowsers.Where(browser => browser.UserId == user.Id).ExecuteDeleteAsync();
            // Also retires every link that went to the other address.
            var saved = await users.UpdateSecurityStampAsync(user);
            if (!saved.Succeeded)
                throw new DbUpdateConcurrencyException(string.Join(' ', saved.Errors.Select(error => error.Code)));

            await transaction.CommitAsync();
        }

        if (addressIsBack)
            resets.Send(context, user);
        try
        {
            await sessions.RevokeAllAsync(user.Id, RevocationReason.NotMe);
        }
        catch (SessionStoreUnavailableException)
        {
            // The account is closed: each session is refused as soon as the store can be asked for it.
        }

        return addressIsBack ? DisownOutcome.Done : DisownOutcome.AddressTaken;
    }
}

public enum DisownOutcome
{
    /// <summary>A link to set a new password is on its way.</summary>
    Done,

    /// <summary>Closed for good: the address belongs to another account by now.</summary>
    AddressTaken,

    /// <summary>Another click on the same link was faster.</summary>
    DoneAlready,
}

/// <param name="Token">The link's.</param>
/// <param name="User">Whose account.</param>
/// <param name="Snapshot">What it goes back to.</param>
public sealed record DisownedAccount(OneTimeToken Token, AppUser User, AccountSnapshot Snapshot);
