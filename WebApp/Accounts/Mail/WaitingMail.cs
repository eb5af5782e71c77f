namespace WebApp.Accounts.Mail;

/// <summary>A row of the queue. It is deleted when its mail is sent or given up.</summary>
public sealed class WaitingMail
{
    public const int MaxTroubleLength = 200;

    /// <summary>Rises with every mail.</summary>
    public long Id { get; init; }

    public MailPriority Priority { get; init; }

    public int Tries { get; init; }

    /// <summary>
    /// It is not tried before. To begin a try moves it past the try's longest end: nobody else takes the mail
    /// meanwhile, and a crash delays it no longer.
    /// </summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>
    /// What an operator can do something about, in words that hold no address. Null: not tried yet, or put off for its
    /// recipient's sake.
    /// </summary>
    public string? Trouble { get; init; }

    /// <summary>A <see cref="Letter"/>, sealed.</summary>
    public required byte[] Content { get; init; }
}
