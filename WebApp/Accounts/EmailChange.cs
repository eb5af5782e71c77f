using Microsoft.AspNetCore.Identity;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Audit;

namespace WebApp.Accounts;

/// <summary>Changes a person's e-mail address, once they have shown that mail reaches them there. The address before is told, and can undo it.</summary>
public sealed class EmailChange(OneTimeTokens tokens, UserManager<AppUser> users, AccountNotices notices, MailQueue mails, MailLinks links, AuditLog audit)
{
    /// <summary>The page that the mailed link leads to.</summary>
    public const string ConfirmPath = "/account/confirm-new-email";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// Sends a link to the new address; nothing is changed before it is used. What is said and done does not tell whether another account has the address:
    /// its owner gets a mail that says so.
    /// </summary>
    public async Task RequestAsync(HttpContext context, AppUser user, string newEmail)
    {
        await audit.AppendAsync(new()
        {
            Action = AuditAction.EmailChangeRequested,
            ActorId = user.Id,
            SubjectId = user.Id,
            Address = context.Connection.RemoteIpAddress?.ToString(),
        });
        // Sealed for both, so that both take the same time.
        var link = links.To(context, ConfirmPath, tokens.Seal(TokenPurpose.ChangeEmail, user, Lifetime, newEmail));
        mails.TryEnqueue(await users.FindByEmailAsync(newEmail) is { } owner && owner.Id != user.Id
            ? new(newEmail, "Somebody wants to use your address",
                ["Somebody entered this e-mail address for an account of theirs. It belongs to your account, so nothing was changed, and there is nothing to do."])
            : new(newEmail, "Confirm your new e-mail address",
                [$"Hello {user.Name},", "use this link within an hour to make this the e-mail address of your account. If you did not ask for it, do nothing."])
            {
                Links = [new("Confirm this address", link)],
            });
    }

    /// <summary>The new address that a link would set; null for a link that is not good, or not any more.</summary>
    public async Task<string?> FindAsync(string? text) => (await tokens.OpenAsync(TokenPurpose.ChangeEmail, text))?.Content;

    /// <summary>Sets the address; false for a link that is not good, or not any more, and for an address that belongs to another account by now.</summary>
    public async Task<bool> ConfirmAsync(HttpContext context, string? text)
    {
        if (await tokens.OpenAsync(TokenPurpose.ChangeEmail, text) is not { User: { } user } token || !await tokens.SpendAsync(token))
            return false;

        var before = await notices.BeforeChangeAsync(user);
        (user.Email, user.UserName, user.EmailConfirmed, user.KeepsSessions) = (token.Content, token.Content, true, true);
        // Retires links to reset the password that went to the address before.
        if (!(await users.UpdateSecurityStampAsync(user)).Succeeded)
            return false;

        await audit.AppendAsync(new()
        {
            Action = AuditAction.EmailChanged,
            ActorId = user.Id,
            SubjectId = user.Id,
            Address = context.Connection.RemoteIpAddress?.ToString(),
        });
        notices.EmailChanged(user, before);
        return true;
    }
}
