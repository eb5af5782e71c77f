using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class BrowserFamilyTests
{
    private const string ChromeOnLinux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
    private const string ChromeOnAndroid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
    private const string SafariOnMac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15";
    private const string SafariOnPad = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
    private const string EdgeOnWindows = Samples.UserAgent + " Edg/142.0.0.0";

    [Theory]
    [InlineData(Browser.Firefox, "Mozilla/5.0 (Windows NT 11.0; Win64; x64; rv:200.0) Gecko/20100101 Firefox/200.0")]
    [InlineData(ChromeOnAndroid, ChromeOnLinux)]
    [InlineData(SafariOnPad, SafariOnMac)]
    [InlineData(Browser.Safari, SafariOnMac)]
    [InlineData("curl/7.88.1", "curl/8.14.1")]
    [InlineData(Browser.Firefox, "")]
    [InlineData(Browser.Firefox, "Mozilla/5.0")]
    [InlineData(Browser.Firefox, "Mozilla/5.0 (Windows NT 10.0)")]
    [InlineData("", "")]
    public void An_update_a_desktop_mode_and_what_is_left_out_are_no_other_browser(string one, string other) => AssertDiffer(false, one, other);

    [Theory]
    [InlineData(Browser.Firefox, Browser.Safari)]
    [InlineData(Browser.Firefox, "curl/8.14.1")]
    [InlineData(Samples.UserAgent, EdgeOnWindows)]
    [InlineData(Samples.UserAgent, ChromeOnLinux)]
    [InlineData(ChromeOnAndroid, SafariOnPad)]
    [InlineData(Browser.Firefox, "Mozilla/5.0 (X11; Linux x86_64)")]
    public void Another_name_or_another_system_is_another_browser(string one, string other) => AssertDiffer(true, one, other);

    [Theory]
    [InlineData(Browser.Firefox, "Firefox on Windows")]
    [InlineData(ChromeOnAndroid, "Chrome on Android or Linux")]
    [InlineData(Browser.Safari, "Safari on iOS, iPadOS or macOS")]
    [InlineData("curl/8.14.1", "A program such as curl")]
    [InlineData("HTTPie/3.2", "A program such as curl")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0)", "Unknown browser on Windows")]
    [InlineData("", "Unknown device")]
    public void A_family_is_told_in_words(string userAgent, string words) => Assert.Equal(words, FamilyOf(userAgent).ToString());

    // They are stored as numbers.
    [Fact]
    public void The_numbers_of_families_stay_what_they_are()
    {
        Assert.Equal(new(5, 1), FamilyOf(Browser.Firefox));
        Assert.Equal(new(8, 3), FamilyOf(Browser.Safari));
        Assert.Equal(new(7, 2), FamilyOf(ChromeOnAndroid));
        Assert.Equal(new(1, 1), FamilyOf(EdgeOnWindows));
        Assert.Equal(new(9, 0), FamilyOf("curl/8.14.1"));
    }

    [Fact]
    public void A_number_from_a_later_version_is_unknown_in_words() => Assert.Equal("Unknown device", new BrowserFamily(200, 200).ToString());

    private static BrowserFamily FamilyOf(string userAgent) => Device.Parse(userAgent).Family;

    private static void AssertDiffer(bool expected, string one, string other)
    {
        Assert.Equal(expected, FamilyOf(one).DiffersFrom(FamilyOf(other)));
        Assert.Equal(expected, FamilyOf(other).DiffersFrom(FamilyOf(one)));
    }
}
