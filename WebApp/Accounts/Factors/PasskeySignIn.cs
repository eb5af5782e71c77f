using Microsoft.AspNetCore.Authentication;
using WebApp.Sessions;

namespace WebApp.Accounts.Factors;

/// <summary>
/// Signing in with a passkey: alone, for it is two factors in one (the device, and what opens it), or after the password. Wrong passwords lock no
/// passkey out: there is nothing to guess.
/// </summary>
public sealed class PasskeySignIn(AppSignInManager signIn, PasskeyProofs proofs, SessionManager sessions, ProofAttempts attempts)
{
    private const string UseToSignIn = "sign-in";

    public Task<PasskeyQuestion> AskAsync(HttpContext context) => proofs.AskAsync(context, user: null, UseToSignIn);

    /// <summary>Signs in whoever's passkey it is.</summary>
    /// <exception cref="SignInSupersededException">All of the user's sessions were ended while this sign-in was under way.</exception>
    /// <exception cref="TooManySessionsException">The person is to be asked which session shall end.</exception>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<PasskeyOutcome> SignInAsync(HttpContext context, string? answerJson, string? state, bool remembered)
    {
        // Whose it claims to be, then the generation, and only then is it judged: what ends all sessions meanwhile refuses this one, too.
        var answer = PasskeyAnswer.Read(answerJson);
        var ownerId = answer is null ? null : await proofs.FindOwnerIdAsync(answer);
        await sessions.BeginSignInAsync(context, ownerId ?? Guid.Empty);
        if (await proofs.TakeAsync(user: null, UseToSignIn, state) is not { } question)
            return PasskeyOutcome.TooLate;
        if (await ProveAsync(context, question, answer) is not { } user || user.Id != ownerId)
            return PasskeyOutcome.Refused;

        await signIn.SignInWithClaimsAsync(user, new AuthenticationProperties { IsPersistent = remembered }, [new("amr", PasskeyProofs.Method)]);
        return PasskeyOutcome.Proved;
    }

    /// <summary>A question to whoever has shown the password in this browser; null when nobody has.</summary>
    public async Task<PasskeyQuestion?> AskForSecondFactorAsync(HttpContext context) =>
        await signIn.FindPendingAsync() is { } pending ? await proofs.AskAsync(context, pending.User, UseFor(pending)) : null;

    /// <summary>Completes the sign-in that waits in this browser.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answerJson">From the browser.</param>
    /// <param name="state">From <see cref="AskForSecondFactorAsync"/>.</param>
    /// <param name="rememberBrowser">See <see cref="AppSignInManager.CompleteAsync"/>. Never one that others use, too.</param>
    /// <exception cref="SignInSupersededException">All of the user's sessions were ended while this sign-in was under way.</exception>
    /// <exception cref="TooManySessionsException">The person is to be asked which session shall end.</exception>
    public async Task<PasskeyOutcome> CompleteAsync(HttpContext context, string? answerJson, string? state, bool rememberBrowser)
    {
        if (await signIn.FindPendingAsync() is not { } pending || await proofs.TakeAsync(pending.User, UseFor(pending), state) is not { } question)
            return PasskeyOutcome.TooLate;
        if (await ProveAsync(context, question, PasskeyAnswer.Read(answerJson)) is not { } user)
            return PasskeyOutcome.Refused;

        // Password and passkey were right: wrong ones before them don't count any more, unless there were so many that nobody is asked.
        if (await attempts.ClaimAsync(context, user.Id) is { } attempt)
            await attempts.ClearAsync(attempt);
        return await signIn.CompleteAsync(pending, PasskeyProofs.Method, rememberBrowser && pending.Leash is null) ? PasskeyOutcome.Proved : PasskeyOutcome.TooLate;
    }

    /// <summary>Null also for an account that may not sign in; the words are the same.</summary>
    private async Task<AppUser?> ProveAsync(HttpContext context, TakenQuestion question, PasskeyAnswer? answer)
    {
        if (await proofs.JudgeAsync(context, question, answer) is not { } user)
            return null;
        if (await signIn.CanSignInAsync(user))
            return user;

        await proofs.RefuseAsync(context, user.Id, "the account may not sign in");
        return null;
    }

    private static string UseFor(PendingSecondFactor pending) => $"second-factor {pending.Token.Id}";
}

public enum PasskeyOutcome
{
    Proved,

    /// <summary>The question was too old, was answered before, or was another one. Nothing was judged.</summary>
    TooLate,

    /// <summary>The answer was wrong, or the account may not sign in. Which of them is nobody's business here.</summary>
    Refused,
}
