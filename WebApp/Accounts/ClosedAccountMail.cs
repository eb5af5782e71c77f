using Microsoft.EntityFrameworkCore;
using WebApp.Accounts.Mail;
using WebApp.Audit;

namespace WebApp.Accounts;

/// <summary>
/// Tells a banned person why they can't get in. The page must not: it says the same as of a wrong password. Behind the request, and not more often than
/// every ten minutes.
/// </summary>
public sealed class ClosedAccountMail(AppDbContext db, AuditLog audit, MailQueue mails, MailLinks links, MailedLinks mailed, Errands errands, TimeProvider clock)
{
    /// <summary>To one whose password was right.</summary>
    public void Remind(HttpContext context, Guid userId)
    {
        var site = links.SiteOf(context);
        errands.Add(services => services.GetRequiredService<ClosedAccountMail>().RemindAsync(userId, site));
    }

    private async Task RemindAsync(Guid userId, Uri site)
    {
        if (!await mailed.TryTakeForNoticeAsync(userId) || await db.Users.SingleAsync(u => u.Id == userId) is not { BannedUntil: { } until } user || until <= clock.GetUtcNow())
            return;

        var caseReference = await audit.ListOlderOfSubjectAsync(userId, [AuditAction.Ban], before: null, count: 1) is [var ban] ? ban.CaseReference : null;
        mails.TryEnqueue(AccountMails.Closed(user.Email!, site, until, caseReference));
    }
}
