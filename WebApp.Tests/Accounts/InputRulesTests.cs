using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;

namespace WebApp.Tests.Accounts;

public sealed class InputRulesTests
{
    private const string Cheese = "\U0001F9C0";

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

    [Theory]
    [InlineData("x", 14, "PasswordTooShort")]
    [InlineData("x", 15, null)]
    [InlineData(Cheese, 14, "PasswordTooShort")]
    [InlineData(Cheese, 15, null)]
    [InlineData("x", 128, null)]
    [InlineData("x", 129, "PasswordUnusable")]
    [InlineData(Cheese, 128, null)]
    [InlineData(Cheese, 129, "PasswordUnusable")]
    [InlineData("\0", 20, "PasswordUnusable")]
    [InlineData("\uFFFD", 20, "PasswordUnusable")]
    public async Task The_length_of_a_new_password_counts_in_characters_not_in_units_of_utf16(string character, int count, string? refused)
    {
        var password = string.Concat(Enumerable.Repeat(character, count));

        var result = await new PasswordRules().ValidateAsync(null!, new AppUser(), password);

        Assert.Equal(refused, result.Errors.SingleOrDefault()?.Code);
        Assert.Equal(refused is null, result.Succeeded);
    }

    [Fact]
    public async Task A_missing_password_is_too_short() =>
        Assert.Equal(["PasswordTooShort"], Codes(await new PasswordRules().ValidateAsync(null!, new AppUser(), null)));

    [Fact]
    public void A_huge_password_is_refused_before_its_characters_are_counted()
    {
        var huge = new string('x', 64 * 1024 * 1024);

        var started = TimeProvider.System.GetTimestamp();
        var usable = PasswordRules.CanBeHashed(huge);

        Assert.False(usable);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
    }

    private static IEnumerable<string> Codes(IdentityResult result) => result.Errors.Select(e => e.Code);
}
