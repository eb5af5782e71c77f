using System.Net;
using Microsoft.Extensions.Options;
using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>Says at the start what would fail with the first mail.</summary>
internal sealed class MailOptionsValidation : IValidateOptions<MailOptions>
{
    public ValidateOptionsResult Validate(string? name, MailOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(MailOptions mail)
    {
        if (mail.HasServer && string.IsNullOrEmpty(mail.From))
            yield return "Mail:From is not set. Set it to the address that mail comes from, for example accounts@example.com.";
        if (!string.IsNullOrEmpty(mail.From)
            && !(MailboxAddress.TryParse(mail.From, out var from) && OutgoingMail.IsAddress(from.Address)))
            yield return "Mail:From is not an e-mail address.";
        if (mail.Port is < 1 or > 65535)
            yield return "Mail:Port must be from 1 to 65535.";
        if (string.IsNullOrEmpty(mail.User) != string.IsNullOrEmpty(mail.Password))
            yield return "Mail:User and Mail:Password are needed together, or neither of them.";
        if (!string.IsNullOrEmpty(mail.User) && !mail.Tls && !IsThisMachine(mail.Host))
            yield return "Mail:Tls must be true with Mail:User: the password would cross the network readable.";
        if (!string.IsNullOrEmpty(mail.HeloName) && !IsHost(mail.HeloName))
            yield return "Mail:HeloName must be a host's name or address, for example accounts.example.com.";
        if (mail.Timeout < TimeSpan.FromSeconds(1) || mail.Timeout > TimeSpan.FromMinutes(5))
            yield return "Mail:Timeout must be from 00:00:01 to 00:05:00.";
        if (mail.RetryAfter <= TimeSpan.Zero || mail.RetryAfter > TimeSpan.FromMinutes(1))
            yield return "Mail:RetryAfter must be more than 0 and at most 00:01:00.";
        if (mail.QueueSize is < 1 or > 100_000)
            yield return "Mail:QueueSize must be from 1 to 100000.";
        if (mail.Connections is < 1 or > 20)
            yield return "Mail:Connections must be from 1 to 20.";
        if (mail.BulkPace is < 1 or > 1000)
            yield return "Mail:BulkPace must be from 1 to 1000.";
    }

    private static bool IsThisMachine(string? host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsHost(string name) =>
        name.All(char.IsAscii)
        && Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
}
