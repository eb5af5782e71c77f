using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;
using Page = WebApp.Tests.Testing.Page;

namespace WebApp.Tests.Pages.Account;

public abstract class ActivityTests(TestApp app)
{
    [Fact]
    public async Task It_tells_sign_ins_that_worked_and_failed_with_method_device_and_address_newest_first()
    {
        using Browser owner = await app.NewUserAsync(), guess = app.NewBrowser(Browser.Safari);
        await guess.TrySignInAsync(owner.Email, "not the password");
        await guess.SignInAsync(owner.Email);

        var page = await owner.GetAsync("/account/activity");

        var lines = Lines(page);
        Assert.Equal("Signed in just now Password Safari on iOS From 127.0.0.1 The session", lines[0]);
        Assert.Equal("A sign-in failed just now Password Safari on iOS From 127.0.0.1", lines[1]);
        Assert.Equal("Signed in just now Password Firefox on Windows From 127.0.0.1 This session", lines[2]);
        Assert.StartsWith("Account created just now", lines[3], StringComparison.Ordinal);
        Assert.Equal(4, lines.Count);
        Assert.Equal($"/account/sessions/{app.KeyOf(guess).SessionId}", page.Document.QuerySelector(".audit a")!.GetAttribute("href"));
    }

    [Fact]
    public async Task It_tells_by_whom_and_why_sessions_ended_and_what_support_did_but_not_who_of_them_and_no_note()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser(Browser.Safari), staff = await app.SignedInAsync("sam@example.com");
        await other.SignInAsync(owner.Email);
        await (await other.GetAsync("/account/logout")).PressAsync("Sign out");
        await other.SignInAsync(owner.Email);
        await (await owner.GetAsync("/account/sessions")).PressAsync("Sign out the other session");
        staff.Headers["User-Agent"] = Browser.Firefox;
        var details = await staff.GetAsync($"/admin/users/{app.KeyOf(owner).UserId}");
        await details.Fill("reason", "SuspiciousActivity").Fill("caseReference", "CASE-7").Fill("note", "what staff think").PressAsync("End the only session");
        await owner.SignInAsync(owner.Email);

        var page = await owner.GetAsync("/account/activity");

