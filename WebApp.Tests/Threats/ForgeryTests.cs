using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Cookies that this app did not make: signed out, nothing breaks, and the store is never asked about them.</summary>
public abstract class ForgeryTests(TestApp app)
{
    private const string Name = "webapp-dev-session";
    private static readonly string[] Paths = ["/", "/account", "/no/such/page"];

    /// <summary>What requests ask the store for meanwhile.</summary>
    protected abstract Task<IEnumerable<string>> LookUpsOfAsync(Func<Task> act);

    [Fact]
    public async Task Forged_cookies_are_signed_out_without_a_look_up()
    {
        using var owner = await app.NewUserAsync();
        using var browser = app.NewBrowser();
        var (good, key) = (owner.SessionCookie!, app.KeyOf(owner));
        await app.SettledAsync();

        Assert.Empty(await LookUpsOfAsync(async () =>
        {
            foreach (var (kind, value) in ForgedFrom(good, key, app.Services))
                foreach (var path in Paths)
                    await AssertSignedOutAsync(browser, kind, path, $"{Name}={value}");
        }));
        // Those of a real one are seen.
        Assert.NotEmpty(await LookUpsOfAsync(() => owner.GetAsync("/account")));
    }

    [Fact]
    public async Task Every_flipped_bit_is_noticed_without_a_look_up()
    {
        using var owner = await app.NewUserAsync();
        using var browser = app.NewBrowser();
        var good = WebEncoders.Base64UrlDecode(owner.SessionCookie!);
        await app.SettledAsync();

        Assert.Empty(await LookUpsOfAsync(async () =>
        {
            for (var at = 0; at < good.Length; at++)
            {
                var flipped = good.ToArray();
                flipped[at] ^= (byte)(1 << (at % 8));
                await AssertSignedOutAsync(browser, $"bit {at % 8} of byte {at} flipped", "/account", $"{Name}={WebEncoders.Base64UrlEncode(flipped)}");
            }
        }));
    }

