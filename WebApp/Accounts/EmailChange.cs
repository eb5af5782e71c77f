using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Changes a person's e-mail address, once they have shown that mail reaches them there. The address before is told, and can undo it.</summary>
public sealed class EmailChange(
    OneTimeTokens tokens, AppSignInManager signIn, UserManager<AppUser> users, SessionManager sessions, AccountSnapshots snapshots, AccountNotices notices,
    AppDbContext db, MailQueue mails, MailLinks links, AuditLog audit)
{
    /// <summary>The page that the mailed link leads to.</summary>
    public const string ConfirmPath = "/account/confirm-new-email";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// Sends a link to the new address; nothing is changed before it is used. What is said and done does not tell whether another account has the address:
    /// its owner gets a mail that says so. The mail holds nothing that the person chose: it may go to a stranger.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer; nothing was sent.</exception>
    public async Task RequestAsync(HttpContext context, AppUser user, string newEmail)
    {
        // Whatever ends all sessions retires the link, too: it was asked for in one of them.
        await sessions.BeginSignInAsync(context, user.Id);
        var content = $"{SessionManager.GenerationOfSignIn(context)}|{newEmail}";
        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.EmailChangeRequested));
        // Sealed for both, so that both take the same time.
        var link = links.To(context, ConfirmPath, tokens.Seal(TokenPurpose.ChangeEmail, user, Lifetime, content));
        mails.TryEnqueue(await IsTakenAsync(user, newEmail)
            ? new(newEmail, "Somebody wants to use your address",
                ["Somebody entered this e-mail address for an account of theirs. It belongs to an account already, so nothing was changed, and there is nothing to do."])
            {
                Priority = MailPriority.Awaited,
            }
            : new(newEmail, "Confirm your new e-mail address",
                ["Use this link within an hour to make this the e-mail address of your account. If you did not ask for it, do nothing."])
            {
                Priority = MailPriority.Awaited,
                Links = [new("Confirm this address", link)],
            });
    }

    /// <summary>The new address that a link would set; null for a link that is not good, or not any more.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<string?> FindAsync(HttpContext context, string? text) => (await OpenAsync(context, text))?.NewEmail;

    /// <summary>Sets the address; false for a link that is not good, or not any more, and for an address that belongs to another account by now.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer; nothing was changed, and the link is still good.</exception>
    public async Task<bool> ConfirmAsync(HttpContext context, string? text)
    {
        if (await OpenAsync(context, text) is not var (token, user, newEmail) || await IsTakenAsync(user, newEmail) || !await tokens.SpendAsync(token))
            return false;

        // Who registered with it and never showed that mail reaches them has no right to it.
        var normalized = users.NormalizeEmail(newEmail);
        await db.Users.Where(u => u.NormalizedEmail == normalized && u.Id != user.Id && !u.EmailConfirmed).ExecuteDeleteAsync();
        var before = await notices.BeforeChangeAsync(user);
        (user.Email, user.UserName, user.EmailConfirmed, user.KeepsSessions) = (newEmail, newEmail, true, true);
        // Retires links to reset the password that went to the address before.
        if (!(await users.UpdateSecurityStampAsync(user)).Succeeded)
            return false;

        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.EmailChanged));
        if (await snapshots.ForgetDetourAsync(user))
            notices.DetourEnded(before.Email);
        else
            notices.EmailChanged(user, before);
        return true;
    }

    /// <summary>By an account that has shown the address to be its own, or could come back to it.</summary>
    private async Task<bool> IsTakenAsync(AppUser user, string email) =>
        (await users.FindByEmailAsync(email) is { EmailConfirmed: true } owner && owner.Id != user.Id) || await snapshots.IsReservedAsync(users.NormalizeEmail(email), user.Id);

    private async Task<(OneTimeToken Token, AppUser User, string NewEmail)?> OpenAsync(HttpContext context, string? text)
    {
        if (await tokens.OpenAsync(TokenPurpose.ChangeEmail, text) is not { User: { } user } token || !await signIn.CanSignInAsync(user))
            return null;

        await sessions.BeginSignInAsync(context, user.Id);
        return token.Content.Split('|', 2) is [var generation, var newEmail]
            && generation == SessionManager.GenerationOfSignIn(context).ToString()
            ? (token, user, newEmail)
            : null;
    }
}
