using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Mails the link that confirms an address.</summary>
public sealed class ConfirmationLinks(AppDbContext db, OneTimeTokens tokens, MailQueue mail, MailLinks links, Errands errands, TimeProvider clock)
{
    public const string Path = "/account/confirm-email";

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private static readonly TimeSpan BetweenReminders = TimeSpan.FromMinutes(10);

    /// <summary>To whoever has just registered.</summary>
    /// <param name="user">Whose address is not confirmed.</param>
    /// <param name="site">See <see cref="MailLinks.SiteOf"/>.</param>
    public async Task SendAsync(AppUser user, Uri site)
    {
        var now = clock.GetUtcNow();
        await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.LinkMailedAt, now));
        Enqueue(user, site);
    }

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
        var now = clock.GetUtcNow();
        var latest = now - BetweenReminders;
        var isDue = await db.Users.Where(u => u.Id == userId && !u.EmailConfirmed && (u.LinkMailedAt == null || u.LinkMailedAt <= latest))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LinkMailedAt, now)) == 1;
        if (isDue)
            Enqueue(await db.Users.SingleAsync(u => u.Id == userId), site);
    }

    private void Enqueue(AppUser user, Uri site) =>
        mail.TryEnqueue(AccountMails.ConfirmAddress(user.Email!, site, MailLinks.To(site, Path, tokens.Seal(TokenPurpose.ConfirmEmail, user, Lifetime))));
}
