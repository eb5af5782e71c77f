using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Mails a link to set a new password. It is good for twenty minutes, once, and until the password or anything else that proves identity changes.</summary>
public sealed class PasswordResetMail(OneTimeTokens tokens, MailQueue mails, MailLinks links, Errands errands, AppDbContext db, TimeProvider clock)
{
    /// <summary>The page that the link leads to.</summary>
    public const string ResetPath = "/account/reset-password";

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan BetweenUnasked = TimeSpan.FromMinutes(10);

    public void Send(HttpContext context, AppUser user) => Send(links.SiteOf(context), user);

    /// <summary>From where there is no request any more; see <see cref="MailLinks.SiteOf"/>.</summary>
    public void Send(Uri site, AppUser user) =>
        mails.TryEnqueue(AccountMails.ResetPassword(user.Email!, site, MailLinks.To(site, ResetPath, tokens.Seal(TokenPurpose.ResetPassword, user, Lifetime))));

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
        var (now, earlier) = (clock.GetUtcNow(), clock.GetUtcNow() - BetweenUnasked);
        var isDue = await db.Users.Where(u => u.Id == userId && (u.LinkMailedAt == null || u.LinkMailedAt < earlier))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LinkMailedAt, now)) == 1;
        if (isDue)
            Send(site, await db.Users.SingleAsync(u => u.Id == userId));
    }
}
