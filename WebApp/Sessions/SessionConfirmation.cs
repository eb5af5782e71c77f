namespace WebApp.Sessions;

/// <summary>
/// What a session is told when its person is asked to prove their identity again. What counts as proof is not decided here.
/// </summary>
public sealed class SessionConfirmation(IUserSessionStore sessions, SessionManager manager, SessionEvents events, TimeProvider clock)
{
    private const int MostTries = 5;

    /// <summary>Takes one of the session's <see cref="SessionPolicy.MaxProofAttempts"/> before a proof is judged.</summary>
    /// <returns>
    /// How many will be left if it is wrong; null when it must not be judged, because another one is, or the last one was begun and never decided.
    /// </returns>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<int?> TakeAttemptAsync(HttpContext context)
    {
        return RequestSession.Of(context).Current is { ProofAttempts: < SessionPolicy.MaxProofAttempts and var taken } session
            && await sessions.TakeProofAttemptAsync(session.UserId, session.Id, taken)
                ? SessionPolicy.MaxProofAttempts - taken - 1
                : null;
    }

    /// <summary>Ends the session: its last attempt was wrong.</summary>
    public async Task FailAsync(HttpContext context)
    {
        if (RequestSession.Of(context).Current is { } session)
            await manager.EndPresentedAsync(context, session, RevocationReason.ProofsFailed);
    }

    /// <summary>
    /// Identity was proved: the session is unlocked, counts as signed in just now, and this answer hands its browser a new secret that
    /// retires all earlier ones (ASVS 7.2.4). False when the session was ended or locked meanwhile: that was not what the proof was about.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<bool> SucceedAsync(HttpContext context)
    {
        var request = RequestSession.Of(context);
        if (request is not { Current: { } session, Key: { } key, Seed: { } seed })
            return false;

        // The secret may move on at the same time, by this request's own rotation.
        var seen = session;
        for (var tries = 0; tries < MostTries; tries++)
        {
            var latest = key.Version.Number > seen.Secret.Number ? key.Version : seen.Secret;
            // One that says nothing of itself is the person's nevertheless, and would be locked again.
            var family = SessionRecorder.HidesBrowser(context.Request) ? default : SessionRecorder.FamilyOf(context.Request, seen.Family);
            var proof = new SessionProof(latest.AfterProof(), key.Version, clock.GetUtcMilliseconds(), family);
            if (await sessions.ConfirmAsync(seen, proof))
            {
                Hand(seen with { Secret = proof.Next, SecretSince = proof.At, AuthenticatedAt = proof.At, Lock = null, ProofAttempts = 0 });
                await events.RaiseAsync(new SessionConfirmed(seen.UserId, seen.Id, seen.Lock?.Reason, context.GetPeerAddress()));
                return true;
            }

            if (await sessions.FindAsync(seen.UserId, seen.Id) is not { Revocation: null } found)
            {
                request.Current = null;
                return false;
            }

            if (found.Lock is not null && found.Lock != session.Lock)
                return false;
            if (found.AuthenticatedAt > session.AuthenticatedAt)
            {
                // A button pressed twice: both are handed the same secret, or the one whose answer comes last would be taken for a thief.
                Hand(found);
                return true;
            }

            seen = found;
        }

        throw new SessionStoreUnavailableException("The session changed faster than a confirmation could be written.");

        void Hand(UserSession confirmed) =>
            (request.Current, request.NextKey, request.HasNewestSecret) = (confirmed, key.At(confirmed.Secret, seed), true);
    }
}
