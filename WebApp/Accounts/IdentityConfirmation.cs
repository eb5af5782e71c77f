using WebApp.Accounts.Factors;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>Confirms the identity of whoever is signed in already. It brings a locked session back, and counts as a recent sign-in.</summary>
public sealed class IdentityConfirmation(AppSignInManager signIn, AppUserManager users, SessionConfirmation session, ProofAttempts attempts, PasskeyProofs passkeys)
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

        var isRight = (await signIn.CheckPasswordSignInAsync(user, password, lockoutOnFailure: true)).Succeeded;
        return await DecideAsync(context, isRight, left, IdentityConfirmationOutcome.WrongPassword);
    }

    /// <summary>A question for a passkey of whoever is signed in; null when the account is gone.</summary>
    public async Task<PasskeyQuestion?> AskForPasskeyAsync(HttpContext context) =>
        await users.GetUserAsync(context.User) is { } user ? await passkeys.AskAsync(context, user, UseFor(context)) : null;

    /// <summary>By a passkey, which no wrong password locks out. A wrong answer takes an attempt of the session, as a wrong password does.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answerJson">From the browser.</param>
    /// <param name="state">From <see cref="AskForPasskeyAsync"/>.</param>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<IdentityConfirmationOutcome> ConfirmByPasskeyAsync(HttpContext context, string? answerJson, string? state)
    {
        if (await users.GetUserAsync(context.User) is not { } user || await passkeys.TakeAsync(user, UseFor(context), state) is not { } question)
            return IdentityConfirmationOutcome.TooLate;

        if (await session.TakeAttemptAsync(context) is not { } left)
            return IdentityConfirmationOutcome.AnotherUnderWay;

        var isRight = await passkeys.JudgeAsync(context, question, PasskeyAnswer.Read(answerJson)) is { } owner && await signIn.CanSignInAsync(owner);
        return await DecideAsync(context, isRight, left, IdentityConfirmationOutcome.WrongPasskey);
    }

    private async Task<IdentityConfirmationOutcome> DecideAsync(HttpContext context, bool isRight, int left, IdentityConfirmationOutcome wrong)
    {
        if (isRight)
            return await session.SucceedAsync(context) ? IdentityConfirmationOutcome.Confirmed : IdentityConfirmationOutcome.SessionEnded;

        if (left > 0)
            return wrong;

        await session.FailAsync(context);
        return IdentityConfirmationOutcome.SessionEnded;
    }

    /// <summary>What was asked in one session confirms no other.</summary>
    private static string UseFor(HttpContext context) => $"confirm {RequestSession.Of(context).Current?.Id}";
}

public enum IdentityConfirmationOutcome
{
    Confirmed,

    /// <summary>The password is wrong, or the account is locked for a while. The session is as it was.</summary>
    WrongPassword,

    /// <summary>The passkey's answer is wrong. The session is as it was.</summary>
    WrongPasskey,

    /// <summary>The question to the passkey was too old, or answered before. Nothing was judged, and no attempt taken.</summary>
    TooLate,

    /// <summary>Another try of the same session is being judged; this one was not.</summary>
    AnotherUnderWay,

    /// <summary>It was the last try, or the session had ended already.</summary>
    SessionEnded,
}
