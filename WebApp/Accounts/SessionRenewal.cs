using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>What a change of whatever proves a person's identity does to sessions: this one begins anew, and every other one ends unless it is to be kept.</summary>
public sealed class SessionRenewal(AppSignInManager signIn, SessionManager sessions)
{
    /// <param name="context">The request that made the change; the change is saved.</param>
    /// <param name="user">As it is after the change.</param>
    /// <param name="others">What becomes of the other sessions.</param>
    /// <param name="reason">Why they end.</param>
    /// <returns>How many others were ended; null when the store did not confirm it.</returns>
    public async Task<int?> BeginAnewAsync(HttpContext context, AppUser user, OtherSessions others, RevocationReason reason)
    {
        try
        {
            var ended = others == OtherSessions.End ? await sessions.RevokeOthersAsync(user.Id, RequestSession.Of(context).Current!.Id, reason) : 0;
            await signIn.RefreshSignInAsync(user);
            return ended;
        }
        catch (SignInSupersededException)
        {
            // Somebody ended all of the user's sessions just now: none is left, this one included.
            return 0;
        }
        catch (SessionStoreUnavailableException)
        {
            return null;
        }
    }
}
