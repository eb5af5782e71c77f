using Microsoft.Data.Sqlite;
using WebApp.Audit;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Account;

/// <summary>The page of one session: its facts, its story, its end, and what can be done about it.</summary>
public abstract class SessionTests(ProxiedApp app)
{
    private const string NotMe = "This wasn't me";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_session_tells_what_happened_in_order()
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home, "CH");
        await phone.SignInAsync(laptop.Email);
        app.Clock.Advance(Minute);
        await phone.At(ProxiedApp.Away, "FR").GetAsync("/account");
        await UntilWrittenAsync(phone, AuditAction.SignalNotified, count: 2);
        await PressOnListAsync(laptop, phone, "Lock");
        app.Clock.Advance(Minute);
        await (await phone.GetAsync("/account")).Fill("Password", Browser.Password).PressAsync("Confirm");
        using var thief = app.CopyOf(phone).At("192.0.2.1");
        app.Clock.Advance(Minute);
        await PressOnListAsync(laptop, phone, "Sign out");
        await thief.PeekAsync("/account");
        await UntilWrittenAsync(phone, AuditAction.RevokedSessionTried);

        var page = await laptop.GetAsync(PathOf(phone));

        Assert.Equal(
            [
                "Signed in: Safari on iOS, Password",
                $"Moved to another network: {ProxiedApp.Home} → {ProxiedApp.Away} (FR)",
                "Warning: it was used in another country: CH → FR",
                "Warning: it was used in two countries within a short time: CH → FR",
                "You locked this session.",
                "Unlocked: it was confirmed that it's you.",
                "Ended by you: signed out from another device.",
                "Tried again after its end, from a new network, and refused.",
            ],
            LinesOf(page));
        Assert.Contains($"From {ProxiedApp.Home}", page.Document.QuerySelector(".story li")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("Safari on iOS", page.Document.QuerySelector("h1")!.TextContent);
        Assert.All(page.Document.QuerySelectorAll(".story time"), time => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", time.GetAttribute("datetime")));
    }

    [Fact]
    public async Task What_the_log_lacks_is_told_from_the_record()
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        await phone.SignInAsync(laptop.Email);
        await PressOnListAsync(laptop, phone, "Lock");
        await ForgetAsync(phone);
        Assert.Equal(["Signed in: Safari on iOS, Password", "You locked this session."], LinesOf(await laptop.GetAsync(PathOf(phone))));
        await PressOnListAsync(laptop, phone, "Sign out");
        await ForgetAsync(phone);

        var page = await laptop.GetAsync(PathOf(phone));

        Assert.Equal("Signed in: Safari on iOS, Password", LinesOf(page)[0]);
        Assert.Contains("Ended by you: signed out from another device.", LinesOf(page));
    }

    [Fact]
    public async Task Supports_reference_is_shown_but_neither_its_note_nor_its_name()
    {
        using Browser browser = await NewUserAsync(), other = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home), support = app.NewBrowser().At(ProxiedApp.Away);
        await other.SignInAsync(browser.Email);
        await support.SignInAsync("sam@example.com", Browser.DemoPassword);
        var userId = app.KeyOf(browser).UserId;
        var staff = await support.GetAsync($"/admin/users/{userId}");
        staff.Fill("reason", nameof(RevocationReason.SuspiciousActivity)).Fill("caseReference", "CASE-42").Fill("note", "internal remark");
        await staff.PressAsync("End session", $"[data-session-id='{app.KeyOf(other).SessionId}']");

        var page = await browser.GetAsync(PathOf(other));

        Assert.Equal(["Signed in: Safari on iOS, Password", "Ended by support: suspicious activity."], LinesOf(page));
        Assert.Contains("Case CASE-42", page.Document.QuerySelector(".story")!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("internal remark", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sam@example.com", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain($"{app.KeyOf(support).UserId}", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(ProxiedApp.Away, page.Body, StringComparison.Ordinal);
        // What support did is nobody's doing that could be disowned; signing in is.
        Assert.Equal([true, false], page.Document.QuerySelectorAll(".story > li").Select(li => li.QuerySelector("button") is not null));
    }

    [Fact]
    public async Task Unknown_malformed_expired_and_somebody_elses_are_one_answer()
    {
        using Browser browser = await NewUserAsync(), stranger = await NewUserAsync(), gone = app.NewBrowser(Browser.Safari);
        var token = (await browser.GetAsync("/account/sessions")).AntiforgeryToken;
        string[] ids = [$"{app.KeyOf(stranger).SessionId}", $"{SessionId.New()}", "malformed", new('0', 32), new('0', 33)];

        var answers = new List<(int, string)>();
        foreach (var id in ids)
        {
            var page = await browser.GetAsync($"/account/sessions/{id}");
            answers.Add((page.Status, page.Text));
            foreach (var handler in new[] { "NotMe", "ShowName" })
            {
                page = await browser.PostAsync($"/account/sessions/{id}?handler={handler}", ("__RequestVerificationToken", token));
                answers.Add((page.Status, page.Text));
            }
        }

        Assert.Equal(404, Assert.Single(answers.Distinct()).Item1);
        Assert.Null((await app.StoredAsync(stranger)).NameShownUntil);
        Assert.Equal("/account", (await stranger.GetAsync("/account")).Address.AbsolutePath);
        Assert.Equal("/account/login", (await gone.GetAsync(PathOf(browser))).Address.AbsolutePath);
    }

    [Fact]
    public async Task The_receipt_claims_no_more_than_was_recorded()
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        await phone.SignInAsync(laptop.Email);
        var seen = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromSeconds(36));
        // Within a minute of the last record this is not written down.
        await phone.GetAsync("/account");
        var list = await PressOnListAsync(laptop, phone, "Sign out");
        var ended = app.Clock.GetUtcNow();

        Assert.Contains("That device has been signed out.", list.Text, StringComparison.Ordinal);
        Assert.Contains("Safari on iOS Ended by you just now: signed out from another device. Last recorded just now.", list.Text, StringComparison.Ordinal);
        var page = await laptop.GetAsync(list.Document.QuerySelector(".ended a")!.GetAttribute("href")!);
        Assert.Contains(
            $"Ended by you {Exact(ended)}: signed out from another device. Last recorded {Exact(seen)}; requests up to {Exact(ended)} may have been accepted. Not tried again since.",
            page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_says_its_name_for_five_minutes_when_asked()
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        var list = await phone.SignInAsync(laptop.Email);
        Assert.DoesNotContain("This browser is called", list.Text, StringComparison.Ordinal);
        var name = $"{SessionName.Of(app.KeyOf(phone).SessionId)}";

        var page = await laptop.GetAsync(PathOf(phone));
        Assert.Contains($"Have its next pages say {name} for five minutes", page.Text, StringComparison.Ordinal);
        page = await page.PressAsync("Show the name there");

        Assert.Equal(PathOf(phone), page.Address.AbsolutePath);
        Assert.Contains($"The next pages of that browser say {name}.", page.Text, StringComparison.Ordinal);
        Assert.Contains($"the one whose pages say {name} is this one", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("This browser is called", page.Text, StringComparison.Ordinal);
        Assert.Contains($"This browser is called {name}", (await phone.GetAsync("/account")).Text, StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.Contains($"This browser is called {name}", (await phone.GetAsync("/")).Text, StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.DoesNotContain("This browser is called", (await phone.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Contains("Have its next pages say", (await laptop.GetAsync(PathOf(phone))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_has_ended_or_is_this_one_is_not_asked_for_its_name()
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        await phone.SignInAsync(laptop.Email);
        var stale = await laptop.GetAsync(PathOf(phone));
        await PressOnListAsync(laptop, phone, "Sign out");

        Assert.Contains("That session has ended.", (await stale.PressAsync("Show the name there")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Which device is this?", (await laptop.GetAsync(PathOf(phone))).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Which device is this?", (await laptop.GetAsync(PathOf(laptop))).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("live", "#not-me")]
    [InlineData("live", ".story > li")]
    [InlineData("ended", "#not-me")]
    [InlineData("current", "#not-me")]
    public async Task What_was_not_me_ends_everything_else_and_leads_to_a_new_password(string which, string button)
    {
        using Browser owner = await NewUserAsync(), stranger = app.NewBrowser(Browser.Safari).At(ProxiedApp.Away), third = app.NewBrowser().At(ProxiedApp.Home);
        await stranger.SignInAsync(owner.Email);
        await third.SignInAsync(owner.Email);
        var id = app.KeyOf(which == "current" ? owner : stranger).SessionId;
        if (which == "ended")
            await (await stranger.GetAsync("/account/logout")).PressAsync("Sign out");

        var page = await (await owner.GetAsync($"/account/sessions/{id}")).PressAsync(NotMe, button);

        Assert.Equal("/account/change-password", page.Address.AbsolutePath);
        Assert.Contains("Your other sessions have ended. Now choose a new password", page.Text, StringComparison.Ordinal);
        Assert.Equal("/account/login", (await stranger.GetAsync("/account")).Address.AbsolutePath);
        Assert.Contains("You were signed out from another device", (await third.GetAsync("/account")).Text, StringComparison.Ordinal);
        var list = await owner.GetAsync("/account/sessions");
        Assert.Single(list.SessionIds);
        Assert.Contains("Ended by you just now: a session was reported as somebody else's.", list.Text, StringComparison.Ordinal);
        var log = await app.AuditOfAsync(app.KeyOf(owner).UserId);
        var disowned = Assert.Single(log, e => e.Action == AuditAction.SessionDisowned);
        Assert.Equal(($"{id}", ProxiedApp.Home, disowned.SubjectId), (disowned.SessionId, disowned.Address, disowned.ActorId));
        // It is noted before anything ends for it.
        Assert.All(log.Where(e => e.Reason == nameof(RevocationReason.NotMe)), e => Assert.True(e.Id > disowned.Id));
        Assert.Contains("You said that this wasn't you.", LinesOf(await owner.GetAsync($"/account/sessions/{id}")));
    }

    [Theory]
    [InlineData("This wasn't me", "#not-me")]
    [InlineData("Show the name there", "main")]
    public async Task To_look_takes_no_recent_sign_in_but_to_act_does(string button, string within)
    {
        using Browser laptop = await NewUserAsync(), phone = app.NewBrowser(Browser.Safari).At(ProxiedApp.Home);
        await phone.SignInAsync(laptop.Email);
        app.Clock.Advance(new SessionPolicy().RecentSignIn);

        var page = await laptop.GetAsync(PathOf(phone));
        Assert.Equal(200, page.Status);
        page = await page.PressAsync(button, within);

        Assert.Equal("/account/confirm", page.Address.AbsolutePath);
        Assert.Equal("/account", (await phone.GetAsync("/account")).Address.AbsolutePath);
        page = await page.Fill("Password", Browser.Password).PressAsync("Confirm");
        Assert.Equal(PathOf(phone), page.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_long_story_shows_its_latest_lines_and_says_so()
    {
        using var browser = await NewUserAsync();
        var key = app.KeyOf(browser);
        var audit = (AuditLog)app.Services.GetService(typeof(AuditLog))!;
        for (var line = 1; line <= 201; line++)
            await audit.AppendAsync(new() { Action = AuditAction.SessionMoved, SubjectId = key.UserId, SessionId = $"{key.SessionId}", Details = $"move {line}." });

        var page = await browser.GetAsync(PathOf(browser));

        Assert.Contains("Only the latest lines are shown.", page.Text, StringComparison.Ordinal);
        Assert.Contains("move 201.", page.Text, StringComparison.Ordinal);
        Assert.Contains("move 2.", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("move 1.", page.Text, StringComparison.Ordinal);
        Assert.StartsWith("Signed in", LinesOf(page)[0], StringComparison.Ordinal);
    }

    private static string Exact(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";

    private static IReadOnlyList<string> LinesOf(Page page) =>
        [.. page.Document.QuerySelectorAll(".story > li p").Select(p => string.Join(' ', p.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))];

    private async Task<Browser> NewUserAsync()
    {
        var browser = app.NewBrowser().At(ProxiedApp.Home, "CH");
        await browser.RegisterAsync();
        return browser;
    }

    private string PathOf(Browser browser) => $"/account/sessions/{app.KeyOf(browser).SessionId}";

    private async Task<Page> PressOnListAsync(Browser browser, Browser other, string button) =>
        await (await browser.GetAsync("/account/sessions")).PressAsync(button, $"[data-session-id='{app.KeyOf(other).SessionId}']");

    private Task UntilWrittenAsync(Browser browser, AuditAction action, int count = 1)
    {
        var key = app.KeyOf(browser);
        return Eventually.TrueAsync(async () => (await app.AuditOfAsync(key.UserId)).Count(e => e.Action == action) == count, $"{action} is written down");
    }

    /// <summary>As if the log's rows of that session had gone: retention, or a write that failed. The database has to be told to let them.</summary>
    private async Task ForgetAsync(Browser browser)
    {
        await using var database = new SqliteConnection($"Data Source={app.Database}");
        await database.OpenAsync();
        await using var command = database.CreateCommand();
        command.CommandText = "DROP TRIGGER IF EXISTS AuditLogDelete; DELETE FROM AuditLog WHERE SessionId = $id";
        command.Parameters.AddWithValue("$id", $"{app.KeyOf(browser).SessionId}");
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }
}

[Trait("Lane", "Fast")]
public sealed class SessionOnSqlTests(ProxiedApp app) : SessionTests(app), IClassFixture<ProxiedApp>;

public sealed class SessionOnRedisTests(ProxiedRedisApp app) : SessionTests(app), IClassFixture<ProxiedRedisApp>;
