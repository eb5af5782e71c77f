using WebApp.Accounts.Browsers;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Changes a person's own password; this session begins anew, and every other one ends unless it is to be kept.</summary>
public sealed class PasswordChange(
    AppSignInManager signIn, AppUserManager users, SessionRenewal sessions, ProofAttempts attempts, KnownBrowsers browsers, AccountNotices notices,
    AuditLog audit)
{
    /// <summary>A wrong current password counts as a failed sign-in, so that a session left open is no place to guess it.</summary>
    /// <exception cref="PasswordsBusyException">Too many wait already; nothing was judged or changed.</exception>
    public async Task<PasswordChangeResult> ChangeAsync(HttpContext context, string currentPassword, string newPassword, OtherSessions others)
    {
        await users.PrepareToSetAsync(newPassword);
        return await users.InTurnAsync(() => ChangeInTurnAsync(context, currentPassword, newPassword, others));
    }

    private async Task<PasswordChangeResult> ChangeInTurnAsync(HttpContext context, string currentPassword, string newPassword, OtherSessions others)
    {
        if (await users.GetUserAsync(context.User) is not { } user
            || !(await signIn.CheckPasswordSignInAsync(user, currentPassword, lockoutOnFailure: true)).Succeeded)
            return new(PasswordChangeOutcome.WrongPassword);

        var before = await notices.BeforeChangeAsync(user);
        user.KeepsSessions = others == OtherSessions.Keep;
        var changed = await users.ChangePasswordAsync(user, currentPassword, newPassword);
        if (!changed.Succeeded)
            return new(PasswordChangeOutcome.Refused) { Problem = string.Join(' ', changed.Errors.Select(e => e.Description)) };

        // Strangers guessed at a password that is no more.
        await attempts.ClearStrangersAsync(user.Id);
        if (others == OtherSessions.End)
            await browsers.ForgetAllAsync(user.Id);
        await audit.AppendAsync(AuditEntries.By(context, user.Id, AuditAction.PasswordChanged));
        notices.PasswordChanged(user, before);
        return await sessions.BeginAnewAsync(context, user, others, RevocationReason.PasswordChanged) is { } ended
            ? new(PasswordChangeOutcome.Done) { Ended = ended }
            : new(PasswordChangeOutcome.DoneButNotConfirmed);
    }
}

/// <summary>What becomes of the sessions in other browsers.</summary>
public enum OtherSessions
{
    End,
    Keep,
}

public sealed record PasswordChangeResult(PasswordChangeOutcome Outcome)
{
    /// <summary>How many other sessions were ended.</summary>
    public int Ended { get; init; }

    /// <summary>What is wrong with the new password, in words for people; null when nothing is.</summary>
    public string? Problem { get; init; }
}

public enum PasswordChangeOutcome
{
    Done,

    /// <summary>The password is changed; the store did not confirm that the other sessions ended.</summary>
    DoneButNotConfirmed,

    /// <summary>The current password is wrong, or the account is locked for a while. Nothing was changed.</summary>
    WrongPassword,

    /// <summary>The new password is not good enough. Nothing was changed.</summary>
    Refused,
}
