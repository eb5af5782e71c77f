using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Mails a link to set a new password. It is good for twenty minutes, once, and until the password or anything else that proves identity changes.</summary>
public sealed class PasswordResetMail(OneTimeTokens tokens, MailQueue mails, MailLinks links, MailedLinks mailed, Errands errands, AppDbContext db)
{
    /// <summary>The page that the link leads to.</summary>
    public const string ResetPath = "/account/reset-password";

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(20);

    public void Send(HttpContext context, AppUser user) => Send(links.SiteOf(context), user);

    /// <summary>On behalf of support, who don't see the link.</summary>
    /// <param name="site">See <see cref="MailLinks.SiteOf"/>.</param>
    /// <param name="user">Whose password the link sets.</param>
    /// <param name="why">In words, for a sentence of its own.</param>
    /// <param name="required">Whether nobody signs in before it is set.</param>
    public void SendBySupport(Uri site, AppUser user, string why, bool required) =>
        mails.TryEnqueue(AccountMails.ResetPasswordBySupport(user.Email!, site, LinkFor(site, user), why, required));

    /// <summary>For whoever asks for it: not more often than once a minute.</summary>
    /// <param name="site">See <see cref="MailLinks.SiteOf"/>.</param>
    /// <param name="user">Whose password the link sets.</param>
    public async Task SendAskedAsync(Uri site, AppUser user)
    {
        if (await mailed.TryTakeAsync(user.Id, MailedLinks.Asked))
            Send(site, user);
    }

    /// <summary>
    /// For one whose password was right and who may not sign in before it is reset. Not in this request, which must take as long as one with a wrong
    /// password; and not more often than every ten minutes.
    /// </summary>
    public void Remind(HttpContext context, Guid userId)
    {
        var site = links.SiteOf(context);
        errands.Add(services => services.GetRequiredService<PasswordResetMail>().RemindAsync(userId, site));
    }

    private async Task RemindAsync(Guid userId, Uri site)
    {
        if (await mailed.TryTakeAsync(userId, MailedLinks.Unasked))
            Send(site, await db.Users.SingleAsync(u => u.Id == userId));
    }

    private void Send(Uri site, AppUser user) =>
        mails.TryEnqueue(AccountMails.ResetPassword(user.Email!, site, LinkFor(site, user)));

    private Uri LinkFor(Uri site, AppUser user) => MailLinks.To(site, ResetPath, tokens.Seal(TokenPurpose.ResetPassword, user, Lifetime));
}
