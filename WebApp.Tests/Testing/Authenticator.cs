using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace WebApp.Tests.Testing;

/// <summary>An authenticator app on a person's phone. It shares no code with the server's: both follow the RFCs.</summary>
/// <param name="clock">The phone's.</param>
/// <param name="keyText">As the page shows it.</param>
public sealed class Authenticator(TestClock clock, string keyText)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The bytes that app and server share.</summary>
    public byte[] Key { get; } = Decode(keyText);

    /// <summary>What the app shows.</summary>
    public string Code => CodeAt(TimeSpan.Zero);

    /// <summary>What it would show with a clock that is ahead of ours; behind, with a negative time.</summary>
    public string CodeAt(TimeSpan ahead)
    {
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, (clock.GetUtcNow() + ahead).ToUnixTimeSeconds() / 30);
#pragma warning disable CA5350 // The algorithm that all apps have.
        var hash = HMACSHA1.HashData(Key, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>A code that the app shows at no time near this one.</summary>
    public string WrongCode()
    {
        var near = Enumerable.Range(-4, 9).Select(step => CodeAt(TimeSpan.FromSeconds(30 * step))).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, 100).Select(i => $"{i:D6}").First(code => !near.Contains(code));
    }

    private static byte[] Decode(string text)
    {
        var bits = string.Concat(text.Where(char.IsLetterOrDigit).Select(c => Convert.ToString(Alphabet.IndexOf(c), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(chunk => chunk.Length == 8).Select(chunk => Convert.ToByte(new string(chunk), 2))];
    }
}

/// <summary>People with second factors, through the pages.</summary>
public static class SecondFactorSteps
{
    /// <summary>A browser in which a person who has just registered, and set up an authenticator app, is signed in.</summary>
    public static async Task<(Browser Browser, Authenticator App, IReadOnlyList<string> RecoveryCodes)> NewUserWithAppAsync(this TestApp app)
    {
        var browser = await app.NewUserAsync();
        var (authenticator, codes) = await browser.SetUpAppAsync(app.Clock);
        return (browser, authenticator, codes);
    }

    /// <summary>Sets an authenticator app up. The clock moves on to the app's next code, because the one it was set up with is spent.</summary>
    public static async Task<(Authenticator App, IReadOnlyList<string> RecoveryCodes)> SetUpAppAsync(this Browser browser, TestClock clock)
    {
        var page = await browser.GetAsync("/account/security/authenticator");
        var authenticator = new Authenticator(clock, page.Document.QuerySelector("#key")!.TextContent);
        page = await page.Fill("Code", authenticator.Code).PressAsync(page.ButtonLike("the app"));
        Assert.Equal(200, page.Status);
        clock.Advance(TimeSpan.FromSeconds(30));
        return (authenticator, page.RecoveryCodes());
    }

    /// <summary>The recovery codes that the page shows; empty when it shows none.</summary>
    public static IReadOnlyList<string> RecoveryCodes(this Page page) => [.. page.Document.QuerySelectorAll(".codes code").Select(code => code.TextContent)];

    /// <summary>Enters a code on the page of the second step and goes on.</summary>
    public static Task<Page> EnterCodeAsync(this Page page, string code, bool remember = false)
    {
        Assert.Equal("/account/second-factor", page.Address.AbsolutePath);
        if (remember)
            ((AngleSharp.Html.Dom.IHtmlInputElement)page.Document.QuerySelector("#RememberBrowser")!).IsChecked = true;
        return page.Fill("Code", code).PressAsync("Sign in", "main");
    }

    /// <summary>Enters a recovery code instead.</summary>
    public static async Task<Page> EnterRecoveryCodeAsync(this Browser browser, string code, bool remember = false) =>
        await (await browser.GetAsync("/account/second-factor?recovery=true")).EnterCodeAsync(code, remember);

    /// <summary>Both steps; the browser is at the sessions page then.</summary>
    public static async Task<Page> SignInWithCodeAsync(this Browser browser, string email, Authenticator app, bool remember = false)
    {
        var page = await (await browser.TrySignInAsync(email, Browser.Password)).EnterCodeAsync(app.Code, remember);
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        return page;
    }

    private static string ButtonLike(this Page page, string words) =>
        page.Document.QuerySelectorAll("main button").Select(button => button.TextContent.Trim()).First(text => text.Contains(words, StringComparison.Ordinal));
}
