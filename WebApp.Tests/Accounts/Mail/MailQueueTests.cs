using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts.Mail;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Mail;

/// <summary>Mail against a real server that is there, slow, refusing, or gone.</summary>
public sealed class MailQueueTests
{
    private const string Link = "https://example.com/secret?t=do-not-log";

    [Fact]
    public async Task A_mail_arrives_in_plain_text_and_HTML_and_loads_nothing()
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);
        var mail = Mail("someone@example.com") with { Subject = "Grüße: a subject that is so long that no header line can hold it without being folded somewhere" };

        Assert.True(Queue(app).TryEnqueue(mail));
        var received = await server.FirstToAsync("someone@example.com");

        Assert.Equal("accounts@example.com", received.Sender);
        Assert.Contains("multipart/alternative", received.Raw, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", received.Raw, StringComparison.OrdinalIgnoreCase);
        var read = received.Read();
        Assert.Equal((mail.Subject, mail.ToText().TrimEnd('\n')), (read.Subject, read.Text));
        Assert.Equal(mail.ToHtml().TrimEnd('\n'), read.Html);
        Assert.DoesNotContain("src=", read.Html, StringComparison.Ordinal);
        Assert.Null(Queue(app).Trouble);
    }

    [Fact]
    public async Task A_server_that_is_down_delays_mail_and_health_says_so_until_it_is_back()
    {
        await using var server = new SmtpServer();
        await using var app = AppOn(server);
        using var browser = app.NewBrowser();

        Assert.True(Queue(app).TryEnqueue(Mail("first@example.com")));
        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Degraded", "health tells that mail waits");
        Assert.Equal(200, (await browser.GetAsync("/health/ready")).Status);
        await server.StartAsync();
        await server.FirstToAsync("first@example.com");

        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Healthy", "health is well again");
        Assert.Single(server.Received);
        Assert.Single(app.Log.Lines, line => line.Contains("Mail can't be sent (ConnectionRefused)", StringComparison.Ordinal));
        AssertSilent(app, "first@example.com");
    }

    [Theory]
    [InlineData("RCPT TO", "450 try later")]
    [InlineData("MAIL FROM", "451 busy")]
    [InlineData("DATA", "452 full")]
    [InlineData("", "421 not now")]
    [InlineData("MAIL FROM", "550 from whom?")]
    public async Task A_mail_that_may_be_taken_later_waits_and_lets_others_pass(string command, string answer)
    {
        await using var server = await SmtpServer.StartNewAsync();
        var refusals = 1;
        server.Refusal = line => line.StartsWith(command, StringComparison.OrdinalIgnoreCase) && Interlocked.Decrement(ref refusals) >= 0 ? answer : null;
        await using var app = AppOn(server);

        Queue(app).TryEnqueue(Mail("waits@example.com"));
        Queue(app).TryEnqueue(Mail("passes@example.com"));
        await server.FirstToAsync("waits@example.com");

        Assert.Equal(["passes@example.com", "waits@example.com"], server.Received.Select(mail => mail.Recipient));
    }

    [Fact]
    public async Task A_recipient_that_is_refused_for_good_is_not_tried_again_and_is_no_fault_of_ours()
    {
        await using var server = await SmtpServer.StartNewAsync();
        var (tries, later) = (0, 2);
        server.Refusal = line =>
            line.StartsWith("RCPT TO:<nobody@", StringComparison.OrdinalIgnoreCase) && Interlocked.Increment(ref tries) > 0 ? "550 <nobody@example.com> unknown"
            : line.StartsWith("RCPT TO:<later@", StringComparison.OrdinalIgnoreCase) && Interlocked.Decrement(ref later) >= 0 ? "450 try later"
            : null;
        await using var app = AppOn(server);

        Queue(app).TryEnqueue(Mail("nobody@example.com"));
        Queue(app).TryEnqueue(Mail("not an address"));
        Queue(app).TryEnqueue(Mail("somebody@example.com"));
        await server.FirstToAsync("somebody@example.com");
        Assert.Null(Queue(app).Trouble);
        // It waits for two pauses: by then the others would have been tried again.
        Queue(app).TryEnqueue(Mail("later@example.com"));
        await server.FirstToAsync("later@example.com");

        Assert.Equal(1, tries);
        Assert.Contains(app.Log.Lines, line => line.Contains("refused for good (MailboxUnavailable)", StringComparison.Ordinal));
        AssertSilent(app, "nobody@example.com");
    }

    [Fact]
    public async Task A_server_that_hangs_is_left_after_the_time_out_and_tried_again()
    {
        await using var server = new SmtpServer { Hangs = true };
        await server.StartAsync();
        await using var app = AppOn(server, ("Mail:Timeout", "00:00:01"));

        Assert.True(Queue(app).TryEnqueue(Mail("someone@example.com")));
        await Eventually.TrueAsync(() => Queue(app).Trouble is not null, "the queue notices that the server hangs");
        server.Hangs = false;

        await server.FirstToAsync("someone@example.com");
        Assert.Contains(app.Log.Lines, line => line.Contains("no answer in time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_queue_drops_mail_without_failing_and_says_so_once()
    {
        // One that hangs: none has failed yet, so none makes room.
        await using var server = new SmtpServer { Hangs = true };
        await server.StartAsync();
        await using var app = AppOn(server, ("Mail:QueueSize", "3"));

        var taken = Enumerable.Range(0, 10).Count(i => Queue(app).TryEnqueue(Mail($"{i}@example.com")));

        Assert.Equal(3, taken);
        Assert.Single(app.Log.Lines, line => line.Contains("Mail:QueueSize (3) is reached", StringComparison.Ordinal));
        Assert.Equal("Mail was lost within the last hour.", Queue(app).Trouble);
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.NotEqual("Mail was lost within the last hour.", Queue(app).Trouble);
    }

    [Fact]
    public async Task In_a_full_queue_the_oldest_mail_that_was_refused_for_now_makes_room()
    {
        await using var server = await SmtpServer.StartNewAsync();
        var refused = 0;
        server.Refusal = line => line.StartsWith("RCPT TO:<waits-", StringComparison.OrdinalIgnoreCase) && Interlocked.Increment(ref refused) > 0 ? "450 try later" : null;
        var app = AppOn(server, ("Mail:QueueSize", "3"), ("Mail:RetryAfter", "00:01:00"));
        for (var i = 0; i < 3; i++)
            Queue(app).TryEnqueue(Mail($"waits-{i}@example.com"));
        await Eventually.TrueAsync(() => refused == 3, "each was tried");

        await Eventually.TrueAsync(() => Queue(app).TryEnqueue(Mail("passes@example.com")), "one of those that wait makes room");
        await server.FirstToAsync("passes@example.com");
        server.Refusal = _ => null;
        // What waits gets a last try.
        await app.DisposeAsync();

        Assert.Equal(["passes@example.com", "waits-1@example.com", "waits-2@example.com"], server.Received.Select(mail => mail.Recipient).Order());
        Assert.Contains(app.Log.Lines, line => line.Contains("Mail:QueueSize (3) is reached", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_that_nobody_takes_for_a_day_is_given_up()
    {
        await using var server = new SmtpServer();
        await using var app = AppOn(server, ("Mail:RetryAfter", "00:00:00.0001"));

        Queue(app).TryEnqueue(Mail("someone@example.com"));

        await Eventually.TrueAsync(() => app.Log.Lines.Any(line => line.Contains("A mail was given up after 28 tries", StringComparison.Ordinal)), "it is given up");
        AssertSilent(app, "someone@example.com");
    }

    [Fact]
    public async Task The_queue_is_emptied_when_the_app_stops_even_of_what_waits_for_another_try()
    {
        await using var server = new SmtpServer();
        var app = AppOn(server, ("Mail:RetryAfter", "00:01:00"));
        Queue(app).TryEnqueue(Mail("waits@example.com"));
        await Eventually.TrueAsync(() => Queue(app).Trouble is not null, "the first try failed");
        await server.StartAsync();
        for (var i = 0; i < 5; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));

        await app.DisposeAsync();

        Assert.Equal(6, server.Received.Select(mail => mail.Recipient).Distinct().Count());
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("unsent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_can_not_be_sent_when_the_app_stops_is_counted_in_the_log_within_seconds()
    {
        await using var server = new SmtpServer { Hangs = true };
        await server.StartAsync();
        var app = AppOn(server);
        for (var i = 0; i < 3; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));

        await app.DisposeAsync().AsTask().WaitAsync(Eventually.Patience);

        Assert.Contains(app.Log.Lines, line => line.Contains("The app stops with 3 mails unsent", StringComparison.Ordinal));
        AssertSilent(app, "0@example.com");
    }

    private static TestApp AppOn(SmtpServer server, params (string Key, string Value)[] settings)
    {
        var app = new TestApp();
        server.Serve(app);
        foreach (var (key, value) in settings)
            app.Settings[key] = value;
        _ = app.Address;
        return app;
    }

    private static MailQueue Queue(TestApp app) => app.Services.GetRequiredService<MailQueue>();

    private static OutgoingMail Mail(string to) => new(to, "Hello", ["Zoë, this = that.", "A second paragraph, long enough to be broken into several lines by the way in which mail is encoded for its journey."])
    {
        Links = [new("Open it", new(Link))],
    };

    private static void AssertSilent(TestApp app, string address) => Assert.DoesNotContain(app.Log.Lines, line =>
        line.Contains(address, StringComparison.Ordinal) || line.Contains("do-not-log", StringComparison.Ordinal));
}
