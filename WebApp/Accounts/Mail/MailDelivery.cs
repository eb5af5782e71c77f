namespace WebApp.Accounts.Mail;

/// <param name="Fate">What became of the mail.</param>
/// <param name="Problem">Why, in words that hold no address; empty when sent.</param>
public sealed record MailDelivery(MailFate Fate, string Problem)
{
    public static readonly MailDelivery Sent = new(MailFate.Sent, "");
}
