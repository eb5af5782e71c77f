namespace WebApp.Accounts.Mail;

/// <summary>Which mail goes first. The numbers are kept in the database.</summary>
public enum MailPriority
{
    /// <summary>A person waits for it: a link or a code.</summary>
    Awaited = 0,

    /// <summary>What happened to one's own account.</summary>
    Notice = 1,

    /// <summary>
    /// One of many alike. It leaves a connection to the others, and has a pace: <see cref="MailOptions.BulkPace"/>.
    /// </summary>
    Bulk = 2,
}
