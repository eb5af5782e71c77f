using WebApp.Audit;

namespace WebApp.Accounts.Factors;

/// <summary>The second step of a sign-in. Wrong proofs count with wrong passwords: who knows one must not get fresh attempts at the other.</summary>
public sealed class SecondFactorSignIn(AppSignInManager signIn, ProofAttempts attempts, Authenticators authenticators, RecoveryCodes codes, AuditLog audit)
{
    /// <summary>By a code of the authenticator app. Throws what <see cref="AppSignInManager.CompleteAsync"/> throws.</summary>
    public Task<SecondFactorOutcome> ByAuthenticatorAsync(HttpContext context, PendingSecondFactor pending, string code, bool rememberBrowser) =>
        ProveAsync(context, pending, SecondFactorMethod.Authenticator, () => authenticators.AcceptAsync(pending.User.Id, code), rememberBrowser);

    /// <summary>By a recovery code, which is spent. Throws what <see cref="AppSignInManager.CompleteAsync"/> throws.</summary>
    public Task<SecondFactorOutcome> ByRecoveryCodeAsync(HttpContext context, PendingSecondFactor pending, string code, bool rememberBrowser) =>
        ProveAsync(context, pending, SecondFactorMethod.RecoveryCode, () => SpendAsync(context, pending.User.Id, code), rememberBrowser);

    /// <summary>By any proof. Throws what <see cref="AppSignInManager.CompleteAsync"/> throws.</summary>
    /// <param name="context">The request that brings it.</param>
    /// <param name="pending">The sign-in that waits.</param>
    /// <param name="method">See <see cref="SecondFactorMethod"/>.</param>
    /// <param name="isRight">Judges the proof. Asked only while the account is not locked, and spends what is good once.</param>
    /// <param name="rememberBrowser">Whether this browser is asked for no second factor for a while.</param>
    public async Task<SecondFactorOutcome> ProveAsync(
        HttpContext context, PendingSecondFactor pending, string method, Func<Task<bool>> isRight, bool rememberBrowser)
    {
        // Counted before it is judged, or of many at once more would be judged than the lockout allows.
        var attempt = await attempts.ClaimAsync(context, pending.User.Id);
        if (attempt is null || !await isRight())
        {
            await signIn.AuditFailureAsync(pending.User.Id, method);
            if (attempt?.Locks is true)
                signIn.TellOfLockout(pending.User);
            return SecondFactorOutcome.Wrong;
        }

        await attempts.ClearAsync(attempt);
        return await signIn.CompleteAsync(pending, method, rememberBrowser) ? SecondFactorOutcome.SignedIn : SecondFactorOutcome.DoneAlready;
    }

    private async Task<bool> SpendAsync(HttpContext context, Guid userId, string code)
    {
        if (!await codes.SpendAsync(userId, code))
            return false;

        await audit.AppendAsync(AuditEntries.By(context, userId, AuditAction.RecoveryCodeUsed) with { Details = $"{await codes.CountAsync(userId)} left" });
        return true;
    }
}

/// <summary>How a second factor is called among a session's methods: by RFC 8176, and "rec", which that has not.</summary>
public static class SecondFactorMethod
{
    public const string Authenticator = "otp";
    public const string RecoveryCode = "rec";
}

public enum SecondFactorOutcome
{
    SignedIn,

    /// <summary>The proof is wrong or was used before, or the account is locked for a while.</summary>
    Wrong,

    /// <summary>The sign-in was completed by another request, and this one began none.</summary>
    DoneAlready,
}
