namespace WebApp.Sessions;

/// <summary>A new epoch begins whenever everyone's sessions are ended: those that began in an earlier one are over, however many they are.</summary>
/// <param name="Number">Rises by one with each; 0 before the first.</param>
/// <param name="Ended">When and why those of earlier epochs ended; null for number 0.</param>
/// <param name="Spared">The one session that came along; null: none.</param>
public sealed record SessionEpoch(long Number, Revocation? Ended, SparedSession? Spared = null)
{
    public static readonly SessionEpoch First = new(0, null);

    /// <summary>What is found of a live session of another epoch: its tombstone, or null if its time was over before, or if nobody knows of the end.</summary>
    internal UserSession? Bury(UserSession session) => session.ExpiresAt > Ended?.At ? session with { Revocation = Ended, Ticket = default } : null;
}

/// <param name="UserId">Whose it is.</param>
/// <param name="Id">Which one.</param>
public sealed record SparedSession(Guid UserId, SessionId Id);
