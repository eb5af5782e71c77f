namespace WebApp.Sessions;

/// <summary>Why a session was ended. The numbers are stored: add new ones, never reuse one.</summary>
public enum RevocationReason : byte
{
    /// <summary>The person signed out in this browser.</summary>
    SignedOut = 1,

    /// <summary>The person ended it from another browser.</summary>
    SignedOutElsewhere = 2,

    /// <summary>Another sign-in in the same browser took its place.</summary>
    SignedInAgain = 3,

    /// <summary>The person changed the password from another browser.</summary>
    PasswordChanged = 4,

    /// <summary>The person chose it to make room for a sign-in, having as many as allowed.</summary>
    MadeRoom = 5,

    /// <summary>The person said of a session, this one or another, that it was somebody else's.</summary>
    NotMe = 6,

    /// <summary>The person set up, removed or reset a second factor in another browser.</summary>
    FactorsChanged = 9,

    /// <summary>The person deleted the account.</summary>
    AccountDeleted = 10,

    ReportedTheft = 20,
    SuspiciousActivity = 21,
    LeftOrganisation = 22,
    UserRequest = 23,
    Maintenance = 24,

    /// <summary>Support explained it in a note that only staff can read.</summary>
    Other = 25,

    /// <summary>The record could not be read, so nobody can be let in with it.</summary>
    Unreadable = 40,

    /// <summary>The account's security details no longer match those the session began with.</summary>
    AccountChanged = 41,

    /// <summary>A secret was used after its time: somebody has a copy of the cookie.</summary>
    PossibleTheft = 42,

    /// <summary>A newer session took its place: there were more than <see cref="SessionPolicy.MaxPerUser"/>.</summary>
    TooMany = 43,

    /// <summary>Identity was to be confirmed, and <see cref="SessionPolicy.MaxProofAttempts"/> proofs of it were wrong.</summary>
    ProofsFailed = 44,

    /// <summary>A rule saw its cookie used from another kind of browser, country or network, and is set to end the session then.</summary>
    Signal = 45,
}

/// <summary>Who ended a session, as generally as may be said before sign-in.</summary>
public enum RevokedBy
{
    User,
    Support,
    SecurityRule,
}

public static class RevocationReasons
{
    public static RevokedBy RevokedBy(this RevocationReason reason) => (byte)reason switch
    {
        < 20 => Sessions.RevokedBy.User,
        < 40 => Sessions.RevokedBy.Support,
        _ => Sessions.RevokedBy.SecurityRule,
    };

    /// <summary>What may be said of it before sign-in.</summary>
    public static SessionEndCause Cause(this RevocationReason reason) => (reason, reason.RevokedBy()) switch
    {
        (RevocationReason.SignedOut, _) => SessionEndCause.SignedOut,
        (RevocationReason.SignedInAgain, _) => SessionEndCause.SignedInAgain,
        (RevocationReason.AccountDeleted, _) => SessionEndCause.AccountDeleted,
        (_, Sessions.RevokedBy.User) => SessionEndCause.SignedOutElsewhere,
        (_, Sessions.RevokedBy.Support) => SessionEndCause.Support,
        _ => SessionEndCause.SecurityRule,
    };

    /// <summary>Who locked a session, by the same ranges of numbers.</summary>
    public static RevokedBy LockedBy(this LockReason reason) => ((RevocationReason)reason).RevokedBy();
}
