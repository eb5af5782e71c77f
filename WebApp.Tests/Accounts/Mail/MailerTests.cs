using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts.Mail;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Mail;

/// <summary>The ways out: servers that ask for encryption and a password in their ways, and files.</summary>
public sealed class MailerTests
{
    private const string Password = "the-mail-password";

    private static readonly OutgoingMail Mail = new("someone@example.com", "Hello", ["Hello."]);

    [Theory]
    [InlineData("PLAIN", false)]
    [InlineData("XOAUTH2 PLAIN", false)]
    [InlineData("LOGIN", false)]
    [InlineData("XOAUTH2 PLAIN", true)]
    public async Task Mail_and_password_go_encrypted_to_a_server_with_a_trusted_certificate_by_the_way_that_it_offers(string mechanisms, bool beginsWithTls)
    {
        await using var server = new SmtpServer
        {
            Certificate = SmtpServer.NewCertificate(),
            BeginsWithTls = beginsWithTls,
            Login = ("someone", Password),
            Mechanisms = mechanisms,
        };
        await server.StartAsync();
        await using var app = AppOn(server, trusts: server.Certificate);

        var delivery = await DeliverAsync(app, Mail);

        Assert.Equal(new(MailFate.Sent, ""), delivery);
        var received = Assert.Single(server.Received);
        Assert.Equal((true, "someone"), (received.Encrypted, received.User));
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains(Password, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_Mail_Tls_a_server_that_may_encrypt_is_taken_at_its_word(bool offers)
    {
        using var certificate = SmtpServer.NewCertificate();
        await using var server = new SmtpServer { Certificate = offers ? certificate : null, TlsIsOptional = true };
        await server.StartAsync();
        await using var app = AppOn(server);
        app.Settings["Mail:Tls"] = "false";

        Assert.Equal(MailFate.Sent, (await DeliverAsync(app, Mail)).Fate);

        Assert.Equal(offers, Assert.Single(server.Received).Encrypted);
    }

    [Theory]
    [InlineData("127.0.0.1", false, "this machine does not know who issued it")]
    [InlineData("127.0.0.2", false, "it is not for the name in Mail:Host")]
    [InlineData("127.0.0.1", true, "it has expired, or is not valid yet")]
    public async Task A_server_whose_certificate_is_not_trusted_gets_neither_mail_nor_password_and_log_and_health_say_why(string address, bool expired, string why)
    {
        await using var server = new SmtpServer { Certificate = SmtpServer.NewCertificate(address, expired), Login = ("someone", Password) };
        await server.StartAsync();
        await using var app = AppOn(server);
        using var browser = app.NewBrowser();
        var problem = $"the server's certificate is not trusted: {why}";

        app.Services.GetRequiredService<MailQueue>().TryEnqueue(Mail);
        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Degraded", "health says that mail waits");

        Assert.Equal($"Mail waits, because it could not be sent: {problem}.", await app.Services.GetRequiredService<MailQueue>().FindTroubleAsync());
        Assert.Contains(app.Log.Lines, line => line.Contains($"Mail can't be sent ({problem})", StringComparison.Ordinal));
        Assert.Empty(server.Received);
        Assert.DoesNotContain(server.Commands, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("true", "the server does not offer what the settings ask for: STARTTLS")]
    [InlineData("false", "the server does not accept Mail:User with Mail:Password")]
    public async Task A_server_that_can_not_encrypt_or_knows_another_password_is_told_in_words(string tls, string problem)
    {
        await using var server = new SmtpServer { Login = ("someone", Password) };
        await server.StartAsync();
        await using var app = AppOn(server);
        (app.Settings["Mail:Tls"], app.Settings["Mail:Password"]) = (tls, "another");

        var delivery = await DeliverAsync(app, Mail);

        Assert.Equal(MailFate.Failed, delivery.Fate);
        Assert.StartsWith(problem, delivery.Problem, StringComparison.Ordinal);
        Assert.Empty(server.Received);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("https://accounts.example.com", null, "EHLO accounts.example.com")]
    [InlineData("https://bücher.example", null, "EHLO xn--bcher-kva.example")]
    [InlineData("https://accounts.example.com", "mx7.example.net", "EHLO mx7.example.net")]
    public async Task The_app_introduces_itself_by_its_public_name_or_the_one_that_is_set(string? publicUrl, string? heloName, string? expected)
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);
        if (publicUrl is not null)
            app.Settings["App:PublicUrl"] = publicUrl;
        if (heloName is not null)
            app.Settings["Mail:HeloName"] = heloName;

        await DeliverAsync(app, Mail);

        var opening = Assert.Single(server.Received).Opening;
        Assert.True(expected is null ? opening.StartsWith("EHLO ", StringComparison.Ordinal) : opening == expected, opening);
    }

    [Fact]
    public async Task What_crosses_the_wire_is_plain_ASCII_with_the_headers_and_line_breaks_of_a_mail()
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);
        app.Settings["Mail:From"] = "Bücher & Grüße <accounts@mail.example.com>";
        var mail = Mail with { Subject = "Grüße", Paragraphs = ["Zoë, this = that.", "A second one."] };