        Assert.Equal(
        [
            "Signed in just now Password Firefox on Windows From 127.0.0.1 This session",
            "Session ended by support: suspicious activity just now Firefox on Windows Case CASE-7 The session",
            "Support asked for all your sessions to be ended: suspicious activity just now Case CASE-7",
            "Session ended by you: signed out from another device just now Safari on iOS The session",
        ], Lines(page).Take(4));
        Assert.Contains("Signed out just now Safari on iOS From 127.0.0.1 The session", Lines(page));
        Assert.DoesNotContain("what staff think", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sam@example.com", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain($"{app.KeyOf(staff).UserId}", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SignIns", "Signed in", "A sign-in failed")]
    [InlineData("signins", "Signed in", "A sign-in failed")]
    [InlineData("Sessions", "Session ended by you: signed out from another device")]
    [InlineData("Account", "Password changed", "Account created")]
    [InlineData("Staff", "Support asked for a session to be locked")]
    public async Task Each_kind_can_be_seen_alone(string kind, params string[] words)
    {
        using var owner = await app.NewUserAsync();
        var id = app.KeyOf(owner).UserId;
        var audit = app.Services.GetRequiredService<AuditLog>();
        await audit.AppendAsync(new() { Action = AuditAction.SignInFailed, SubjectId = id });
        await audit.AppendAsync(new() { Action = AuditAction.SessionEnded, ActorId = id, SubjectId = id, Reason = "SignedOutElsewhere" });
        await audit.AppendAsync(new() { Action = AuditAction.PasswordChanged, ActorId = id, SubjectId = id });
        await audit.AppendAsync(new() { Action = AuditAction.ForceLock, ActorId = Guid.NewGuid(), SubjectId = id });

        var page = await owner.GetAsync($"/account/activity?kind={kind}");

        Assert.Equal(words.Order(), page.Document.QuerySelectorAll(".audit strong").Select(e => e.TextContent).Distinct().Order());
        Assert.Equal(kind, page.Document.QuerySelector(".filter [aria-current=page]")!.GetAttribute("href")!.Split('=')[1], ignoreCase: true);
    }

    [Fact]
    public async Task Pages_go_on_where_the_one_before_ended_both_ways_and_keep_the_kind()
    {
        using var owner = await app.NewUserAsync();
        var id = app.KeyOf(owner).UserId;
        await app.FillAuditLogAsync(id, 60);
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.PasswordChanged, ActorId = id, SubjectId = id });

        var first = await owner.GetAsync("/account/activity?kind=SignIns");
        var second = await FollowAsync(owner, first, "Older");
        var third = await FollowAsync(owner, second, "Older");
        var secondAgain = await FollowAsync(owner, third, "Newer");
        var firstAgain = await FollowAsync(owner, secondAgain, "Newer");

        Assert.Equal(Enumerable.Range(35, 25).Reverse(), Cases(first));
        Assert.Equal(Enumerable.Range(10, 25).Reverse(), Cases(second));
        Assert.Equal(Enumerable.Range(0, 10).Reverse(), Cases(third));
        Assert.DoesNotContain(third.Document.QuerySelectorAll("main a"), a => a.TextContent == "Older");
        Assert.Equal(Lines(second), Lines(secondAgain));
        Assert.Equal(Lines(first), Lines(firstAgain));
        Assert.DoesNotContain(firstAgain.Document.QuerySelectorAll("main a"), a => a.TextContent is "Newer" or "Newest");
        Assert.Equal(Lines(first), Lines(await FollowAsync(owner, third, "Newest")));
    }

    // The id is of a line of everybody's log: what it says must not depend on whose line that is.
    [Fact]
    public async Task No_parameter_shows_another_persons_history()
    {
        using Browser owner = await app.NewUserAsync(), other = app.NewBrowser(Browser.Safari);
        await other.RegisterAsync();
        await app.FillAuditLogAsync(app.KeyOf(owner).UserId, 30);
        var (mine, theirs) = (await app.AuditOfAsync(app.KeyOf(owner).UserId), await app.AuditOfAsync(app.KeyOf(other).UserId));
        var theirId = app.KeyOf(other).UserId;

        foreach (var query in new[]
        {
            $"before={mine[^1].Id}", $"after={mine[0].Id}", $"after={theirs[0].Id - 1}", $"before={theirs[^1].Id + 1}", $"userId={theirId}", $"subjectId={theirId}",
            $"id={theirId}", $"user={other.Email}", "after=-1", $"before={long.MaxValue}",
        })
        {
            var page = await owner.GetAsync($"/account/activity?{query}");

            Assert.Equal(200, page.Status);
            Assert.DoesNotContain("Safari", page.Text, StringComparison.Ordinal);
            Assert.DoesNotContain($"{app.KeyOf(other).SessionId}", page.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("before=x")]
    [InlineData("before=99999999999999999999999")]
    [InlineData("before=")]
    [InlineData("after=%00")]
    [InlineData("after=999999999")]
    [InlineData("kind=")]
    [InlineData("kind=7")]
    [InlineData("kind=Sessions,Staff")]
    [InlineData("kind=<script>")]
    [InlineData("kind=%ff&before=%ff&after=%ff")]
    [InlineData("before=1.5&before=2")]
    public async Task What_is_no_kind_and_no_number_gives_the_first_page(string query)
    {
        using var owner = await app.NewUserAsync();

        var page = await owner.GetAsync($"/account/activity?{query}");

        Assert.Equal(200, page.Status);
        Assert.Equal(2, Lines(page).Count);
    }

    [Theory]
    [InlineData("before=0", "There is nothing older than that.")]
    [InlineData("before=-9223372036854775808", "There is nothing older than that.")]
    [InlineData("kind=Staff", "Nothing of this kind has happened.")]
    public async Task A_page_without_lines_says_so_and_leads_back(string query, string words)
    {
        using var owner = await app.NewUserAsync();

        var page = await owner.GetAsync($"/account/activity?{query}");

        Assert.Contains(words, page.Text, StringComparison.Ordinal);
        Assert.Equal(2, Lines(await owner.GetAsync(page.Document.QuerySelector(".filter a")!.GetAttribute("href")!)).Count);
    }

    // The client chooses what it is called: that must not read as words of ours.
    [Fact]
    public async Task A_browser_that_calls_itself_a_sentence_puts_none_on_the_page()
    {
        using Browser owner = await app.NewUserAsync(), liar = app.NewBrowser("Your bank confirmed this sign-in <b>Firefox/1</b> Windows");

        await liar.TrySignInAsync(owner.Email, "not the password");
        await liar.SignInAsync(owner.Email);

        var page = await owner.GetAsync("/account/activity");
        Assert.Equal("Signed in just now Password Firefox on Windows From 127.0.0.1 The session", Lines(page)[0]);
        Assert.DoesNotContain("bank", page.Body, StringComparison.Ordinal);
        Assert.All(await app.AuditOfAsync(app.KeyOf(owner).UserId), e => Assert.True(e.Device is null or "Firefox on Windows", e.Device));
    }

    [Fact]
    public async Task An_entry_from_before_devices_were_kept_takes_the_device_from_its_session()
    {
        using var owner = await app.NewUserAsync();
        var key = app.KeyOf(owner);
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = key.UserId, SessionId = key.SessionId.ToString() });
        await app.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = key.UserId, SessionId = new('0', 32) });

        var lines = Lines(await owner.GetAsync("/account/activity"));

        Assert.Equal(["Signed in just now", "Signed in just now Firefox on Windows This session"], lines.Take(2));
    }

    [Fact]
    public async Task The_account_and_the_sessions_lead_to_it()
    {
        using var owner = await app.NewUserAsync();

        foreach (var path in new[] { "/account", "/account/sessions" })
            Assert.Contains((await owner.GetAsync(path)).Document.QuerySelectorAll("main a"), a => a.GetAttribute("href") == "/account/activity");
    }

    private static async Task<Page> FollowAsync(Browser browser, Page page, string words) =>
        await browser.GetAsync(page.Document.QuerySelectorAll("main a").Single(a => a.TextContent == words).GetAttribute("href")!);

    private static IReadOnlyList<string> Lines(Page page) =>
        [.. page.Document.QuerySelectorAll(".audit > li").Select(li => string.Join(' ', li.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))];

    private static IEnumerable<int> Cases(Page page) => page.Document.QuerySelectorAll(".audit bdi")
        .Where(b => b.TextContent.StartsWith("C-", StringComparison.Ordinal)).Select(b => int.Parse(b.TextContent[2..]));
}

public sealed class ActivityOnSqlTests(SqlApp app) : ActivityTests(app), IClassFixture<SqlApp>;

public sealed class ActivityOnRedisTests(RedisApp app) : ActivityTests(app), IClassFixture<RedisApp>;
