using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Mails a link to set a new password. It is good for twenty minutes, once, and until the password or anything else that proves identity changes.</summary>
public sealed class PasswordResetMail(OneTimeTokens tokens, MailQueue mails, MailLinks links, MailedLinks mailed)
{
    /// <summary>The page that the link leads to.</summary>
    public const string ResetPath = "/account/reset-password";

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(20);

    public void Send(HttpContext context, AppUser user) => Send(links.SiteOf(context), user);

    /// <summary>For whoever asks for it: not more often than once a minute.</summary>
    /// <param name="site">See <see cref="MailLinks.SiteOf"/>.</param>
    /// <param name="user">Whose password the link sets.</param>
    public async Task SendAskedAsync(Uri site, AppUser user)
    {
        if (await mailed.TryTakeAsync(user.Id, MailedLinks.Asked))
            Send(site, user);
    }

    /// <summary>For one whose password was right and who may not sign in before it is reset: not more often than every ten minutes.</summary>
    public async Task SendUnaskedAsync(HttpContext context, AppUser user)
    {
        if (await mailed.TryTakeAsync(user.Id, MailedLinks.Unasked))
            Send(context, user);
    }

    private void Send(Uri site, AppUser user) =>
        mails.TryEnqueue(AccountMails.ResetPassword(user.Email!, site, MailLinks.To(site, ResetPath, tokens.Seal(TokenPurpose.ResetPassword, user, Lifetime))));
}
