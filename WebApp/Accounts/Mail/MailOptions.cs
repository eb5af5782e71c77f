using System.Net.Security;

namespace WebApp.Accounts.Mail;

/// <summary>The configuration section <c>Mail</c>.</summary>
public sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>
    /// The SMTP server. Set it wherever people are to receive mail: without it each mail becomes a file.
    /// </summary>
    public string? Host { get; set; }

    /// <summary>
    /// 587 is for submission with STARTTLS, 465 for TLS from the first byte. Change it when your server listens
    /// elsewhere.
    /// </summary>
    public int Port { get; set; } = 587;

    /// <summary>
    /// Whether to insist on encryption and on a certificate that this machine trusts. Turn it off for a server on this
    /// machine only: then STARTTLS is used where it is offered, with any certificate.
    /// </summary>
    public bool Tls { get; set; } = true;

    /// <summary>
    /// Whether TLS begins with the first byte instead of by STARTTLS; null: on port 465. Set it for such a server on
    /// another port.
    /// </summary>
    public bool? ImplicitTls { get; set; }

    /// <summary>The name to sign in with, for servers that ask for one.</summary>
    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>
    /// Whom mail is from, such as <c>accounts@example.com</c> or <c>Example &lt;accounts@example.com&gt;</c>. Needed
    /// with <see cref="Host"/>.
    /// </summary>
    public string? From { get; set; }

    /// <summary>
    /// How the app introduces itself to the server; null: by the host of <c>App:PublicUrl</c>. Set it if the server
    /// asks for a name that leads back to this machine.
    /// </summary>
    public string? HeloName { get; set; }

    /// <summary>How long one try may take. Raise it for a server that makes senders wait.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause after a mail's first failure. The ones that follow are 6, 24, 120, and then always 720 times as long;
    /// after 28 tries, a day with the default, it is given up.
    /// </summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many mails may wait in the database, some KiB each; beyond it, what failed before is dropped first. Raise it
    /// where a server may be down for days.
    /// </summary>
    public int QueueSize { get; set; } = 10_000;

    /// <summary>
    /// How many mails an instance may hand over at the same time. Lower it for a server that allows fewer connections.
    /// </summary>
    public int Connections { get; set; } = 3;

    /// <summary>
    /// How many of the mails about a bulk sign-out an instance may begin to send in a second. Set it to what your
    /// server allows.
    /// </summary>
    public int BulkPace { get; set; } = 10;

    /// <summary>
    /// Judges the server's certificate in place of the machine. Only for code: an app whose server's certificate is
    /// from an authority of its own.
    /// </summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; set; }

    internal bool HasServer => !string.IsNullOrEmpty(Host);

    /// <summary>Files are written one after another: their names tell their order.</summary>
    internal int MostAtOnce => HasServer ? Connections : 1;

    internal bool BeginsWithTls => ImplicitTls ?? Port == 465;
}