        var letter = new Letter(Guid.NewGuid(), new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero), mail);
        await app.Services.GetRequiredService<Mailer>().DeliverAsync(letter, CancellationToken.None);

        var received = Assert.Single(server.Received);
        var lines = received.Raw.Split('\n');
        Assert.All(received.Raw, letter => Assert.True(char.IsAscii(letter)));
        Assert.Contains($"Message-Id: <{letter.Id:N}@mail.example.com>", lines, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("Date: Wed, 02 Jan 2030 03:04:05 +0000", lines);
        Assert.Contains("Auto-Submitted: auto-generated", lines);
        Assert.Contains("X-Auto-Response-Suppress: All", lines);
        Assert.Contains(lines, line => line.StartsWith("From: =?utf-8?", StringComparison.Ordinal) && line.EndsWith("<accounts@mail.example.com>", StringComparison.Ordinal));
        var text = Array.IndexOf(lines, "Zo=C3=AB, this =3D that.");
        Assert.Equal(["", "A second one."], lines[(text + 1)..(text + 3)]);
        Assert.DoesNotContain("=0D", received.Raw, StringComparison.Ordinal);
        Assert.DoesNotContain("=0A", received.Raw, StringComparison.Ordinal);
        Assert.Equal(("accounts@mail.example.com", "someone@example.com", mail.ToText().TrimEnd('\n')), (received.Sender, received.Recipient, received.Read().Text));
    }

    [Theory]
    [InlineData("someone@example.com", "someone@example.com", false)]
    [InlineData("someone@bücher.example", "someone@xn--bcher-kva.example", false)]
    [InlineData("zoë@example.com", "zoë@example.com", true)]
    public async Task SMTPUTF8_is_asked_for_only_when_the_address_needs_it(string to, string recipient, bool asks)
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);

        Assert.Equal(MailFate.Sent, (await DeliverAsync(app, Mail with { To = to })).Fate);

        Assert.Equal(recipient, Assert.Single(server.Received).Recipient);
        Assert.Equal(asks, Assert.Single(server.Commands, line => line.StartsWith("MAIL", StringComparison.Ordinal)).Contains("SMTPUTF8", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("zoë@example.com", MailFate.Refused)]
    [InlineData("someone@bücher.example", MailFate.Sent)]
    public async Task An_address_that_the_server_can_not_take_is_given_up_at_once(string to, MailFate fate)
    {
        await using var server = new SmtpServer { Extensions = [] };
        await server.StartAsync();
        await using var app = AppOn(server);

        var delivery = await DeliverAsync(app, Mail with { To = to });

        Assert.Equal(fate, delivery.Fate);
        Assert.Equal(fate == MailFate.Refused, delivery.Problem.Contains("SMTPUTF8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_serves_several_mails_and_is_made_anew_when_the_server_has_ended_it_or_takes_no_more()
    {
        await using var server = new SmtpServer { Extensions = ["PIPELINING"] };
        await server.StartAsync();
        await using var app = AppOn(server);

        for (var i = 0; i < 3; i++)
            Assert.Equal(MailFate.Sent, (await DeliverAsync(app, Mail)).Fate);
        Assert.Equal(1, server.Connections);
        await server.StopAsync();
        await server.StartAsync();
        Assert.Equal(MailFate.Sent, (await DeliverAsync(app, Mail)).Fate);
        Assert.Equal(2, server.Connections);
        var refusals = 1;
        server.Refusal = line => line.StartsWith("MAIL", StringComparison.Ordinal) && Interlocked.Decrement(ref refusals) >= 0 ? "421 4.7.0 too many mails, call again" : null;
        Assert.Equal(MailFate.Sent, (await DeliverAsync(app, Mail)).Fate);

        Assert.Equal((3, 5), (server.Connections, server.Received.Count));
    }

    [Fact]
    public async Task Without_a_server_mail_is_a_file_that_only_the_apps_user_may_read()
    {
        await using var app = new TestApp();
        var folder = Path.Combine(Path.GetDirectoryName(app.Database)!, "mail");

        app.Services.GetRequiredService<MailQueue>().TryEnqueue(Mail with { Subject = "Grüße", To = "zoë@example.com" });
        var received = await app.Mail.NextAsync("zoë@example.com");

        Assert.Equal(("Grüße", "Hello."), (received.Subject, received.Text));
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

    private static TestApp AppOn(SmtpServer server, X509Certificate2? trusts = null)
    {
        var app = new TestApp
        {
            EdgeServices = services =>
            {
                if (trusts is not null)
                    services.Configure<MailOptions>(mail => mail.CertificateValidation = (_, certificate, _, _) => certificate?.GetCertHashString() == trusts.Thumbprint);
            },
        };
        server.Serve(app);
        return app;
    }

    private static Task<MailDelivery> DeliverAsync(TestApp app, OutgoingMail mail) =>
        app.Services.GetRequiredService<Mailer>().DeliverAsync(new(Guid.NewGuid(), app.Clock.GetUtcNow(), mail), CancellationToken.None);
}
