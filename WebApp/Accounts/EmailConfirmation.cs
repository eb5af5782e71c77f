using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Confirms the address of a new account. The link alone does not: it also takes the password chosen at registration, or somebody who registers
/// with another's address, and waits for its owner to open the mail, would have an account that looks like theirs.
/// </summary>
public sealed class EmailConfirmation(
    AppUserManager users, OneTimeTokens tokens, ProofAttempts attempts, SessionManager sessions, MailedSignIn signIn, AuditLog audit)
{
    /// <summary>Whose address the link is about; null when it is no good. Nothing is changed by looking.</summary>
    public async Task<AppUser?> FindAsync(string? token) => (await OpenAsync(token))?.User;

    /// <summary>A wrong password counts as a failed sign-in.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer; nothing was judged or changed.</exception>
    /// <exception cref="PasswordsBusyException">Too many wait already; nothing was judged or changed.</exception>
    public Task<MailedLinkOutcome> ConfirmAsync(HttpContext context, string? token, string password) =>
        users.InTurnAsync(() => ConfirmInTurnAsync(context, token, password));

    private async Task<MailedLinkOutcome> ConfirmInTurnAsync(HttpContext context, string? token, string password)
    {
        if (await OpenAsync(token) is not { User: { } user } link)
            return MailedLinkOutcome.Dead;

        await sessions.BeginSignInAsync(context, user.Id);
        if (await attempts.ClaimAsync(context, user.Id) is not { } attempt || !await users.CheckPasswordAsync(user, password))
        {
            FailedProof.Mark(context);
            await audit.AppendAsync(AuditEntries.About(context, user.Id, AuditAction.SignInFailed) with { Method = "pwd" });
            return MailedLinkOutcome.WrongPassword;
        }

        await attempts.ClearAsync(attempt);
        if (!await tokens.SpendAsync(link))
            return MailedLinkOutcome.Dead;

        user.EmailConfirmed = true;
        // Refused when somebody has registered with the address again meanwhile.
        if (!(await users.UpdateAsync(user)).Succeeded)
            return MailedLinkOutcome.Dead;

        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.EmailConfirmed) with { Method = "pwd" });
        return await signIn.TryAsync(context, user);
    }

    private async Task<OneTimeToken?> OpenAsync(string? token) =>
        await tokens.OpenAsync(TokenPurpose.ConfirmEmail, token) is { User.EmailConfirmed: false } link ? link : null;
}
