namespace WebApp.Accounts.Notices;

/// <summary>What identifies a person, as it was when a notice was sent: what "This wasn't me" goes back to.</summary>
public sealed class AccountSnapshot
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid UserId { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    public required string Email { get; init; }

    /// <summary>As addresses are compared. No other account can take it while this is kept.</summary>
    public required string NormalizedEmail { get; init; }

    /// <summary>Authenticator app, recovery codes and passkeys, protected.</summary>
    public required byte[] ProtectedFactors { get; init; }

    /// <summary>UTC; the link to it is no good after this.</summary>
    public required DateTimeOffset KeepUntil { get; init; }
}
