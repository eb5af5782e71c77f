using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts.Mail;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Dev;

public sealed class MailTests
{
    [Fact]
    public async Task Development_shows_the_mail_with_links_that_can_be_followed()
    {
        await using var app = new TestApp();
        using var browser = app.NewBrowser();
        var queue = app.Services.GetRequiredService<MailQueue>();
        queue.TryEnqueue(new("first@example.com", "The first", ["One."]));
        queue.TryEnqueue(new("second@example.com", "The <second>", ["<b>Two</b>", "javascript:alert(1)"]) { Links = [new("Sign in", new(app.Address, "/account/login?t=a%2Bb"))] });
        await app.Mail.NextAsync("second@example.com");

        var page = await (await browser.GetAsync("/")).FollowLinkAsync("Mail that was sent");

        Assert.Equal(["The <second>", "The first"], page.Document.QuerySelectorAll("main li a").Select(a => a.TextContent));
        Assert.Contains("To second@example.com", page.Text, StringComparison.Ordinal);
        Assert.Contains("<b>Two</b>", page.Text, StringComparison.Ordinal);
        var link = Assert.Single(page.Document.QuerySelectorAll("article a"));
        Assert.Equal(new Uri(app.Address, "/account/login?t=a%2Bb").AbsoluteUri, link.GetAttribute("href"));
        Assert.Contains("One.", (await page.FollowLinkAsync("The first")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../webapp.db")]
    [InlineData("..%2Fwebapp.db")]
    [InlineData("%2Fetc%2Fpasswd")]
    [InlineData("nothing.eml")]
    public async Task Nothing_but_mail_can_be_read_there(string file)
    {
        await using var app = new TestApp();
        using var browser = app.NewBrowser();
        app.Services.GetRequiredService<MailQueue>().TryEnqueue(new("first@example.com", "The first", ["One."]));
        await app.Mail.NextAsync("first@example.com");

        Assert.Equal(404, (await browser.GetAsync($"/dev/mail?file={file}")).Status);
    }

    [Fact]
    public async Task Production_has_no_such_page()
    {
        await using var app = await ProductionApp.StartAsync();
        using var browser = app.NewBrowser();

        Assert.Equal(404, (await browser.GetAsync("/dev/mail")).Status);
        Assert.DoesNotContain("Mail that was sent", (await browser.GetAsync("/")).Text, StringComparison.Ordinal);
    }
}
