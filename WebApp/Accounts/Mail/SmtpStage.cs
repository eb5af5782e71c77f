namespace WebApp.Accounts.Mail;

/// <summary>How far a dialogue with the server got.</summary>
public enum SmtpStage
{
    /// <summary>Up to the sign-in.</summary>
    Connection,

    /// <summary><c>MAIL FROM</c>.</summary>
    Sender,

    /// <summary><c>RCPT TO</c>.</summary>
    Recipient,

    /// <summary><c>DATA</c>, and the answer at its end.</summary>
    Message,
}
