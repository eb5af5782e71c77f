using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

public abstract class NameTests(TestApp app)
{
    [Fact]
    public async Task A_new_name_is_shown_at_once_in_every_session_and_the_log_has_neither_name()
    {
        using Browser owner = app.NewBrowser(), other = app.NewBrowser();
        await owner.RegisterAsync("Quite Old");
        await other.SignInAsync(owner.Email);
        var form = await owner.GetAsync("/account/name");
        Assert.Equal("Quite Old", form.Document.QuerySelector("[name=Name]")!.GetAttribute("value"));

        var page = await form.Fill("Name", "  <b>Brand</b> Nëw ").PressAsync("Change name");

        Assert.Equal("/account", page.Address.AbsolutePath);
        Assert.Contains("Your name is changed, on all your devices.", page.Text, StringComparison.Ordinal);
        foreach (var browser in new[] { owner, other })
            Assert.Equal("<b>Brand</b> Nëw", (await browser.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent);
        var entry = Assert.Single(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.NameChanged);
        Assert.Equal((null, null, null, "Firefox on Windows"), (entry.Details, entry.Note, entry.Reason, entry.Device));
    }

    [Theory]
    [InlineData("", "Enter your name.")]
    [InlineData("   ", "Enter your name.")]
    [InlineData("81", "Use at most 80 characters.")]
    [InlineData("a\u0001b", "The name has characters that can't be used here.")]
    [InlineData("\u200B\u2060", "The name has characters that can't be used here.")]
    [InlineData("\u202EecilA", "The name has characters that can't be used here.")]
    [InlineData("\u3164", "The name has characters that can't be used here.")]
    public async Task What_is_no_name_is_explained_at_its_field_and_kept(string name, string message)
    {
        using var owner = await app.NewUserAsync();
        name = name == "81" ? new('x', 81) : name;

        var page = await (await owner.GetAsync("/account/name")).Fill("Name", name).PressAsync("Change name");

        var field = page.Document.QuerySelector("[name=Name]")!;
        Assert.Equal((message, "true"), (page.Document.QuerySelector($"#{field.GetAttribute("aria-describedby")}")!.TextContent, field.GetAttribute("aria-invalid")));
        Assert.Equal("Someone", (await owner.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.NameChanged);
    }

    [Fact]
    public async Task A_name_is_kept_without_what_nobody_sees_and_its_letters_are_whole()
    {
        using var owner = await app.NewUserAsync();

        await (await owner.GetAsync("/account/name")).Fill(
            "Name", "\u200EZoe\u0308 \u2066O\u00ADNeil\u2069\u200B").PressAsync("Change name");

        Assert.Equal(
            "Zoë ONeil", (await owner.GetAsync("/account")).Document.QuerySelector(".who-name bdi")!.TextContent);
    }

    [Fact]
    public async Task The_same_name_changes_nothing()
    {
        using var owner = await app.NewUserAsync();

        var page = await (await owner.GetAsync("/account/name")).PressAsync("Change name");

        Assert.Contains("That was your name already.", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => e.Action == AuditAction.NameChanged);
    }
}

public sealed class NameOnSqlTests(SqlApp app) : NameTests(app), IClassFixture<SqlApp>;

[Trait("Lane", "Long")]
public sealed class NameOnRedisTests(RedisApp app) : NameTests(app), IClassFixture<RedisApp>;
