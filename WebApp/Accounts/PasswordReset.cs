using WebApp.Accounts.Browsers;
using WebApp.Accounts.Mail;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// A new password for whoever can read the account's mail. To ask for it looks and takes the same for every address: all that depends on it happens
/// behind the request. The link is good once, and no longer than anything that proves identity stays as it was.
/// </summary>
public sealed class PasswordReset(
    AppUserManager users, OneTimeTokens tokens, ProofAttempts attempts, KnownBrowsers browsers, SessionManager sessions, MailedSignIn signIn, AccountNotices notices, AuditLog audit,
    PasswordResetMail mails, MailedLinks mailed, MailLinks links, Errands errands)
{
    /// <summary>Where one asks for the link.</summary>
    public const string RequestPath = "/account/forgot-password";

    /// <summary>Mails the link, if the address has an account and got none within the last minute. Returns at once.</summary>
    public void Request(HttpContext context, string email)
    {
        var (site, address) = (links.SiteOf(context), context.Connection.RemoteIpAddress?.ToString());
        errands.Add(services => services.GetRequiredService<PasswordReset>().MailAsync(email, address, site));
    }

    /// <summary>Whose password the link sets; null when it is no good. Nothing is changed by looking.</summary>
    public async Task<AppUser?> FindAsync(string? token) => (await tokens.OpenAsync(TokenPurpose.ResetPassword, token))?.User;

    /// <summary>
    /// Sets the password, ends every session, and signs this browser in. It also shows that the address is theirs, and undoes what keeps
    /// the person from signing in but for a ban.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer; nothing was changed, and the link is still good.</exception>
    /// <exception cref="PasswordsBusyException">Too many wait already; nothing was changed, and the link is still good.</exception>
    public async Task<PasswordResetResult> ResetAsync(HttpContext context, string? token, string newPassword)
    {
        await users.PrepareToSetAsync(newPassword);
        return await users.InTurnAsync(() => ResetInTurnAsync(context, token, newPassword));
    }

    private async Task MailAsync(string email, string? address, Uri site)
    {
        if (await users.FindByEmailAsync(email) is not { } user || !mailed.IsDue(user))
            return;

        await audit.AppendAsync(new() { Action = AuditAction.PasswordResetRequested, SubjectId = user.Id, Address = address });
        await mails.SendAskedAsync(site, user);
    }

    private async Task<PasswordResetResult> ResetInTurnAsync(HttpContext context, string? token, string newPassword)
    {
        if (await tokens.OpenAsync(TokenPurpose.ResetPassword, token) is not { User: { } user } link)
            return new(MailedLinkOutcome.Dead);

        var judged = await users.JudgeNewPasswordAsync(user, newPassword);
        if (!judged.Succeeded)
            return new(MailedLinkOutcome.WrongPassword) { Problem = string.Join(' ', judged.Errors.Select(e => e.Description)) };

        // Asked before the link is spent: while the store is down it stays good.
        await sessions.BeginSignInAsync(context, user.Id);
        return new(await tokens.SpendAsync(link) ? await SetAsync(context, user, newPassword) : MailedLinkOutcome.Dead);
    }

    private async Task<MailedLinkOutcome> SetAsync(HttpContext context, AppUser user, string newPassword)
    {
        var (wasConfirmed, before) = (user.EmailConfirmed, await notices.BeforeChangeAsync(user));
        (user.EmailConfirmed, user.SignInBlocked) = (true, false);
        // Whoever registered with an address that was not theirs does not name its owner.
        if (!wasConfirmed)
            user.Name = "";
        // Refused when the account was changed meanwhile.
        if (!(await users.SetPasswordAsync(user, newPassword)).Succeeded)
            return MailedLinkOutcome.Dead;

        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.PasswordReset));
        if (wasConfirmed)
            notices.PasswordChanged(user, before);
        else
            await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.EmailConfirmed));
        await attempts.ClearAllAsync(user.Id);
        await browsers.ForgetAllAsync(user.Id);
        try
        {
            await sessions.RevokeAllAsync(user.Id, RevocationReason.PasswordChanged);
            // The end of all sessions is also the end of sign-ins under way, and this one has just begun.
            await sessions.BeginSignInAsync(context, user.Id);
        }
        catch (SessionStoreUnavailableException)
        {
            return MailedLinkOutcome.DoneButNotConfirmed;
        }

        return await signIn.TryAsync(context, user);
    }
}

public sealed record PasswordResetResult(MailedLinkOutcome Outcome)
{
    /// <summary>What is wrong with the new password, in words for people; null when nothing is.</summary>
    public string? Problem { get; init; }
}
