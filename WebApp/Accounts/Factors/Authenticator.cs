namespace WebApp.Accounts.Factors;

/// <summary>A person's authenticator app. At most one each.</summary>
public sealed class Authenticator
{
    public required Guid UserId { get; init; }

    /// <summary>The key that app and server share, protected: a dump of the database makes no codes.</summary>
    public required byte[] ProtectedKey { get; set; }

    /// <summary>The time step of the last code that was accepted: it and earlier ones are not accepted again (RFC 6238, 5.2).</summary>
    public required long LastStep { get; set; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset AddedAt { get; set; }

    /// <summary>UTC; null: never since it was added.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>A code to sign in with when no other second factor is at hand. Good once.</summary>
public sealed class RecoveryCode
{
    public long Id { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the code, which is random enough to need no slower one.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>UTC; null: still good. Kept, so that a used one can never be good again.</summary>
    public DateTimeOffset? UsedAt { get; set; }
}

/// <summary>When a passkey was last used; Identity's own record has no place for it.</summary>
public sealed class PasskeyUse
{
    public required byte[] CredentialId { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset LastUsedAt { get; set; }
}
