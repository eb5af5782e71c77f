using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A session's cookie is used from where it does not fit. What follows is what the rule says, and its person can read which it was.</summary>
public abstract class SignalsTests
{
    private const string Question = "Was it you?";
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    private readonly ProxiedApp _app;

    protected SignalsTests(ProxiedApp app)
    {
        _app = app;
        Set(Signal.BrowserChanged, SignalAction.Off);
        Set(Signal.CountryChanged, SignalAction.Off);
        Set(Signal.Travel, SignalAction.Off);
        Set(Signal.TwoNetworks, SignalAction.Off);
    }

    public static TheoryData<Signal> Signals => [.. Enum.GetValues<Signal>()];

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_rule_that_is_off_leaves_no_trace(Signal signal)
    {
        using var browser = await UntilItFitsNoMoreAsync(signal);

        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        await UntilRecordedAsync(browser);
        Assert.DoesNotContain(await LogOfAsync(browser), IsSignal);
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_rule_that_logs_adds_a_line_with_its_values_and_disturbs_nobody(Signal signal)
    {
        Set(signal, SignalAction.Log);
        using var browser = await UntilItFitsNoMoreAsync(signal);

        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);

        var entry = await SignalOfAsync(browser);
        Assert.Equal((AuditAction.SignalRaised, signal.ToString(), Values(signal)), (entry.Action, entry.Reason, entry.Details));
        var page = await browser.GetAsync("/account/sessions");
        Assert.DoesNotContain(Question, page.Text, StringComparison.Ordinal);
        Assert.Contains($"{Values(signal)}", (await StoryAsync(browser)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_rule_that_notifies_asks_the_person_on_the_sessions_page(Signal signal)
    {
        Set(signal, SignalAction.Notify);
        using var browser = await UntilItFitsNoMoreAsync(signal);

        await browser.GetAsync("/account");

        Assert.Equal(AuditAction.SignalNotified, (await SignalOfAsync(browser)).Action);
        var page = await browser.GetAsync("/account/sessions");
        Assert.Contains($"({Values(signal)}), just now. {Question}", page.Text, StringComparison.Ordinal);
        var link = page.Document.QuerySelectorAll(".notice a").Single(a => a.TextContent == Question).GetAttribute("href")!;
        Assert.Contains("Warning: ", (await browser.GetAsync(link)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_rule_that_locks_asks_for_the_password_and_then_goes_on(Signal signal)
    {
        Set(signal, SignalAction.Lock);
        using var browser = await UntilItFitsNoMoreAsync(signal);

        var page = await browser.GetAsync("/account");

        Assert.Equal("/account/confirm", page.Address.AbsolutePath);
        Assert.Contains("A security rule locked this session just now", page.Text, StringComparison.Ordinal);
        var log = await LogOfAsync(browser);
        Assert.Equal((signal.ToString(), Values(signal)), (Assert.Single(log, IsSignal).Reason, Assert.Single(log, IsSignal).Details));
        Assert.Equal(signal.ToString(), Assert.Single(log, e => e.Action == AuditAction.SessionLocked).Reason);
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("/account", (await page.Fill("Password", Browser.Password).PressAsync("Confirm")).Address.AbsolutePath);
        // Where it is now is where it belongs now, at once and later.
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        _app.Clock.Advance(Later);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_rule_that_ends_ends_it_and_says_so(Signal signal)
    {
        Set(signal, SignalAction.End);
        using var browser = await UntilItFitsNoMoreAsync(signal);

        Assert.Contains("A security rule ended this session", (await browser.GetAsync("/account")).Text, StringComparison.Ordinal);

        var log = await LogOfAsync(browser);
        Assert.Equal(signal.ToString(), Assert.Single(log, IsSignal).Reason);
        Assert.Equal(nameof(RevocationReason.Signal), Assert.Single(log, e => e.Action == AuditAction.SessionEnded).Reason);
    }

    [Theory]
    [InlineData(SignalAction.Notify)]
    [InlineData(SignalAction.Lock)]
    [InlineData(SignalAction.End)]
    public async Task A_dry_run_says_what_would_have_been_done_and_does_nothing(SignalAction action)
    {
        foreach (var signal in Enum.GetValues<Signal>())
        {
            Set(signal, action, dryRun: true);
            using var browser = await UntilItFitsNoMoreAsync(signal);

            Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);

            var entry = await SignalOfAsync(browser);
            Assert.Equal(AuditAction.SignalRaised, entry.Action);
            Assert.Equal($"{Values(signal)} (dry run: nothing was done; the rule says {action.ToString().ToLowerInvariant()})", entry.Details);
            Assert.DoesNotContain(Question, (await browser.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
            Assert.Contains("dry run: nothing was done", (await StoryAsync(browser)).Text, StringComparison.Ordinal);
            Set(signal, SignalAction.Off);
        }
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64)")]
    public async Task A_browser_that_was_updated_or_says_less_is_still_the_same(string userAgent)
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var browser = await NewUserAsync();
        _app.Clock.Advance(Later);
        browser.Headers["User-Agent"] = userAgent;

        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        await UntilRecordedAsync(browser);
        Assert.DoesNotContain(await LogOfAsync(browser), IsSignal);
    }

    // Browsers say what they are with every request; whoever copied a cookie need not.
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("something else")]
    public async Task Who_says_nothing_of_the_browser_is_another_one_and_the_owners_password_brings_it_back(string? userAgent)
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        using var thief = _app.CopyOf(owner).At(ProxiedApp.Home, "CH");
        _app.Clock.Advance(Later);
        thief.Headers.Remove("User-Agent");
        if (userAgent is not null)
            thief.Headers["User-Agent"] = userAgent;

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);

        _app.Clock.Advance(Later);
        var asked = await owner.GetAsync("/account");
        Assert.Equal("/account", (await asked.Fill("Password", Browser.Password).PressAsync("Confirm")).Address.AbsolutePath);
        Assert.Contains("Firefox on Windows → Unknown", (await StoryAsync(owner)).Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_person_whose_browser_hides_itself_from_now_on_confirms_it_once()
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        _app.Clock.Advance(Later);
        owner.Headers.Remove("User-Agent");
        var asked = await owner.GetAsync("/account");
        Assert.Equal("/account/confirm", asked.Address.AbsolutePath);

        await asked.Fill("Password", Browser.Password).PressAsync("Confirm");

        _app.Clock.Advance(Later);
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Who_says_less_first_makes_no_way_for_another_browser()
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        using var thief = _app.CopyOf(owner).At(ProxiedApp.Home, "CH");
        _app.Clock.Advance(Later);
        thief.Headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0)";
        await thief.GetAsync("/account");
        await UntilRecordedAsync(thief);
        _app.Clock.Advance(Later);
        thief.Headers["User-Agent"] = Samples.UserAgent;

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_stolen_cookie_in_curl_is_locked_and_the_owner_brings_it_back()
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        using var thief = _app.CopyOf(owner).At(ProxiedApp.Away, "FR");
        thief.Headers["User-Agent"] = "curl/8.14.1";
        _app.Clock.Advance(Later);

        Assert.Equal("/account/confirm", (await thief.GetAsync("/account")).Address.AbsolutePath);

        _app.Clock.Advance(Later);
        var asked = await owner.GetAsync("/account");
        Assert.Equal("/account", (await asked.Fill("Password", Browser.Password).PressAsync("Confirm")).Address.AbsolutePath);
        Assert.Contains("Firefox on Windows → A program such as curl", (await StoryAsync(owner)).Text, StringComparison.Ordinal);
        // The confirmation has replaced the secret: the copy is worth nothing now.
        Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Requests_side_by_side_are_one_warning()
    {
        Set(Signal.BrowserChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        using var thief = _app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        thief.SessionCookie = owner.SessionCookie;

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => thief.PeekAsync("/account")));

        Assert.Single(await LogOfAsync(owner), IsSignal);
    }

    [Fact]
    public async Task Countries_far_apart_in_time_are_no_travel()
    {
        Set(Signal.Travel, SignalAction.Lock);
        using var browser = await NewUserAsync(remember: true);
        _app.Clock.Advance(new SessionPolicy().TravelWindow);
        browser.At(ProxiedApp.Home, "FR");

        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_move_within_seconds_of_the_last_record_is_asked_about_once()
    {
        Set(Signal.CountryChanged, SignalAction.Lock);
        using var browser = await NewUserAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        var asked = await browser.At(ProxiedApp.Away, "FR").GetAsync("/account");
        _app.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("/account", (await asked.Fill("Password", Browser.Password).PressAsync("Confirm")).Address.AbsolutePath);
        await UntilRecordedAsync(browser);
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_proof_of_identity_excuses_no_move_after_it()
    {
        Set(Signal.CountryChanged, SignalAction.Lock);
        using var owner = await NewUserAsync();
        _app.Clock.Advance(new SessionPolicy().RecentSignIn);
        var asked = await owner.GetAsync("/account/change-password");
        await UntilRecordedAsync(owner);
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        await asked.Fill("Password", Browser.Password).PressAsync("Confirm");
        await UntilRecordedAsync(owner);
        _app.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("/account/confirm", (await owner.At(ProxiedApp.Away, "FR").GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("XX")]
    [InlineData("France")]
    [InlineData("F1")]
    public async Task A_country_that_is_not_told_is_no_other_country(string? country)
    {
        Set(Signal.CountryChanged, SignalAction.Lock);
        using var browser = await NewUserAsync();
        _app.Clock.Advance(Later);
        browser.At(ProxiedApp.Home, country);

        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
        await UntilRecordedAsync(browser);
        // Nor does silence make way for another one.
        _app.Clock.Advance(Later);
        Assert.Equal("/account/confirm", (await browser.At(ProxiedApp.Home, "FR").GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task Moving_within_one_network_or_back_after_a_while_is_no_second_network()
    {
        Set(Signal.TwoNetworks, SignalAction.Lock);
        using var browser = await NewUserAsync();
        foreach (var (address, pause) in new[] { ("203.0.113.250", 1), (ProxiedApp.Away, 1), (ProxiedApp.Home, 3) })
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(pause));
            Assert.Equal("/account", (await browser.At(address, "CH").GetAsync("/account")).Address.AbsolutePath);
            await UntilRecordedAsync(browser);
        }
    }

    [Fact]
    public async Task A_warning_is_shown_for_a_week_and_while_its_session_lives()
    {
        Set(Signal.CountryChanged, SignalAction.Notify);
        using Browser moving = await NewUserAsync(remember: true), other = _app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        _app.Clock.Advance(Later);
        await moving.At(ProxiedApp.Away, "FR").GetAsync("/account");
        await SignalOfAsync(moving);
        await other.SignInAsync(moving.Email, remember: true);

        _app.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Contains("Your session Firefox on Windows: it was used in another country (CH → FR), 7 days ago.", (await other.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(Question, (await other.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);

        _app.Clock.Advance(TimeSpan.FromSeconds(-1));
        await (await moving.GetAsync("/account/logout")).PressAsync("Sign out");
        Assert.DoesNotContain(Question, (await other.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_asked_about_somebody_elses_session()
    {
        Set(Signal.CountryChanged, SignalAction.Notify);
        using Browser browser = await NewUserAsync(), stranger = await NewUserAsync();
        _app.Clock.Advance(Later);
        await browser.At(ProxiedApp.Away, "FR").GetAsync("/account");
        await SignalOfAsync(browser);

        Assert.DoesNotContain(Question, (await stranger.GetAsync("/account/sessions")).Text, StringComparison.Ordinal);
    }

    private static bool IsSignal(AuditEntry entry) => entry.Action is AuditAction.SignalRaised or AuditAction.SignalNotified;

    private static string Values(Signal signal) => signal switch
    {
        Signal.BrowserChanged => "Firefox on Windows → Safari on iOS, iPadOS or macOS",
        Signal.TwoNetworks => $"{ProxiedApp.Away} → {ProxiedApp.Home}",
        _ => "CH → FR",
    };

    private void Set(Signal signal, SignalAction action, bool dryRun = false)
    {
        var rule = new SignalRule { Action = action, DryRun = dryRun };
        _ = signal switch
        {
            Signal.BrowserChanged => _app.Rules.BrowserChanged = rule,
            Signal.CountryChanged => _app.Rules.CountryChanged = rule,
            Signal.Travel => _app.Rules.Travel = rule,
            _ => _app.Rules.TwoNetworks = rule,
        };
    }

    private async Task<Browser> NewUserAsync(bool remember = false)
    {
        var browser = _app.NewBrowser().At(ProxiedApp.Home, "CH");
        await browser.RegisterAsync();
        if (remember)
            await browser.SignInAsync(browser.Email, remember: true);
        return browser;
    }

    /// <summary>A session of which the next request fits no more.</summary>
    private async Task<Browser> UntilItFitsNoMoreAsync(Signal signal)
    {
        var browser = await NewUserAsync();
        _app.Clock.Advance(Later);
        switch (signal)
        {
            case Signal.BrowserChanged:
                browser.Headers["User-Agent"] = Browser.Safari;
                break;
            case Signal.TwoNetworks:
                await browser.At(ProxiedApp.Away, "CH").GetAsync("/account");
                await UntilRecordedAsync(browser);
                _app.Clock.Advance(Later);
                browser.At(ProxiedApp.Home, "CH");
                break;
            default:
                browser.At(ProxiedApp.Home, "FR");
                break;
        }

        return browser;
    }

    /// <summary>The use is recorded off the request's path.</summary>
    private Task UntilRecordedAsync(Browser browser) =>
        Eventually.TrueAsync(async () => (await _app.StoredAsync(browser)).LastSeenAt == _app.Clock.GetUtcNow(), "the use is recorded");

    private async Task<IReadOnlyList<AuditEntry>> LogOfAsync(Browser browser)
    {
        var key = _app.KeyOf(browser);
        return [.. (await _app.AuditOfAsync(key.UserId)).Where(e => e.SessionId == key.SessionId.ToString())];
    }

    private async Task<AuditEntry> SignalOfAsync(Browser browser)
    {
        // A use that comes while the one before is being recorded is left to the next request.
        await Eventually.TrueAsync(
            async () => (await LogOfAsync(browser)).Any(IsSignal) || (await browser.GetAsync("/account")).Status == 0,
            "the signal is written down");
        return Assert.Single(await LogOfAsync(browser), IsSignal);
    }

    private Task<Page> StoryAsync(Browser browser) => browser.GetAsync($"/account/sessions/{_app.KeyOf(browser).SessionId}");
}

public sealed class SignalsOnSqlTests(ProxiedApp app) : SignalsTests(app), IClassFixture<ProxiedApp>;

public sealed class SignalsOnRedisTests(ProxiedRedisApp app) : SignalsTests(app), IClassFixture<ProxiedRedisApp>;

/// <summary>Somebody who is no proxy tells a country.</summary>
public sealed class CountryOfStrangersTests
{
    [Fact]
    public async Task A_country_counts_from_a_known_proxy_only()
    {
        await using var app = new TestApp { Settings = { ["Sessions:CountryHeader"] = ProxiedApp.CountryHeader, ["ForwardedHeaders:KnownProxies:0"] = "192.0.2.1" } };
        using var browser = app.NewBrowser();
        browser.Headers[ProxiedApp.CountryHeader] = "CH";

        Assert.Contains("Address 127.0.0.1 Signed in with", (await browser.RegisterAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_known_proxys_word_is_shown_beside_the_address()
    {
        await using var app = new ProxiedApp();
        using var browser = app.NewBrowser().At(ProxiedApp.Home, "ch");

        Assert.Contains($"Address {ProxiedApp.Home}, CH Signed in with", (await browser.RegisterAsync()).Text, StringComparison.Ordinal);
    }
}
