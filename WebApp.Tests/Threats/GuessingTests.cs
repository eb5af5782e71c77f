using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody guesses the password of an account that they know of (ASVS 5.0, 6.3.1).</summary>
public sealed class GuessingTests : IAsyncLifetime
{
    private const int Limit = 5;
    private const string BrowserCookie = "webapp-dev-browser";
    private static readonly TimeSpan Lockout = TimeSpan.FromMinutes(5);

    private readonly CountingHasher _hasher = new();
    private readonly TestApp _app;
    private string _email = "";

    public GuessingTests() => _app = new TestApp { EdgeServices = _hasher.Around };

    public async Task InitializeAsync()
    {
        using var owner = await _app.NewUserAsync();
        _email = owner.Email;
    }

    [Fact]
    public async Task Of_sixty_guesses_at_once_no_more_are_evaluated_than_the_limit()
    {
        using var attacker = _app.NewBrowser();
        var token = (await attacker.GetAsync("/account/login")).AntiforgeryToken;

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => GuessAsync(attacker, token, $"wrong guess number {i}")));

        Assert.Equal(Limit, _hasher.Verified);
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
    }

    [Fact]
    public async Task The_right_password_among_sixty_guesses_does_not_help_once_the_limit_is_reached()
    {
        using var attacker = _app.NewBrowser();
        var token = (await attacker.GetAsync("/account/login")).AntiforgeryToken;
        for (var i = 0; i < Limit; i++)
            await GuessAsync(attacker, token, $"wrong guess number {i}");

        var answer = await GuessAsync(attacker, token, Browser.Password);

        Assert.Equal(200, answer.Status);
        Assert.Equal(Limit, _hasher.Verified);
        Assert.Null(attacker.SessionCookie);
    }

    [Fact]
    public async Task The_account_is_locked_for_a_while_and_open_again_later()
    {
        using var browser = _app.NewBrowser();
        for (var i = 0; i < Limit; i++)
            await browser.TrySignInAsync(_email, $"wrong guess number {i}");

        _app.Clock.Advance(Lockout - TimeSpan.FromSeconds(1));
        await browser.TrySignInAsync(_email, Browser.Password);
        Assert.Null(browser.SessionCookie);

        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await browser.TrySignInAsync(_email, Browser.Password);
        Assert.NotNull(browser.SessionCookie);
    }

    [Fact]
    public async Task A_locked_account_stays_signed_in_where_it_is()
    {
        using var owner = _app.NewBrowser();
        await owner.SignInAsync(_email);
        using var attacker = _app.NewBrowser();
        for (var i = 0; i < Limit; i++)
            await attacker.TrySignInAsync(_email, $"wrong guess number {i}");

        var page = await owner.GetAsync("/account/sessions");

        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_right_password_starts_the_count_anew()
    {
        using var browser = _app.NewBrowser();

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < Limit - 1; i++)
                await browser.TrySignInAsync(_email, $"wrong guess number {i}");
            await browser.SignInAsync(_email);
        }
    }

    [Fact]
    public async Task The_change_of_the_password_is_no_place_to_guess_it_either()
    {
        using var browser = _app.NewBrowser();
        await browser.SignInAsync(_email);
        var before = _hasher.Verified;

        for (var i = 0; i < Limit + 3; i++)
        {
            var form = await browser.GetAsync("/account/change-password");
            form.Fill("CurrentPassword", $"wrong guess number {i}").Fill("NewPassword", "another good passphrase");
            Assert.Contains("That isn't your current password, or the account is locked for a while.", (await form.PressAsync("Change password")).Text);
        }

        Assert.Equal(Limit, _hasher.Verified - before);
    }

    [Fact]
    public async Task A_strangers_guesses_do_not_lock_the_owner_out_of_a_browser_that_signed_in_before()
    {
        using var owner = _app.NewBrowser();
        await owner.SignInAsync(_email);
        await (await owner.GetAsync("/account")).PressAsync("Sign out", "header");
        await GuessWrongAsync(Limit);

        using var newDevice = _app.NewBrowser();
        await newDevice.TrySignInAsync(_email, Browser.Password);
        Assert.Null(newDevice.SessionCookie);

        await owner.SignInAsync(_email);
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await GuessWrongAsync(Limit);
        Assert.Equal("/account/sessions", (await owner.ConfirmAsync()).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_known_browser_has_no_more_attempts_than_a_stranger()
    {
        using var thief = _app.NewBrowser();
        await thief.SignInAsync(_email);
        await (await thief.GetAsync("/account")).PressAsync("Sign out", "header");
        var before = _hasher.Verified;
        for (var i = 0; i < Limit + 3; i++)
            await thief.TrySignInAsync(_email, $"wrong guess number {i}");

        Assert.Equal(Limit, _hasher.Verified - before);
        using var owner = _app.NewBrowser();
        await owner.SignInAsync(_email);
    }

    [Fact]
    public async Task A_browser_known_to_one_account_is_a_stranger_to_another()
    {
        using var attacker = await _app.NewUserAsync();
        await (await attacker.GetAsync("/account")).PressAsync("Sign out", "header");
        for (var i = 0; i < Limit; i++)
            await attacker.TrySignInAsync(_email, $"wrong guess number {i}");

        using var newDevice = _app.NewBrowser();
        await newDevice.TrySignInAsync(_email, Browser.Password);

        Assert.Null(newDevice.SessionCookie);
    }

    [Fact]
    public async Task A_cookie_of_a_known_browser_is_no_good_once_its_owner_has_signed_in_again()
    {
        using var owner = _app.NewBrowser();
        await owner.SignInAsync(_email);
        using var copy = _app.NewBrowser();
        copy.Cookies[BrowserCookie] = owner.Cookies[BrowserCookie];
        await owner.SignInAsync(_email);
        await GuessWrongAsync(Limit);

        await copy.TrySignInAsync(_email, Browser.Password);

        Assert.Null(copy.SessionCookie);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_made_up_browser_cookie_makes_a_stranger(string cookie)
    {
        await GuessWrongAsync(Limit);
        using var attacker = _app.NewBrowser();
        attacker.Cookies[BrowserCookie] = cookie;

        await attacker.TrySignInAsync(_email, Browser.Password);

        Assert.Null(attacker.SessionCookie);
    }

    [Fact]
    public async Task One_password_tried_on_many_accounts_is_stopped_at_its_address_before_anything_is_hashed_and_others_sign_in()
    {
        const int Failures = 10;
        var hasher = new CountingHasher();
        await using var app = new ProxiedApp
        {
            EdgeServices = hasher.Around,
            Settings = { ["RateLimits:FailedProofs:Permits"] = $"{Failures}" },
        };
        using Browser sprayer = app.NewBrowser().At("203.0.113.66"), neighbour = app.NewBrowser().At("203.0.113.67");
        await sprayer.SignInAsync("bob@example.com", Browser.DemoPassword);
        var form = await sprayer.GetAsync("/account/login");
        var hashed = hasher.Verified;

        var answers = new List<int>();
        for (var i = 0; i < 3 * Failures; i++)
        {
            // The account that the password is right for comes last: nobody is let in by what is refused.
            var email = i == (3 * Failures) - 1 ? "alice@example.com" : $"person-{i}@example.com";
            var password = i == (3 * Failures) - 1 ? Browser.DemoPassword : "Winter is coming 2026";
            answers.Add((await sprayer.PostAsync("/account/login", ("__RequestVerificationToken", form.AntiforgeryToken), ("Email", email), ("Password", password))).Status);
        }

        Assert.Equal([.. Enumerable.Repeat(200, Failures), .. Enumerable.Repeat(429, 2 * Failures)], answers);
        Assert.Equal(0, hasher.Verified - hashed);
        await neighbour.SignInAsync("alice@example.com", Browser.DemoPassword);
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    private async Task GuessWrongAsync(int times)
    {
        using var stranger = _app.NewBrowser();
        var token = (await stranger.GetAsync("/account/login")).AntiforgeryToken;
        for (var i = 0; i < times; i++)
            await GuessAsync(stranger, token, $"wrong guess number {i}");
    }

    private Task<Page> GuessAsync(Browser browser, string token, string password) =>
        browser.PostAsync("/account/login", ("__RequestVerificationToken", token), ("Email", _email), ("Password", password));
}
