using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Confirms the identity of whoever is signed in already. It brings a locked session back, and counts as a recent sign-in.</summary>
public sealed class IdentityConfirmation(AppSignInManager signIn, AppUserManager users, SessionConfirmation session, ProofAttempts attempts)
{
    /// <summary>A wrong password counts as a failed sign-in; the last of <see cref="SessionPolicy.MaxProofAttempts"/> ends the session.</summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    /// <exception cref="PasswordsBusyException">Too many wait already; no attempt was taken.</exception>
    public Task<IdentityConfirmationOutcome> ConfirmAsync(HttpContext context, string password) => users.InTurnAsync(() => ConfirmInTurnAsync(context, password));

    private async Task<IdentityConfirmationOutcome> ConfirmInTurnAsync(HttpContext context, string password)
    {
        // No password is judged then: it must cost the session no attempt, or whoever knows the address could have it ended.
        if (await users.GetUserAsync(context.User) is not { } user || await attempts.IsLockedAsync(context, user.Id))
        {
            FailedProof.Mark(context);
            return IdentityConfirmationOutcome.WrongPassword;
        }

        if (await session.TakeAttemptAsync(context) is not { } left)
            return IdentityConfirmationOutcome.AnotherUnderWay;

        if ((await signIn.CheckPasswordSignInAsync(user, password, lockoutOnFailure: true)).Succeeded)
            return await session.SucceedAsync(context) ? IdentityConfirmationOutcome.Confirmed : IdentityConfirmationOutcome.SessionEnded;

        if (left > 0)
            return IdentityConfirmationOutcome.WrongPassword;

        await session.FailAsync(context);
        return IdentityConfirmationOutcome.SessionEnded;
    }
}

public enum IdentityConfirmationOutcome
{
    Confirmed,

    /// <summary>The password is wrong, or the account is locked for a while. The session is as it was.</summary>
    WrongPassword,

    /// <summary>Another try of the same session is being judged; this one was not.</summary>
    AnotherUnderWay,

    /// <summary>It was the last try, or the session had ended already.</summary>
    SessionEnded,
}
