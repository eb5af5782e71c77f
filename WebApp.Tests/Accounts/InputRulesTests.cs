using WebApp.Accounts;
using WebApp.Accounts.Passwords;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

[Trait("Lane", "Fast")]
public sealed class InputRulesTests
{
    [Fact]
    public void Missing_and_empty_texts_are_left_to_other_rules()
    {
        Assert.True(new PlainTextAttribute().IsValid(null));
        Assert.True(new PlainTextAttribute().IsValid(""));
        Assert.True(new PasswordTextAttribute().IsValid(null));
        Assert.True(new PasswordTextAttribute().IsValid(""));
    }

    [Theory]
    [InlineData("Zoë O’Neil 🧀 עברית", true)]
    [InlineData("first line\r\n\tsecond line", true)]
    [InlineData("a\0b", false)]
    [InlineData("a\u001b[31m", false)]
    [InlineData("a\u007f", false)]
    [InlineData("a\u0085b", false)]
    [InlineData("a\uFFFDb", false)]
    public void Plain_text_has_no_control_characters_and_nothing_undecodable(string text, bool valid) =>
        Assert.Equal(valid, new PlainTextAttribute().IsValid(text));

    [Fact]
    public void Half_a_character_is_neither_plain_text_nor_a_password()
    {
        Assert.False(new PlainTextAttribute().IsValid("a\uD83Eb"));
        Assert.False(new PasswordTextAttribute().IsValid("a\uD83Eb"));
    }

    // Control characters in a password harm nobody: it is only ever hashed.
    [Theory]
    [InlineData("\u0001 \t \u007f", true)]
    [InlineData("passwörd 🧀", true)]
    [InlineData("pass\0word", false)]
    [InlineData("pass\uFFFDword", false)]
    public void A_password_may_hold_all_that_can_be_verified_as_it_was_typed(string password, bool valid) =>
        Assert.Equal(valid, new PasswordTextAttribute().IsValid(password));

    [Fact]
    public void A_huge_password_is_refused_before_its_characters_are_counted()
    {
        var huge = new string('x', 64 * 1024 * 1024);

        Assert.False(PasswordRules.CanBeHashed(huge));

        Assert.InRange(Fastest.Of(() => PasswordRules.CanBeHashed(huge)), TimeSpan.Zero, Fastest.Of(() => huge.EnumerateRunes().Count()) / 10);
    }
}
