namespace WebApp.Admin.Bulk;

/// <summary>One row of a list, or one person that a filter found, and what became of it.</summary>
public sealed class BulkTarget
{
    public const int MaxTextLength = 254;

    public Guid RequestId { get; init; }

    /// <summary>From 0, in the order in which they are worked through.</summary>
    public int Position { get; init; }

    /// <summary>The row of the list, from 1, its header included; null without a list.</summary>
    public int? Row { get; init; }

    /// <summary>Null for a row that named nobody.</summary>
    public Guid? UserId { get; init; }

    public BulkFate Fate { get; set; }

    /// <summary>What a row that named nobody says, cut and without control characters. Somebody's file wrote it: encode it.</summary>
    public string? Text { get; init; }

    /// <summary>The earlier row that names the same person.</summary>
    public int? SameAs { get; init; }

    /// <summary>The role that counts when it was chosen; null for people without one.</summary>
    public string? Role { get; init; }

    /// <summary>Whether it is shown in the preview.</summary>
    public bool IsSample { get; init; }

    /// <summary>
    /// UTC; the moment of the end of these sessions, set before it is tried and the same for every try: what begins later stays.
    /// </summary>
    public DateTimeOffset? At { get; set; }

    /// <summary>How often the store did not confirm it.</summary>
    public int Failures { get; set; }

    /// <summary>How many sessions ended.</summary>
    public int Ended { get; set; }
}

/// <summary>The numbers are stored: add new ones, never reuse one.</summary>
public enum BulkFate
{
    /// <summary>To be done; of a request that was stopped: not done.</summary>
    Pending = 0,

    /// <summary>Begun. If it is found like this later, whoever began it has died, and it is done over.</summary>
    Started = 1,

    Done = 2,

    /// <summary>The store did not confirm it: some, all or none of the sessions may have ended.</summary>
    Unconfirmed = 3,

    /// <summary>Something is wrong with it that another try would not mend; the log says what.</summary>
    Failed = 4,

    /// <summary>Only an Admin may end an Admin's sessions.</summary>
    NotAllowed = 5,

    /// <summary>The account was deleted meanwhile.</summary>
    Gone = 6,

    /// <summary>Who asked, and did not include themselves.</summary>
    Spared = 7,

    Duplicate = 20,
    Unknown = 21,
    NotUnderstood = 22,
}
