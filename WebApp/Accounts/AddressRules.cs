using Microsoft.Extensions.Options;
using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>Which address an account may get. Those that accounts have already are taken as they are.</summary>
public sealed class AddressRules(IOptions<MailOptions> mail)
{
    /// <summary>
    /// Whether mail can go to an address in the form of <see cref="EmailAddress.Of"/>. Where mail only becomes files,
    /// that is also a machine's name.
    /// </summary>
    public bool Takes(string email) =>
        EmailAddress.IsAddress(email) && EmailAddress.HasGoodDomain(email, dotted: mail.Value.HasServer)
            && OutgoingMail.IsAddress(email);
}
