namespace WebApp.Accounts;

/// <summary>What identifies a person, as it was before a change of it: for "This wasn't me".</summary>
public sealed class AccountSnapshot
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid UserId { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    public required string Email { get; init; }

    /// <summary>Authenticator, recovery codes and passkeys, protected.</summary>
    public required byte[] ProtectedFactors { get; init; }

    /// <summary>UTC; no link to it is good after this.</summary>
    public required DateTimeOffset KeepUntil { get; init; }
}
