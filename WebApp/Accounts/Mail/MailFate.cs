namespace WebApp.Accounts.Mail;

/// <summary>What became of one try.</summary>
public enum MailFate
{
    Sent,

    /// <summary>
    /// This mail was refused for good, or its recipient; to try again is of no use, and others are not concerned.
    /// </summary>
    Refused,

    /// <summary>This recipient's mail is put off, as by greylisting; others are not concerned.</summary>
    PutOff,

    /// <summary>
    /// The server, or how it sees us, keeps mail from going out. It may work later, and an operator should know.
    /// </summary>
    Failed,
}
