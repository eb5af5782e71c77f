using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Mails the link that confirms an address.</summary>
public sealed class ConfirmationLinks(AppDbContext db, OneTimeTokens tokens, MailQueue mail, MailedLinks mailed, MailLinks links, Errands errands)
{
    public const string Path = "/account/confirm-email";

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>To whoever has just registered; see <see cref="MailedLinks"/> for how often.</summary>
    /// <param name="user">Whose address is not confirmed.</param>
    /// <param name="site">See <see cref="MailLinks.SiteOf"/>.</param>
    public void Send(AppUser user, Uri site) =>
        mail.TryEnqueue(AccountMails.ConfirmAddress(user.Email!, site, MailLinks.To(site, Path, tokens.Seal(TokenPurpose.ConfirmEmail, user, Lifetime))));

    /// <summary>
    /// Once more, because somebody knew the password: the first mail may be lost. Not in this request, which must take as long as one with a wrong
    /// password; and not often, or the form would fill a mailbox.
    /// </summary>
    public void Remind(HttpContext context, Guid userId)
    {
        var site = links.SiteOf(context);
        errands.Add(services => services.GetRequiredService<ConfirmationLinks>().RemindAsync(userId, site));
    }

    private async Task RemindAsync(Guid userId, Uri site)
    {
        if (await mailed.TryTakeAsync(userId, MailedLinks.Unasked) && await db.Users.SingleAsync(u => u.Id == userId) is { EmailConfirmed: false } user)
            Send(user, site);
    }
}
