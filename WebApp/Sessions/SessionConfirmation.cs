namespace WebApp.Sessions;

/// <summary>
/// What a session is told when its person is asked to prove their identity again. What counts as proof is not decided here.
/// </summary>
public sealed class SessionConfirmation(IUserSessionStore sessions, SessionManager manager, SessionEvents events, TimeProvider clock)
{
    private const int MostTries = 5;

    /// <summary>Takes one of the session's <see cref="SessionPolicy.MaxProofAttempts"/> before a proof is judged.</summary>
    /// <returns>How many will be left if it is wrong; null when it must not be judged, because another one is, or the session has ended.</returns>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<int?> TakeAttemptAsync(HttpContext context)
    {
        if (RequestSession.Of(context).Current is not { } session)
            return null;

        var taken = session.ProofAttempts;
        if (taken < SessionPolicy.MaxProofAttempts)
            return await sessions.TakeProofAttemptAsync(session.UserId, session.Id, taken) ? SessionPolicy.MaxProofAttempts - taken - 1 : null;

        await FailAsync(context);
        return null;
    }

    /// <summary>Ends the session: its last attempt was wrong.</summary>
    public async Task FailAsync(HttpContext context)
    {
        if (RequestSession.Of(context).Current is { } session)
            await manager.EndPresentedAsync(context, session, RevocationReason.ProofsFailed);
    }

    /// <summary>
    /// Identity was proved: the session is unlocked, counts as signed in just now, and this answer hands its browser a new secret that
    /// retires all earlier ones (ASVS 7.2.4). False when the session has ended meanwhile.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The store did not answer.</exception>
    public async Task<bool> SucceedAsync(HttpContext context)
    {
        var request = RequestSession.Of(context);
        if (request is not { Current: { } session, Key: { } key, Seed: { } seed })
            return false;

        // The secret may move on at the same time: by this request's own rotation, or another tab's confirmation.
        for (var tries = 0; tries < MostTries; tries++)
        {
            var latest = key.Version.Number > session.Secret.Number ? key.Version : session.Secret;
            var proof = new SessionProof(latest.AfterProof(), key.Version, clock.GetUtcMilliseconds(), Device.Parse(context.Request.Headers.UserAgent.ToString()).Family);
            if (await sessions.ConfirmAsync(session.UserId, session.Id, session.Secret, proof))
            {
                request.Current = session with { Secret = proof.Next, SecretSince = proof.At, AuthenticatedAt = proof.At, Lock = null, ProofAttempts = 0 };
                (request.NextKey, request.HasNewestSecret) = (key.At(proof.Next, seed), true);
                await events.RaiseAsync(new SessionConfirmed(session.UserId, session.Id, session.Lock?.Reason, context.GetPeerAddress()));
                return true;
            }

            if (await sessions.FindAsync(session.UserId, session.Id) is not { Revocation: null } found)
            {
                request.Current = null;
                return false;
            }

            session = found;
        }

        throw new SessionStoreUnavailableException("The session changed faster than a confirmation could be written.");
    }
}
