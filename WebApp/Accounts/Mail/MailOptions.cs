using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

/// <summary>The configuration section <c>Mail</c>.</summary>
public sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>The SMTP server. Set it wherever people are to receive mail: without it each mail becomes a file.</summary>
    public string? Host { get; set; }

    /// <summary>587 is for submission with STARTTLS. Change it when your server listens elsewhere; TLS from the first byte (465) is not supported.</summary>
    public int Port { get; set; } = 587;

    /// <summary>Whether to insist on STARTTLS and a certificate that this machine trusts. Turn it off for a server on this machine only.</summary>
    public bool Tls { get; set; } = true;

    /// <summary>The name to sign in with, for servers that ask for one.</summary>
    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>Whom mail is from, such as <c>accounts@example.com</c> or <c>Example &lt;accounts@example.com&gt;</c>. Needed with <see cref="Host"/>.</summary>
    public string? From { get; set; }

    /// <summary>How long one try may take. Raise it for a server that makes senders wait.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause after a mail's first failure. The ones that follow are 6, 24, 120, and then always 720 times as long; after 28 tries, a day
    /// with the default, it is given up.
    /// </summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many mails may wait in memory, some KiB each; beyond it, what failed before is dropped first. Raise it where a server may be down for hours.</summary>
    public int QueueSize { get; set; } = 1000;

    internal bool HasServer => !string.IsNullOrEmpty(Host);
}

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
        if (!string.IsNullOrEmpty(mail.From) && !MailAddress.TryCreate(mail.From, out _))
            yield return "Mail:From is not an e-mail address.";
        if (mail.Port is < 1 or > 65535)
            yield return "Mail:Port must be from 1 to 65535.";
        if (string.IsNullOrEmpty(mail.User) != string.IsNullOrEmpty(mail.Password))
            yield return "Mail:User and Mail:Password are needed together, or neither of them.";
        if (!string.IsNullOrEmpty(mail.User) && !mail.Tls && !IsThisMachine(mail.Host))
            yield return "Mail:Tls must be true with Mail:User: the password would cross the network readable.";
        if (mail.Timeout < TimeSpan.FromSeconds(1) || mail.Timeout > TimeSpan.FromMinutes(5))
            yield return "Mail:Timeout must be from 00:00:01 to 00:05:00.";
        if (mail.RetryAfter <= TimeSpan.Zero || mail.RetryAfter > TimeSpan.FromMinutes(1))
            yield return "Mail:RetryAfter must be more than 0 and at most 00:01:00.";
        if (mail.QueueSize is < 1 or > 100_000)
            yield return "Mail:QueueSize must be from 1 to 100000.";
    }

    private static bool IsThisMachine(string? host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
