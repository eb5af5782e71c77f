using System.Text;
using CsCheck;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;
using Xunit.Abstractions;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed class CompactUserAgentTests(ITestOutputHelper output)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly string[] Browsers =
    [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 OPR/124.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240805.005; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/127.0.6533.103 Mobile Safari/537.36",
        "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/142.0.0.0 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "curl/7.88.1",
    ];

    [Fact]
    public void Browsers_take_a_fifth_of_their_bytes_and_come_back_exactly()
    {
        foreach (var browser in Browsers)
        {
            Assert.Equal(browser, RoundTrip(browser));
            output.WriteLine($"{browser.Length,4} -> {CompactUserAgent.Encode(browser).Length,3}  {browser}");
        }

        double before = Browsers.Average(b => b.Length), after = Browsers.Average(b => CompactUserAgent.Encode(b).Length);
        output.WriteLine($"{before:0.0} bytes on average before, {after:0.0} after");
        Assert.InRange(after, 1, before / 5);
        Assert.InRange(CompactUserAgent.Encode(Browsers[0]).Length, 1, 5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("Käse/1.0 \U0001F9C0")]
    [InlineData("\0\u0001\u001f Mozilla/5.0 (\u001a\u007f")]
    public void Any_other_text_comes_back_exactly(string text) => Assert.Equal(text, RoundTrip(text));

    [Fact]
    public void Any_pieces_of_browsers_and_of_other_text_come_back_exactly() =>
        Any.UserAgent.Sample(text => Assert.Equal(text, RoundTrip(text)), iter: 3000);

    [Fact]
    public void Any_bytes_are_a_text_or_are_refused() => Any.Bytes(40).Sample(bytes =>
    {
        try
        {
            Assert.DoesNotContain('\uFFFD', CompactUserAgent.Decode(bytes, Strict));
        }
        catch (ArgumentException)
        {
            // What the record's reader expects.
        }
    }, iter: 3000);

    // What was stored before there was a short form has to stay readable in it, and so does a text of none of our browsers.
    [Fact]
    public void A_text_without_control_characters_reads_as_itself()
    {
        foreach (var browser in Browsers)
            Assert.Equal(browser, CompactUserAgent.Decode(Encoding.UTF8.GetBytes(browser), Strict));
    }

    // Numbers are stored: this fails when one is given to another fragment.
    [Fact]
    public void The_bytes_that_were_stored_keep_their_meaning()
    {
        Assert.Equal(Browsers[1], CompactUserAgent.Decode([1, .. "142"u8, 13, 17, .. "142"u8, 16], Strict));
        Assert.Equal(Browsers[7], CompactUserAgent.Decode([7, .. "145.0"u8, 19, .. "145.0"u8], Strict));
        Assert.Equal(Browsers[15], CompactUserAgent.Decode([11, .. "10; K"u8, 21, .. "SamsungBrowser/29.0 "u8, 25, .. "136"u8, 14], Strict));
        Assert.Equal(Browsers[22], CompactUserAgent.Decode([10, .. "18_6"u8, 20, 24, .. "18.6"u8, 22], Strict));
        Assert.Equal("\u0001Mobile", CompactUserAgent.Decode([0, 1, 26], Strict));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        foreach (var bytes in new byte[][] { [31], [0], [.. "x"u8, 0], [0xFF], [0xC3, 1] })
            Assert.ThrowsAny<ArgumentException>(() => CompactUserAgent.Decode(bytes, Strict));
        // A damaged record must not take the process with it.
        Assert.InRange(CompactUserAgent.Decode(Enumerable.Repeat((byte)1, ushort.MaxValue).ToArray(), Strict).Length, Device.MaxUserAgentBytes, int.MaxValue);
    }

    [Fact]
    public void The_sample_is_a_typical_one() => Assert.InRange(CompactUserAgent.Encode(Samples.UserAgent).Length, 1, 8);

    private static string RoundTrip(string text) => CompactUserAgent.Decode(CompactUserAgent.Encode(text), Strict);
}
