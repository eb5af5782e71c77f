using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts.Mail;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Admin.Bulk;

public sealed class BulkMailsTests
{
    [Fact]
    public async Task A_reset_that_is_asked_for_during_a_bulk_sign_out_is_the_next_mail_to_leave()
    {
        var (held, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await SmtpServer.StartNewAsync();
        server.Delay = line => line == "." && held.TrySetResult() ? free.Task : Task.CompletedTask;
        await using var app = new BulkApp();
        server.Serve(app);
        (app.Settings["Mail:Connections"], app.Settings["Mail:BulkPace"]) = ("1", "1000");
        var people = await app.NewPeopleAsync(30);
        foreach (var person in people)
            await app.NewSessionAsync(person.Id);
        var id = await app.ConfirmedAsync(await app.StaffAsync(), people);
        app.Clock.Advance(BulkScene.Hold);
        await held.Task.WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(async () => (await app.BulkAsync(id)).Request.ToldTo == int.MaxValue, "all mail is in the queue");
        using var browser = app.NewBrowser();

        await browser.ForgetPasswordAsync("alice@example.com");
        await app.SettledAsync();
        await app.Services.GetRequiredService<MailQueue>().SaveAsync();
        free.SetResult();
        await Eventually.TrueAsync(() => server.Received.Count == 31, "all mail has arrived");

        Assert.Equal("alice@example.com", server.Received[1].Recipient);
        Assert.Equal(people.Select(person => person.Email!).Order(), server.Received.Select(mail => mail.Recipient).Where(to => to != "alice@example.com").Order());
    }
}