    [Fact]
    public async Task Of_two_cookies_of_the_name_the_last_one_counts_alone()
    {
        using var owner = await app.NewUserAsync();
        using var browser = app.NewBrowser();
        var good = $"{Name}={owner.SessionCookie}";

        await AssertSignedOutAsync(browser, "a forged one behind a good one", "/account", $"{good}; {Name}=forged");
        await AssertSignedOutAsync(browser, "two forged ones", "/account", $"{Name}=forged; {Name}=forged-too");
        browser.Headers["Cookie"] = $"{Name}=forged; {good}";
        Assert.Equal("/account", (await browser.GetAsync("/account")).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("chunks-1")]
    [InlineData("chunks-2")]
    [InlineData("chunks-2147483647")]
    [InlineData("chunks--1")]
    [InlineData("chunks-0")]
    public async Task A_cookie_that_claims_to_come_in_parts_breaks_nothing(string value)
    {
        using var browser = app.NewBrowser();

        await AssertSignedOutAsync(browser, value, "/account", $"{Name}={value}");
        await AssertSignedOutAsync(browser, value + " with a part", "/account", $"{Name}={value}; {Name}C1=abc");
        await AssertSignedOutAsync(browser, value, "/", $"{Name}={value}");
    }

    [Fact]
    public async Task A_cookie_beyond_what_the_server_reads_is_refused_before_the_app()
    {
        using var browser = app.NewBrowser();
        browser.SessionCookie = new string('x', 40 * 1024);

        Assert.Equal(431, (await browser.GetAsync("/")).Status);
    }

    [Fact]
    public async Task A_form_with_a_forged_cookie_is_not_accepted_and_breaks_nothing()
    {
        using var browser = app.NewBrowser();
        browser.SessionCookie = "forged";

        var answer = await browser.PostAsync("/account/sessions?handler=RevokeOthers");

        Assert.Equal(302, answer.Status);
        Assert.StartsWith("/account/login?", answer.Location, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Kind, string Value)> ForgedFrom(string good, SessionKey key, IServiceProvider services)
    {
        yield return ("empty", "");
        yield return ("a word", "forged");
        yield return ("not base64url", "****====%%%%");
        yield return ("white space", "\t a b ");
        yield return ("in quotes", $"\"{good[..^1]}\"");
        yield return ("the key without protection", key.Encode());
        for (var length = 1; length < good.Length; length += 13)
            yield return ($"cut to {length} characters", good[..length]);
        yield return ("one character more", good + "A");
        yield return ("twice in one value", good + good);
        foreach (var length in new[] { 64, 200, 256, 257, 4096, 16 * 1024, 30 * 1024 })
            yield return ($"{length} random characters", WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(length))[..length]);
        yield return ("made with another key ring", new SessionCookieFormat(new EphemeralDataProtectionProvider()).CookieWith(key));
        yield return ("made with another key ring under this ring's key id", UnderTheKeyIdOf(good, new SessionCookieFormat(new EphemeralDataProtectionProvider()).CookieWith(key)));

        // What the app does protect, but for another purpose or in another form.
        var keys = services.GetRequiredService<IDataProtectionProvider>();
        var bytes = WebEncoders.Base64UrlDecode(key.Encode());
        yield return ("for another purpose", WebEncoders.Base64UrlEncode(keys.CreateProtector("WebApp.Sessions.Ticket.v1").Protect([1, .. bytes])));
        foreach (var (kind, content) in new (string, byte[])[]
        {
            ("nothing", []), ("a version alone", [1]), ("an unknown version", [2, .. bytes]), ("no version", bytes),
            ("a byte too few", [1, .. bytes[..^1]]), ("a byte too many", [1, .. bytes, 0]), ("text", Encoding.UTF8.GetBytes(new string('x', 90))),
        })
            yield return ($"under the right purpose: {kind}", WebEncoders.Base64UrlEncode(keys.CreateProtector("WebApp.Sessions.Cookie.v1").Protect(content)));
    }

    /// <summary>Protected bytes begin with four fixed bytes and the id of the key, which is no secret.</summary>
    private static string UnderTheKeyIdOf(string good, string foreign)
    {
        var bytes = WebEncoders.Base64UrlDecode(foreign);
        WebEncoders.Base64UrlDecode(good).AsSpan(0, 20).CopyTo(bytes);
        return WebEncoders.Base64UrlEncode(bytes);
    }

    private static async Task AssertSignedOutAsync(Browser browser, string kind, string path, string cookies)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Cookie", cookies);
        var page = await browser.SendAsync(request);

        var expected = path switch { "/" => 200, "/account" => 302, _ => 404 };
        Assert.True(expected == page.Status, $"{kind}, {path}: {page.Status}");
        Assert.Empty(page.SessionCookies);
        if (page.Location is { } location)
            Assert.StartsWith("/account/login", location, StringComparison.Ordinal);
        else
            Assert.DoesNotContain("Signed in as", page.Body, StringComparison.Ordinal);
    }
}

public sealed class ForgeryOnSqlTests(SqlApp app) : ForgeryTests(app), IClassFixture<SqlApp>
{
    private static readonly string[] Table = ["FROM \"Sessions\"", "INTO \"Sessions\"", "UPDATE \"Sessions\""];

    private readonly SqlApp _app = app;

    // What EF Core says of its commands; other tables have a column of that name.
    protected override async Task<IEnumerable<string>> LookUpsOfAsync(Func<Task> act)
    {
        var before = _app.Log.LinesOfRequests.Count;
        await act();
        return _app.Log.LinesOfRequests.Skip(before).Where(line =>
            line.Contains("Executing DbCommand", StringComparison.Ordinal) && Table.Any(use => line.Contains(use, StringComparison.Ordinal)));
    }
}

public sealed class ForgeryOnRedisTests(RedisApp app) : ForgeryTests(app), IClassFixture<RedisApp>
{
    private readonly RedisApp _app = app;

    protected override async Task<IEnumerable<string>> LookUpsOfAsync(Func<Task> act) =>
        (await _app.Redis.CommandsOfAsync(act)).Where(command => command.NamesAnybody).Select(command => command.Text);
}
