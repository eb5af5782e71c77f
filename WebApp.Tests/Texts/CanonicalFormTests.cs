using CsCheck;
using WebApp.Tests.Testing;
using WebApp.Texts;

namespace WebApp.Tests.Texts;

[Trait("Lane", "Fast")]
public sealed class CanonicalFormTests
{
    private static readonly string[] Marks = ["\u0323", "\u0301", "\u0327", "\u0345"];

    // From the examples of UAX #15 and of NormalizationTest.txt.
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Zoë", "Zoë")]
    [InlineData("Zoe\u0308", "Zoë")]
    [InlineData("\u212B", "Å")]
    [InlineData("A\u030A", "Å")]
    [InlineData("s\u0323\u0307", "\u1E69")]
    [InlineData("s\u0307\u0323", "\u1E69")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\uAC00\u11A7", "\uAC00\u11A7")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\uFA19", "\u795E")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\u0301a", "\u0301a")]
    [InlineData("ﬁ", "ﬁ")]
    public void A_letter_and_its_marks_become_one_wherever_there_is_one(string text, string composed) =>
        Assert.Equal(composed, CanonicalForm.Of(text));

    [Fact]
    public void What_is_composed_stays_as_it_is() => Any.WholeText.Sample(text =>
    {
        var composed = CanonicalForm.Of(text);

        Assert.Equal(composed, CanonicalForm.Of(composed));
    }, iter: 2000);

    [Fact]
    public void Marks_that_do_not_touch_may_be_typed_in_any_order() =>
        Gen.Shuffle(Marks).Sample(marks =>
            Assert.Equal(CanonicalForm.Of("o\u0327\u0323\u0301\u0345"), CanonicalForm.Of("o" + string.Concat(marks))));

    [Fact]
    public void Thousands_of_marks_take_no_more_than_their_length()
    {
        var few = new string('\u0301', 1_000) + new string('\u0323', 1_000);
        var many = new string('\u0301', 50_000) + new string('\u0323', 50_000);

        Assert.InRange(
            Fastest.Of(() => CanonicalForm.Of(many)), TimeSpan.Zero, 500 * Fastest.Of(() => CanonicalForm.Of(few)));
    }
}
