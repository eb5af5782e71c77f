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

    /// <summary>False when somebody else's click on the same link was faster: then it is done.</summary>
    /// <exception cref="SessionStoreUnavailableException">
    /// The account is safe, but the store has not confirmed yet that the sessions ended; they end at their next request.
    /// </exception>
    public async Task<bool> DisownAsync(HttpContext context, DisownedAccount account)
    {
        var user = account.User;
        await audit.AppendAsync(new()
        {
            Action = AuditAction.AccountDisowned,
            ActorId = user.Id,
            SubjectId = user.Id,
            Address = context.Connection.RemoteIpAddress?.ToString(),
        });

        bool addressIsBack;
        // With the act, or not at all: a link that failed half-way must be good for another try.
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            if (!await tokens.SpendAsync(account.Token))
                return false;

            addressIsBack = await snapshots.RestoreAsync(user, account.Snapshot);
            user.SignInBlocked = true;
            await db.KnownBrowsers.Where(browser => browser.UserId == user.Id).ExecuteDeleteAsync();
            // Also retires every link that went to the other address.
            var saved = await users.UpdateSecurityStampAsync(user);
            if (!saved.Succeeded)
                throw new DbUpdateConcurrencyException(string.Join(' ', saved.Errors.Select(error => error.Code)));

            await transaction.CommitAsync();
        }

        if (addressIsBack)
            resets.Send(context, user);
        await sessions.RevokeAllAsync(user.Id, RevocationReason.NotMe);
        return true;
    }
}

/// <param name="Token">The link's.</param>
/// <param name="User">Whose account.</param>
/// <param name="Snapshot">What it goes back to.</param>
public sealed record DisownedAccount(OneTimeToken Token, AppUser User, AccountSnapshot Snapshot);
