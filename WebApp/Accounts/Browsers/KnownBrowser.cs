namespace WebApp.Accounts.Browsers;

/// <summary>A browser in which a person has signed in, told by a cookie that changes with every sign-in. The database has only the hash of it.</summary>
public sealed class KnownBrowser
{
    public const int MaxDeviceLength = 80;

    /// <summary>Public: it opens nothing.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the cookie's secret. The rows of several people who share a browser have the same.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>As the session's page words it, such as "Firefox on Windows".</summary>
    public required string Device { get; set; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset FirstSignInAt { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset LastSignInAt { get; set; }

    /// <summary>Until when it is asked for no second factor; UTC, null: it always is.</summary>
    public DateTimeOffset? RememberedUntil { get; set; }

    /// <summary>Wrong proofs since the last right one, made in this browser.</summary>
    public int FailedCount { get; set; }

    /// <summary>Until when no proof is judged in this browser; UTC, null: not locked.</summary>
    public DateTimeOffset? LockedUntil { get; set; }
}

/// <summary>What a sign-in shows of the browser that it was made in.</summary>
public enum BrowserRecognition
{
    /// <summary>The person's very first one: there is nobody to warn.</summary>
    First,

    /// <summary>They have signed in elsewhere, but not here.</summary>
    New,
    Known,
}
