using CsCheck;
using WebApp.Accounts.Factors;
using WebApp.Texts;

namespace WebApp.Tests.Texts;

[Trait("Lane", "Fast")]
public sealed class TypedCodeTests
{
    private static readonly string[] Between =
        ["", " ", "-", "\u00A0", "\u202F", "\u2010", "\u2013", "\u2212", "－", "ー", "\u200E", "\u2069", "\t"];

    // Where the digits of a script begin: ASCII, Arabic, Persian, Devanagari, Bengali, Thai, wide, mathematical.
    private static readonly int[] Zeros = ['0', 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10, 0x1D7CE];

    [Theory]
    [InlineData("123456", "123456")]
    [InlineData(" 123 456\u200E", "123456")]
    [InlineData("١٢٣-٤٥٦", "123456")]
    [InlineData("１２３　４５６", "123456")]
    [InlineData("\u202A123\u2013456\u202C", "123456")]
    [InlineData("ＡＢ-cd", "ABcd")]
    [InlineData("12x", "12x")]
    [InlineData("²", "²")]
    public void A_code_is_its_digits_and_letters(string typed, string code) => Assert.Equal(code, TypedCode.Of(typed));

    [Fact]
    public void The_code_of_an_app_is_good_in_whatever_digits_and_groups_it_is_typed() =>
        Gen.Select(Gen.OneOf(Zeros), Gen.OneOf(Between).Array[6]).Sample((zero, between) =>
        {
            var (key, now) = (new byte[TotpCodes.KeySize], DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
            var code = TotpCodes.CodeAt(key, TotpCodes.StepAt(now));

            var typed =
                string.Concat(code.Zip(between, (digit, gap) => gap + char.ConvertFromUtf32(zero + digit - '0')));

            Assert.Equal(TotpCodes.StepAt(now), TotpCodes.FindStep(key, typed, now));
        });

    [Fact]
    public void A_recovery_code_is_good_in_wide_letters_and_with_other_dashes() =>
        Assert.Equal("ABCDEF234567", Base32.Normalise("\u200Eａｂｃ\u2011ｄｅf \u2014２３４ー567"));
}
