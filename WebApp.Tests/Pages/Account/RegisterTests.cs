using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

[Trait("Lane", "Fast")]
public sealed class RegisterTests(SqlApp app) : IClassFixture<SqlApp>
{
    private const string AtLeastFifteen = "Use at least 15 characters.";

    [Fact]
    public async Task A_new_account_is_signed_in_and_greeted_by_its_name()
    {
        using var browser = app.NewBrowser();

        await browser.RegisterAsync("Zoë <b>O'Neill</b>");

        Assert.Contains("You are signed in as Zoë <b>O'Neill</b>.", (await browser.GetAsync("/")).Text);
    }

    [Fact]
    public async Task The_new_account_can_sign_in_again_in_any_case_of_letters()
    {
        using var browser = await app.NewUserAsync();
        using var other = app.NewBrowser();

        await other.SignInAsync(browser.Email.ToUpperInvariant());

        Assert.Equal(2, (await other.GetAsync("/account/sessions")).SessionIds.Count);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_refused_and_the_typed_words_stay()
    {
        using var owner = await app.NewUserAsync();
        using var browser = app.NewBrowser();

        var page = await RegisterAsync(browser, "Someone else", owner.Email.ToUpperInvariant(), Browser.Password);

        Assert.Contains("There is an account with this address already. You can sign in with it.", page.Text);
        Assert.Equal("Someone else", page.Document.QuerySelector("[name=Name]")!.GetAttribute("value"));
        Assert.False(page.Document.QuerySelector("[name=Password]")!.HasAttribute("value"));
        Assert.Null(browser.SessionCookie);
    }

    [Theory]
    [InlineData("", "new@example.com", Browser.Password, "Enter your name.", "Name")]
    [InlineData("   ", "new@example.com", Browser.Password, "Enter your name.", "Name")]
    [InlineData("A\u0007", "new@example.com", Browser.Password, "The name has characters that can't be used here.", "Name")]
    [InlineData("\u200B", "new@example.com", Browser.Password, "The name has characters that can't be used here.", "Name")]
    [InlineData("\u202DA", "new@example.com", Browser.Password, "The name has characters that can't be used here.", "Name")]
    [InlineData("New", "new@-example.com", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "new@example..com", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "new@xn--zzzzzzzzz9.example", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "\u200B", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "", Browser.Password, "Enter your e-mail address.", "Email")]
    [InlineData("New", "new.example.com", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "new@example.com\u0001", Browser.Password, "That is not an e-mail address.", "Email")]
    [InlineData("New", "new@example.com", "", "Choose a password.", "Password")]
    [InlineData("New", "new@example.com", "fourteen chars", AtLeastFifteen, "Password")]
    [InlineData("New", "new@example.com", "👍👍👍👍👍👍👍👍👍👍👍👍👍👍", AtLeastFifteen, "Password")]
    public async Task A_field_that_is_not_right_is_named_and_explained(string name, string email, string password, string message, string field)
    {
        using var browser = app.NewBrowser();

        var page = await RegisterAsync(browser, name, email, password);

        Assert.Contains(message, page.Document.QuerySelector("[role=alert]")!.TextContent);
        var input = page.Document.QuerySelector($"[name={field}]")!;
        Assert.Equal("true", input.GetAttribute("aria-invalid"));
        var described = input.GetAttribute("aria-describedby")!.Split(' ');
        Assert.Contains(described, id => page.Document.GetElementById(id)!.TextContent.Contains(message, StringComparison.Ordinal));
        Assert.Same(input, Assert.Single(page.Document.QuerySelectorAll("[autofocus]")));
        Assert.Null(browser.SessionCookie);
    }

    [Theory]
    [InlineData(80, 200)]
    [InlineData(81, 0)]
    public async Task A_name_may_have_eighty_characters(int length, int worksWith)
    {
        using var browser = app.NewBrowser();

        var page = await RegisterAsync(browser, new('n', length), $"{Guid.NewGuid():N}@example.com", Browser.Password);

        Assert.Equal(worksWith == 200, page.Address.AbsolutePath == "/account/sessions");
    }

    [Theory]
    [InlineData("fifteen chars!!")]
    [InlineData("🧀🍓🐙🚂🎻🪁🌵🧲🎈🥨🧀🐙🎻🌵🎈")]
    [InlineData(" spaces at both ends count ")]
    public async Task Any_long_password_will_do_and_is_kept_as_typed(string password)
    {
        using var browser = app.NewBrowser();
        var email = $"{Guid.NewGuid():N}@example.com";

        await RegisterAsync(browser, "New", email, password);

        using Browser other = app.NewBrowser(), stranger = app.NewBrowser();
        await other.SignInAsync(email, password);
        var page = await stranger.TrySignInAsync(email, password.Trim() + "x");
        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
        Assert.Null(stranger.SessionCookie);
    }

    [Fact]
    public async Task A_password_may_have_128_characters_however_many_units_they_take()
    {
        using var browser = app.NewBrowser();
        var password = string.Concat(Enumerable.Repeat("🧀🍓🐙🚂🎻🪁🌵🧲", 16));

        var refused = await RegisterAsync(browser, "New", $"{Guid.NewGuid():N}@example.com", password + "x");
        var page = await RegisterAsync(browser, "New", $"{Guid.NewGuid():N}@example.com", password);

        Assert.Contains("The password is longer than 128 characters", refused.Text);
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task Two_registrations_of_one_address_at_once_make_one_account()
    {
        using var browser = app.NewBrowser();
        var email = $"{Guid.NewGuid():N}@example.com";
        var token = (await browser.GetAsync("/account/register")).AntiforgeryToken;

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => browser.PostAsync("/account/register",
            ("__RequestVerificationToken", token), ("Name", "New"), ("Email", email), ("Password", Browser.Password))));

        Assert.Single(answers, a => a.Status == 302);
        Assert.All(answers.Where(a => a.Status != 302), a => Assert.Contains("There is an account with this address already.", a.Text));
    }

    private static async Task<Page> RegisterAsync(Browser browser, string name, string email, string password)
    {
        var form = await browser.GetAsync("/account/register");
        return await form.Fill("Name", name).Fill("Email", email).Fill("Password", password).PressAsync("Create account");
    }
}
