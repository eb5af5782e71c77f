using System.Text;
using CsCheck;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class DeviceTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on macOS", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (Android 15; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android", DeviceKind.Tablet)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox on iOS", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Windows", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on macOS", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on ChromeOS", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Android", DeviceKind.Tablet)]
    [InlineData("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1", "Chrome on iPadOS", DeviceKind.Tablet)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36", "Chromium on Linux", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36", "Chrome on Linux", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0", "Edge on Android", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/142.0.0.0 Mobile/15E148 Safari/604.1", "Edge on iOS", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", "Safari on macOS", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iOS", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPadOS", DeviceKind.Tablet)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera on Linux", DeviceKind.Desktop)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1 OPT/6.1.0", "Opera on iOS", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android", DeviceKind.Phone)]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Unknown device", DeviceKind.Unknown)]
    [InlineData("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", "Chrome", DeviceKind.Unknown)]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Unknown browser on Windows", DeviceKind.Desktop)]
    [InlineData("curl/7.88.1", "curl", DeviceKind.Program)]
    [InlineData("python-requests/2.32.3", "python-requests", DeviceKind.Program)]
    [InlineData("Go-http-client/2.0", "Go-http-client", DeviceKind.Program)]
    [InlineData("Mozilla/5.0", "Unknown device", DeviceKind.Unknown)]
    [InlineData("x", "Unknown device", DeviceKind.Unknown)]
    [InlineData("", "Unknown device", DeviceKind.Unknown)]
    [InlineData("<script>alert(1)</script> \U0001F9C0", "Unknown device", DeviceKind.Unknown)]
    public void A_user_agent_is_told_in_words_for_people(string userAgent, string words, DeviceKind kind)
    {
        var device = Device.Parse(userAgent);

        Assert.Equal(words, device.ToString());
        Assert.Equal(kind, device.Kind);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("\t\r\n\0", "")]
    [InlineData(" Firefox/145.0 ", "Firefox/145.0")]
    [InlineData("a\u001b[31mb\u0001c\u007fd\u0085e", "a [31mb c d e")]
    [InlineData("Fire\r\nfox", "Fire  fox")]
    [InlineData("\u202Exof\u2066\u200B\uFEFFeriF\u2069", "xof   eriF")]
    [InlineData("a\u2028b\u2029c", "a b c")]
    [InlineData("Käse \U0001F9C0", "Käse \U0001F9C0")]
    public void Only_visible_text_of_a_user_agent_is_kept(string? userAgent, string expected) => Assert.Equal(expected, Device.Clean(userAgent));

    [Theory]
    [InlineData("x", 512)]
    [InlineData("ä", 256)]
    [InlineData("€", 170)]
    [InlineData("\U0001F9C0", 128)]
    public void A_long_user_agent_is_cut_after_a_whole_character(string character, int kept)
    {
        var clean = Device.Clean(string.Concat(Enumerable.Repeat(character, 20_000)));

        Assert.Equal(kept, clean.EnumerateRunes().Count());
        Assert.InRange(Encoding.UTF8.GetByteCount(clean), Device.MaxUserAgentBytes - 3, Device.MaxUserAgentBytes);
        Assert.Equal(clean, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.UTF8.GetBytes(clean)));
    }

    // Not InlineData: an attribute can't hold half a character.
    [Fact]
    public void Half_a_character_becomes_a_replacement_character()
    {
        Assert.Equal("a\uFFFDb", Device.Clean("a\uD83Eb"));
        Assert.Equal("\uFFFD", Device.Clean("\uDDC0"));
        Assert.Equal(new string('\uFFFD', Device.MaxUserAgentBytes / 3), Device.Clean(new string('\uD83E', 20_000)));
    }

    [Fact]
    public void A_character_that_straddles_the_limit_is_left_out_whole()
    {
        var fits = new string('x', Device.MaxUserAgentBytes - 4) + "\U0001F9C0";

        Assert.Equal(fits, Device.Clean(fits));
        Assert.Equal(new string('x', Device.MaxUserAgentBytes - 3), Device.Clean(new string('x', Device.MaxUserAgentBytes - 3) + "\U0001F9C0y"));
    }

    [Fact]
    public void Any_text_is_of_a_family_that_has_a_name() => Gen.OneOf(Any.Text, Any.UserAgent).Sample(text =>
    {
        var family = Device.FamilyOf(text);

        Assert.Equal(Device.Parse(text).Family, family);
        Assert.Equal(family, Device.FamilyOf(text));
        Assert.InRange(family.Browser, 0, Device.KnownBrowsers.Count);
        Assert.InRange(family.System, 0, Device.KnownSystems.Count);
        Assert.NotEmpty(family.ToString());
        Assert.False(family.DiffersFrom(family));
    }, iter: 1000);

    [Fact]
    public void What_is_kept_of_any_text_is_visible_short_and_stays_as_it_is() => Any.Text.Array[0, 40].Sample(texts =>
    {
        var clean = Device.Clean(string.Concat(texts));

        Assert.Equal(clean, Device.Clean(clean));
        Assert.DoesNotContain(clean, char.IsControl);
        Assert.InRange(Encoding.UTF8.GetByteCount(clean), 0, Device.MaxUserAgentBytes);
    }, iter: 1000);
}
