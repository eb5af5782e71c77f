using System.ComponentModel.DataAnnotations;
using CsCheck;
using WebApp.Tests.Testing;
using WebApp.Texts;

namespace WebApp.Tests.Texts;

[Trait("Lane", "Fast")]
public sealed class ShownTextTests
{
    [Theory]
    [InlineData("  Zoë O’Neil 🧀 ", "Zoë O’Neil 🧀")]
    [InlineData("Zoe\u0308", "Zoë")]
    [InlineData("\uFEFFAda\u200B", "Ada")]
    [InlineData("A\u00ADd\u2060a", "Ada")]
    [InlineData("\u2066עברית\u2069", "עברית")]
    [InlineData("Ada\U000E0041\uFE0F", "Ada")]
    [InlineData("\u200B \u2060", "")]
    [InlineData(null, "")]
    public void What_nobody_sees_is_left_out(string? typed, string shown) => Assert.Equal(shown, ShownText.Of(typed));

    [Theory]
    [InlineData("Zoë O’Neil 🧀 עברית", true)]
    [InlineData("7", true)]
    [InlineData("\u200EAda", true)]
    [InlineData("", false)]
    [InlineData(" \u00A0\u3000", false)]
    [InlineData("\u200B\u2060", false)]
    [InlineData("\u3164", false)]
    [InlineData("\u115F\u1160\uFFA0", false)]
    [InlineData("\u2800", false)]
    [InlineData("\u0301", false)]
    [InlineData("\u202EecilA", false)]
    [InlineData("Ada \u202Dx", false)]
    [InlineData("Ada\nKing", false)]
    [InlineData("Ada\u2028King", false)]
    [InlineData("a\0b", false)]
    [InlineData("a\uFFFDb", false)]
    [InlineData("a\uD83Eb", false)]
    public void A_name_has_something_to_see_and_nothing_that_turns_it(string typed, bool good) =>
        Assert.Equal(good, ShownText.IsGood(typed));

    [Theory]
    [InlineData("first line\r\n\tsecond line", true)]
    [InlineData("\r\n\t", false)]
    [InlineData("first\u001b[31m", false)]
    [InlineData("\u202Esecret", false)]
    public void A_note_may_have_lines(string typed, bool good) =>
        Assert.Equal(good, ShownText.IsGood(typed, lines: true));

    [Fact]
    public void Whatever_is_good_is_shown_as_something_and_as_that_for_good() =>
        Any.WholeText.Where(text => ShownText.IsGood(text)).Sample(text =>
    {
        var shown = ShownText.Of(text);

        Assert.NotEmpty(shown);
        Assert.Equal(shown, ShownText.Of(shown));
        Assert.DoesNotContain(shown.EnumerateRunes(), ShownText.IsIgnorable);
    }, iter: 2000);

    [Fact]
    public void The_length_that_counts_is_that_of_what_is_kept()
    {
        var rule = new VisibleTextAttribute(3) { ErrorMessage = "too long", Unusable = "unusable" };

        Assert.Null(Judge("abc\u200B\u200B"));
        Assert.Null(Judge(null));
        Assert.Null(Judge(""));
        Assert.Equal("too long", Judge("abcd"));
        Assert.Equal("too long", Judge("\u0958\u0958"));
        Assert.Equal("unusable", Judge("\u2060"));

        string? Judge(string? text) => rule.GetValidationResult(text, new ValidationContext(this))?.ErrorMessage;
    }
}
