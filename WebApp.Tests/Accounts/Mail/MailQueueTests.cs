using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
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
        Assert.Null(await Queue(app).FindTroubleAsync());
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
        // One after another, so that the first is refused; and the second is there long before the first is due again.
        await using var app = AppOn(server, ("Mail:Connections", "1"), ("Mail:RetryAfter", "00:00:01"));

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
        Assert.Null(await Queue(app).FindTroubleAsync());
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
        await Eventually.TrueAsync(async () => await Queue(app).FindTroubleAsync() is not null, "the queue notices that the server hangs");
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

        for (var i = 0; i < 10; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));
        await Queue(app).SaveAsync();

        Assert.InRange(await WaitingAsync(app), 1, 3);
        Assert.Single(app.Log.Lines, line => line.Contains("Mail:QueueSize (3) is reached", StringComparison.Ordinal));
        Assert.Equal("Mail was lost within the last hour.", await Queue(app).FindTroubleAsync());
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.NotEqual("Mail was lost within the last hour.", await Queue(app).FindTroubleAsync());
    }

    [Fact]
    public async Task In_a_full_queue_the_oldest_mail_that_was_refused_for_now_makes_room_and_another_instance_sends_what_is_left()
    {
        await using var server = await SmtpServer.StartNewAsync();
        var refused = 0;
        server.Refusal = line => line.StartsWith("RCPT TO:<waits-", StringComparison.OrdinalIgnoreCase) && Interlocked.Increment(ref refused) > 0 ? "450 try later" : null;
        await using var app = AppOn(server, ("Mail:QueueSize", "3"), ("Mail:RetryAfter", "00:01:00"));
        for (var i = 0; i < 3; i++)
            Queue(app).TryEnqueue(Mail($"waits-{i}@example.com"));
        await Eventually.TrueAsync(() => InDatabaseAsync(app, async mails => await mails.CountAsync(m => m.Tries == 1) == 3), "each was tried");

        Queue(app).TryEnqueue(Mail("passes@example.com"));
        await server.FirstToAsync("passes@example.com");
        server.Refusal = _ => null;
        await using var another = new TestApp { Database = app.Database };
        another.Clock.Advance(TimeSpan.FromMinutes(2));
        server.Serve(another);
        _ = another.Address;
        await server.FirstToAsync("waits-2@example.com");
        await Eventually.TrueAsync(async () => await WaitingAsync(app) == 0, "nothing waits any more");

        Assert.Equal(["passes@example.com", "waits-1@example.com", "waits-2@example.com"], server.Received.Select(mail => mail.Recipient).Order());
        Assert.Contains(app.Log.Lines, line => line.Contains("Mail:QueueSize (3) is reached", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("RCPT", "550 5.7.1 relaying denied")]
    [InlineData("RCPT", "554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied")]
    [InlineData("RCPT", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain")]
    [InlineData("RCPT", "552 5.2.2 Over quota")]
    public async Task A_refusal_that_is_about_us_is_told_in_health_until_the_mail_went_out_after_all_and_others_pass(string command, string answer)
    {
        await using var server = await SmtpServer.StartNewAsync();
        var refuses = true;
        server.Refusal = line => Volatile.Read(ref refuses) && line.StartsWith($"{command} TO:<waits@", StringComparison.Ordinal) ? answer : null;
        await using var app = AppOn(server);
        using var browser = app.NewBrowser();

        Queue(app).TryEnqueue(Mail("waits@example.com"));
        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Degraded", "health tells that mail waits");
        Queue(app).TryEnqueue(Mail("passes@example.com"));
        await server.FirstToAsync("passes@example.com");
        Assert.Equal("Degraded", (await browser.GetAsync("/health/ready")).Body);
        Volatile.Write(ref refuses, false);
        await server.FirstToAsync("waits@example.com");

        await Eventually.TrueAsync(async () => (await browser.GetAsync("/health/ready")).Body == "Healthy", "health is well again");
        AssertSilent(app, "waits@example.com");
    }

    [Theory]
    [InlineData(".", "554 5.7.1 Message rejected as spam")]
    [InlineData(".", "554 Transaction failed")]
    public async Task A_message_that_is_refused_at_its_end_is_given_up_and_does_not_mean_that_the_server_is_down(string command, string answer)
    {
        await using var server = await SmtpServer.StartNewAsync();
        var refused = 0;
        server.Refusal = line => line == command && Interlocked.Increment(ref refused) == 1 ? answer : null;
        await using var app = AppOn(server);

        Queue(app).TryEnqueue(Mail("spam@example.com"));
        await Eventually.TrueAsync(() => app.Log.Lines.Any(line => line.Contains("refused for good (TransactionFailed", StringComparison.Ordinal)), "it is given up");
        Queue(app).TryEnqueue(Mail("next@example.com"));
        await server.FirstToAsync("next@example.com");

        await Eventually.TrueAsync(async () => await WaitingAsync(app) == 0, "nothing waits");
        Assert.Equal("next@example.com", Assert.Single(server.Received).Recipient);
        Assert.Null(await Queue(app).FindTroubleAsync());
        Assert.DoesNotContain(app.Log.Lines, line => line.Contains("can't be sent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Greylisting_is_waited_out_and_is_no_trouble_unless_all_mail_is_put_off()
    {
        await using var server = await SmtpServer.StartNewAsync();
        var greylists = true;
        server.Refusal = line => Volatile.Read(ref greylists) && line.StartsWith("RCPT", StringComparison.Ordinal) ? "450 4.7.1 Greylisted, come back later" : null;
        await using var app = AppOn(server, ("Mail:RetryAfter", "00:00:00.5"));

        Queue(app).TryEnqueue(Mail("0@example.com"));
        await Eventually.TrueAsync(() => InDatabaseAsync(app, mails => mails.AnyAsync(m => m.Tries == 1)), "it was tried");
        Assert.Null(await Queue(app).FindTroubleAsync());
        for (var i = 1; i < 10; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));
        await Eventually.TrueAsync(async () => await Queue(app).FindTroubleAsync() == "The mail server puts off all mail; what is to be sent waits.", "it is told");
        Volatile.Write(ref greylists, false);

        await Eventually.TrueAsync(() => server.Received.Count == 10, "all of it arrives");
        Assert.Null(await Queue(app).FindTroubleAsync());
    }

    [Fact]
    public async Task A_link_that_a_person_waits_for_is_the_next_to_leave_though_ten_thousand_bulk_mails_wait()
    {
        var (held, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await SmtpServer.StartNewAsync();
        server.Delay = line => line == "." && held.TrySetResult() ? free.Task : Task.CompletedTask;
        await using var app = AppOn(server, ("Mail:Connections", "1"), ("Mail:BulkPace", "1000"), ("Mail:QueueSize", "20000"));
        for (var i = 0; i < 10_000; i++)
            Queue(app).TryEnqueue(Mail($"bulk-{i}@example.com") with { Priority = MailPriority.Bulk });
        await held.Task.WaitAsync(Eventually.Patience);

        Queue(app).TryEnqueue(Mail("notice@example.com"));
        Queue(app).TryEnqueue(Mail("link@example.com") with { Priority = MailPriority.Awaited });
        await Queue(app).SaveAsync();
        free.SetResult();
        await server.FirstToAsync("notice@example.com");

        Assert.Equal(["bulk-0@example.com", "link@example.com", "notice@example.com"], server.Received.Take(3).Select(mail => mail.Recipient));
    }

    [Fact]
    public async Task Bulk_mail_leaves_a_connection_to_others_even_while_the_server_hangs_for_it()
    {
        var free = new TaskCompletionSource();
        await using var server = await SmtpServer.StartNewAsync();
        server.Delay = line => line.StartsWith("RCPT TO:<bulk-", StringComparison.Ordinal) ? free.Task : Task.CompletedTask;
        await using var app = AppOn(server, ("Mail:Connections", "3"), ("Mail:BulkPace", "1000"));
        for (var i = 0; i < 10; i++)
            Queue(app).TryEnqueue(Mail($"bulk-{i}@example.com") with { Priority = MailPriority.Bulk });
        await Eventually.TrueAsync(() => server.Commands.Count(line => line.StartsWith("RCPT", StringComparison.Ordinal)) == 2, "two are under way");

        for (var i = 0; i < 10; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));
        await Eventually.TrueAsync(() => server.Received.Count == 10, "the others have arrived");
        free.SetResult();

        await Eventually.TrueAsync(() => server.Received.Count == 20, "all have arrived");
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task Bulk_mail_keeps_to_its_pace()
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server, ("Mail:BulkPace", "4"));
        var since = Stopwatch.GetTimestamp();

        for (var i = 0; i < 5; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com") with { Priority = MailPriority.Bulk });
        await Eventually.TrueAsync(() => server.Received.Count == 5, "all have arrived");

        // Four pauses of a quarter of a second; timers may be a little early.
        Assert.True(Stopwatch.GetElapsedTime(since) > TimeSpan.FromMilliseconds(950));
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
    public async Task What_waits_is_sealed_in_the_database_survives_a_restart_as_the_same_mail_and_leaves_nothing_when_it_is_sent()
    {
        using var machine = new Machine();
        await using var server = new SmtpServer();
        await using (var app = machine.AppOn(server))
        {
            Queue(app).TryEnqueue(Mail("someone@example.com"));
            await Eventually.TrueAsync(async () => await Queue(app).FindTroubleAsync() is not null, "the first try failed");
            AssertNowhereIn(machine.DatabaseFiles(), "someone@example.com", "do-not-log");
        }

        await server.StartAsync();
        await using var restarted = machine.AppOn(server);
        var received = await server.FirstToAsync("someone@example.com");

        Assert.Equal(Mail("someone@example.com").ToText().TrimEnd('\n'), received.Read().Text);
        await Eventually.TrueAsync(async () => await WaitingAsync(restarted) == 0, "no row is left");
        AssertNowhereIn(machine.DatabaseFiles(), "someone@example.com", "do-not-log");
        Assert.Null(await Queue(restarted).FindTroubleAsync());
    }

    [Fact]
    public async Task What_can_not_be_sent_when_the_app_stops_waits_for_its_next_start()
    {
        using var machine = new Machine();
        await using var server = new SmtpServer { Hangs = true };
        await server.StartAsync();
        var app = machine.AppOn(server);
        for (var i = 0; i < 5; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));

        await app.DisposeAsync().AsTask().WaitAsync(Eventually.Patience);
        server.Hangs = false;
        await using var restarted = machine.AppOn(server);

        await Eventually.TrueAsync(() => server.Received.Count == 5, "all arrive");
        AssertSilent(app, "0@example.com");
    }

    [Fact]
    public async Task What_an_instance_was_sending_when_it_died_is_sent_by_another_once_it_would_be_over()
    {
        await using SmtpServer hanging = new() { Hangs = true }, server = await SmtpServer.StartNewAsync();
        await hanging.StartAsync();
        await using var dead = AppOn(hanging, ("Mail:Timeout", "00:05:00"));
        Queue(dead).TryEnqueue(Mail("someone@example.com"));
        await Eventually.TrueAsync(() => hanging.Connections == 1, "it is under way");

        await using var another = new TestApp { Database = dead.Database };
        server.Serve(another);
        _ = another.Address;
        Queue(another).TryEnqueue(Mail("later@example.com"));
        await server.FirstToAsync("later@example.com");
        Assert.Single(server.Received);
        another.Clock.Advance(TimeSpan.FromMinutes(6));

        await server.FirstToAsync("someone@example.com");
    }

    [Fact]
    public async Task What_somebody_waits_for_is_sent_before_the_app_stops()
    {
        await using var server = await SmtpServer.StartNewAsync();
        var app = AppOn(server, ("Mail:Connections", "1"));
        for (var i = 0; i < 5; i++)
            Queue(app).TryEnqueue(Mail($"{i}@example.com"));

        await app.DisposeAsync();

        Assert.Equal(5, server.Received.Select(mail => mail.Recipient).Distinct().Count());
    }

    [Fact]
    public async Task A_mail_that_the_key_ring_does_not_open_waits_and_is_told()
    {
        await using var server = await SmtpServer.StartNewAsync();
        await using var app = AppOn(server);

        await app.InRequestAsync<AppDbContext>(async db =>
        {
            db.WaitingMails.Add(new() { Content = [1, 2, 3] });
            await db.SaveChangesAsync();
        });

        await Eventually.TrueAsync(async () =>
            await Queue(app).FindTroubleAsync() == "Mail waits, because it could not be sent: the key ring does not open a mail that waits.", "it is told");
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

    private static Task<int> WaitingAsync(TestApp app) => InDatabaseAsync(app, mails => mails.CountAsync());

    private static Task<T> InDatabaseAsync<T>(TestApp app, Func<IQueryable<WaitingMail>, Task<T>> ask) =>
        app.InRequestAsync<AppDbContext, T>(db => ask(db.WaitingMails));

    private static void AssertNowhereIn(IReadOnlyList<string> files, params string[] texts)
    {
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[content.Length];
            content.ReadExactly(bytes);
            Assert.All(texts, text => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) < 0, $"{Path.GetFileName(file)} holds {text}"));
        });
    }

    private static MailQueue Queue(TestApp app) => app.Services.GetRequiredService<MailQueue>();

    private static OutgoingMail Mail(string to) => new(to, "Hello", ["Zoë, this = that.", "A second paragraph, long enough to be broken into several lines by the way in which mail is encoded for its journey."])
    {
        Links = [new("Open it", new(Link))],
    };

    private static void AssertSilent(TestApp app, string address) => Assert.DoesNotContain(app.Log.Lines, line =>
        line.Contains(address, StringComparison.Ordinal) || line.Contains("do-not-log", StringComparison.Ordinal));

    /// <summary>A folder that outlives the app.</summary>
    private sealed class Machine : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mail-");

        private string Database => Path.Combine(_folder.FullName, "webapp.db");

        public TestApp AppOn(SmtpServer server)
        {
            var app = new TestApp { Database = Database };
            server.Serve(app);
            // Longer than any test waits for what the app before it left behind.
            app.Settings["Mail:Timeout"] = "00:05:00";
            _ = app.Address;
            return app;
        }

        /// <summary>With the log of what was written last.</summary>
        public string[] DatabaseFiles() => Directory.GetFiles(_folder.FullName, "webapp.db*");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
