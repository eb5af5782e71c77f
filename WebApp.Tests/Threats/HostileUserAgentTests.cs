using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// A browser calls itself something that breaks the pages on which its name is shown: to the person, and to staff.
/// The requests are written byte by byte: HttpClient refuses most of these names.
/// </summary>
public abstract class HostileUserAgentTests(TestApp app)
{
    private static readonly Dictionary<string, string> UserAgents = new()
    {
        ["8 KB"] = new('x', 8 * 1024),
        ["8 KB behind a browser's"] = Browser.Firefox + new string('x', 8 * 1024),
        ["8 KB of characters of four bytes"] = string.Concat(Enumerable.Repeat("\U0001F600", 2 * 1024)),
        ["a script"] = "<script>alert(1)</script> Firefox/1 Windows",
        ["the end of an attribute"] = "\"><img src=x onerror=alert(1)>'-->",
        ["control characters"] = "Fire\u0001fox/1 \u001b[31mWindows\u001b[0m \u007f\t\b",
        ["C1 control characters"] = "\u0085\u009b31m Firefox/1",
        ["bidirectional overrides"] = "\u202Exof eriF\u202C \u2066x\u2069 \u200F",
        ["invisible characters"] = "\u200B\uFEFF\u2060",
        ["a byte order mark and a lone combining mark"] = "\uFEFF\u0301",
        ["nothing"] = "",
        ["blanks"] = "   ",
        ["a template"] = "{{7*7}} ${7*7} @(7*7) %s%n",
        ["SQL and Redis"] = "'; DROP TABLE Sessions;-- \"\\r\\nFLUSHALL",
    };

    // By name: the text itself would end up in the names of the tests, and so on somebody's terminal.
    public static TheoryData<string> Names => [.. UserAgents.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_stored_capped_and_clean_and_no_page_breaks(string name)
    {
        using var owner = await app.NewUserAsync();
        using var staff = await app.SignedInAsync("sam@example.com");
        var userId = await app.UserIdAsync(owner.Email);

        var answer = await SignInAsync(owner.Email, ("User-Agent", RawHttp.Bytes(UserAgents[name])));

        Assert.True(answer.Status == 302, answer.Text);
        var sessions = await app.Services.GetRequiredService<IUserSessionStore>().ListAsync(userId);
        var stored = sessions.Single(s => s.UserAgent != Browser.Firefox).UserAgent;
        Assert.InRange(Encoding.UTF8.GetByteCount(stored), 0, Device.MaxUserAgentBytes);
        Assert.DoesNotContain(stored.EnumerateRunes(), rune =>
            Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format || rune == Rune.ReplacementChar);
        var page = await AssertWholeAsync(owner, "/account/sessions");
        await AssertWholeAsync(staff, $"/admin/users/{userId}");

        await page.PressAsync("Sign out", $"[data-session-id='{sessions.Single(s => s.UserAgent == stored).Id}']");
        await AssertWholeAsync(owner, "/account/sessions", live: 1);
        await AssertWholeAsync(staff, $"/admin/users/{userId}", live: 1);
    }

    [Fact]
    public async Task Without_the_header_it_is_an_unknown_device()
    {
        using var owner = await app.NewUserAsync();

        var answer = await SignInAsync(owner.Email);

        Assert.Equal(302, answer.Status);
        Assert.Contains("Unknown device", (await owner.GetAsync("/account/sessions")).Text);
    }

    // Whoever has such a browser would get an empty page everywhere.
    [Theory]
    [InlineData("\xff\xfe Firefox/1")]
    [InlineData("\xc0\xaf")]
    public async Task Bytes_of_any_encoding_are_taken_and_shown_as_text(string bytes)
    {
        using var owner = await app.NewUserAsync();

        var answer = await SignInAsync(owner.Email, ("User-Agent", bytes));

        Assert.Equal(302, answer.Status);
        Assert.Equal(2, (await owner.GetAsync("/account/sessions")).SessionIds.Count);
    }

    [Fact]
    public async Task A_NUL_is_refused()
    {
        using var owner = await app.NewUserAsync();

        var answer = await SignInAsync(owner.Email, ("User-Agent", "\0"));

        Assert.Equal(400, answer.Status);
        Assert.Single((await owner.GetAsync("/account/sessions")).SessionIds);
    }

    [Fact]
    public async Task Said_twice_it_is_still_one_text()
    {
        using var owner = await app.NewUserAsync();

        var answer = await SignInAsync(owner.Email, ("User-Agent", "one"), ("User-Agent", "<b>two</b>"));

        Assert.Equal(302, answer.Status);
        await AssertWholeAsync(owner, "/account/sessions");
    }

    private async Task<RawAnswer> SignInAsync(string email, params (string, string)[] headers)
    {
        using var browser = app.NewBrowser();
        var token = (await browser.GetAsync("/account/login")).AntiforgeryToken;
        return await RawHttp.SendAsync(app.Address, "POST /account/login HTTP/1.1",
            [
                ("Host", app.Address.Authority),
                ("Cookie", string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}"))),
                ("Content-Type", "application/x-www-form-urlencoded"),
                .. headers,
            ],
            $"Email={email}&Password={WebUtility.UrlEncode(Browser.Password)}&__RequestVerificationToken={token}");
    }

    /// <summary>The page has all its parts and none that the name brought along.</summary>
    private static async Task<Page> AssertWholeAsync(Browser browser, string path, int live = 2)
    {
        var page = await browser.GetAsync(path);

        Assert.Equal(200, page.Status);
        Assert.Equal(live, page.SessionIds.Count);
        Assert.NotNull(page.Document.QuerySelector("body > footer"));
        Assert.All(page.Document.Scripts, script => Assert.Matches(@"^/[\w-]+\.js\?v=", script.GetAttribute("src")));
        Assert.Empty(page.Document.QuerySelectorAll("img, [onerror], main b"));
        Assert.DoesNotContain(page.Text, c => char.IsControl(c) || c is '\u202E' or '\u2066' or '\u200B');
        return page;
    }
}

public sealed class HostileUserAgentOnSqlTests(SqlApp app) : HostileUserAgentTests(app), IClassFixture<SqlApp>;

public sealed class HostileUserAgentOnRedisTests(RedisApp app) : HostileUserAgentTests(app), IClassFixture<RedisApp>;
