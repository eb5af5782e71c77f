using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>The sign-in that ends the way of a mailed link. The link and the password together are the first factor, never the second.</summary>
public sealed class MailedSignIn(AppSignInManager signIn)
{
    /// <param name="context">The request, in which a sign-in has begun; see <see cref="SessionManager.BeginSignInAsync"/>.</param>
    /// <param name="user">Who has opened the link, and knows the password.</param>
    public async Task<MailedLinkOutcome> TryAsync(HttpContext context, AppUser user)
    {
        if (!await signIn.CanSignInAsync(user))
            return MailedLinkOutcome.DoneWithoutSession;

        if (user.TwoFactorEnabled)
        {
            signIn.AskForSecondFactor(user, remembered: false, "pwd");
            return MailedLinkOutcome.SecondFactor;
        }

        try
        {
            await signIn.SignInWithClaimsAsync(user, isPersistent: false, [new("amr", "pwd")]);
            return MailedLinkOutcome.SignedIn;
        }
        catch (Exception e) when (e is SignInSupersededException or SessionStoreUnavailableException)
        {
            return MailedLinkOutcome.DoneWithoutSession;
        }
    }
}

/// <summary>What became of a mailed link.</summary>
public enum MailedLinkOutcome
{
    /// <summary>It was done, and this browser has a new session.</summary>
    SignedIn,

    /// <summary>It was done, and the second factor has to be shown now.</summary>
    SecondFactor,

    /// <summary>It was done; to sign in is up to the person.</summary>
    DoneWithoutSession,

    /// <summary>It was done, but the store did not confirm that the other sessions ended.</summary>
    DoneButNotConfirmed,

    /// <summary>The password is wrong or not good enough. The link is still good.</summary>
    WrongPassword,

    /// <summary>The link is no good: altered, too old, used already, or overtaken by a change of the account. Nothing was changed.</summary>
    Dead,
}
