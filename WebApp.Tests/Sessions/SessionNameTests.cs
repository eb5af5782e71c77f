using System.Text.RegularExpressions;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionNameTests
{
    [Fact]
    public void A_session_always_has_the_same_name()
    {
        var id = SessionId.Parse("0123456789abcdef0123456789abcdef", null);

        Assert.Equal(SessionName.Of(id), SessionName.Of(id));
        Assert.Equal("red-1".ToUpperInvariant(), SessionName.Of(default).ToString());
    }

    [Fact]
    public void Every_colour_and_number_is_used_about_as_often()
    {
        var names = Enumerable.Range(0, 80_000).Select(_ => SessionName.Of(SessionId.New())).ToList();

        Assert.All(names, name => Assert.InRange(name.Number, 1, 99));
        Assert.Equal(8 * 99, names.Distinct().Count());
        Assert.All(names.CountBy(name => name.Colour), colour => Assert.InRange(colour.Value, 9_000, 11_000));
    }

    // WCAG 2.2, 1.4.3. The word stands on the colour itself, so one number holds in the light and in the dark.
    [Fact]
    public void White_can_be_read_on_every_colour()
    {
        var css = File.ReadAllText(Path.Combine(Repository.Root, "WebApp", "wwwroot", "site.css"));

        Assert.All(SessionName.Colours, colour =>
        {
            var background = Regex.Match(css, $@"\.called\.{colour} \{{ background: #([0-9a-f]{{6}}); \}}").Groups[1].Value;
            Assert.True(1.05 / (Luminance(Convert.FromHexString(background)) + 0.05) >= 4.5, $"{colour} is dark enough");
        });
    }

    private static double Luminance(byte[] rgb)
    {
        var linear = rgb.Select(part => part / 255.0).Select(part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }
}
