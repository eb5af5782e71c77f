using System.Net;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts.Mail;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Mail;

/// <summary>The ways out: a server that asks for encryption and a password, and files.</summary>
public sealed class MailerTests
{
    private static readonly OutgoingMail Mail = new("someone@example.com", "Hello", ["Hello."]);

    [Fact]
    public async Task With_TLS_mail_and_password_go_encrypted_to_a_server_with_a_trusted_certificate()
    {
        await using var server = new SmtpServer { Certificate = SmtpServer.NewCertificate(), Login = ("someone", "the-mail-password") };
        await server.StartAsync();
        await using var app = AppOn(server);
        // SmtpClient takes trust from here alone. Other certificates are judged as ever.
        var trusted = server.Certificate.Thumbprint;
#pragma warning disable SYSLIB0014, CA5359, MA0039 // Obsolete for HttpClient's sake, which does not look here; and it trusts one certificate only.
        ServicePointManager.ServerCertificateValidationCallback = (_, certificate, _, errors) =>
            errors == System.Net.Security.SslPolicyErrors.None || certificate?.GetCertHashString() == trusted;
#pragma warning restore SYSLIB0014, CA5359, MA0039

        var delivery = await app.Services.GetRequiredService<Mailer>().DeliverAsync(Mail, CancellationToken.None);

        Assert.Equal(new(MailFate.Sent, ""), delivery);
        var received = Assert.Single(server.Received);
        Assert.Equal((true, "someone"), (received.Encrypted, received.User));
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("the-mail-password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password()
    {
        await using var server = new SmtpServer { Certificate = SmtpServer.NewCertificate() };
        await server.StartAsync();
        await using var app = AppOn(server);

        var delivery = await app.Services.GetRequiredService<Mailer>().DeliverAsync(Mail, CancellationToken.None);

        Assert.Equal(MailFate.Failed, delivery.Fate);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_server_that_can_not_encrypt_gets_nothing_when_TLS_is_asked_for()
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);
        app.Settings["Mail:Tls"] = "true";

        var delivery = await app.Services.GetRequiredService<Mailer>().DeliverAsync(Mail, CancellationToken.None);

        Assert.Equal(MailFate.Failed, delivery.Fate);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Without_a_server_mail_is_a_file_that_only_the_apps_user_may_read()
    {
        await using var app = new TestApp();
        var folder = Path.Combine(Path.GetDirectoryName(app.Database)!, "mail");

        app.Services.GetRequiredService<MailQueue>().TryEnqueue(Mail);
        var received = await app.Mail.NextAsync("someone@example.com");

        Assert.Equal(("Hello", "Hello."), (received.Subject, received.Text));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    // A dot at the beginning of a line ends a mail on the wire unless it is doubled there, and only there.
    [Fact]
    public async Task Dots_arrive_as_they_were_written_by_both_ways()
    {
        var dots = Mail with { Paragraphs = [".", new string('.', 400), "a.b " + new string('.', 100)] };
        await using var server = await SmtpServer.StartNewAsync();
        await using TestApp sending = AppOn(server), writing = new();

        sending.Services.GetRequiredService<MailQueue>().TryEnqueue(dots);
        writing.Services.GetRequiredService<MailQueue>().TryEnqueue(dots);

        var expected = dots.ToText().TrimEnd('\n');
        Assert.Equal(expected, (await server.FirstToAsync("someone@example.com")).Read().Text);
        Assert.Equal(expected, (await writing.Mail.NextAsync("someone@example.com")).Text);
    }

    [Fact]
    public async Task Production_without_a_server_says_that_nobody_receives_mail()
    {
        await using var app = await ProductionApp.StartAsync();
        _ = app.Address;

        Assert.Single(app.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("Mail:Host is not set", StringComparison.Ordinal));
    }

    private static TestApp AppOn(SmtpServer server)
    {
        var app = new TestApp();
        server.Serve(app);
        if (server.Login is { } login)
            (app.Settings["Mail:User"], app.Settings["Mail:Password"]) = login;
        return app;
    }
}
