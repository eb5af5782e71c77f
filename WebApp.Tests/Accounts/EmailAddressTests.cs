using CsCheck;
using WebApp.Accounts;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts;

[Trait("Lane", "Fast")]
public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("Zoe@Example.COM", "Zoe@example.com")]
    [InlineData(" zoe@example.com. ", "zoe@example.com")]
    [InlineData("\u200Bzoe@exam\u00ADple.com\uFEFF", "zoe@example.com")]
    [InlineData("\u202Azoe@example.com\u202C", "zoe@example.com")]
    [InlineData("zoe@bücher.example", "zoe@bücher.example")]
    [InlineData("zoe@BÜCHER.example", "zoe@bücher.example")]
    [InlineData("zoe@bu\u0308cher.example", "zoe@bücher.example")]
    [InlineData("zoe@xn--bcher-kva.example", "zoe@bücher.example")]
    [InlineData("zoe@XN--BCHER-KVA.EXAMPLE.", "zoe@bücher.example")]
    [InlineData("zoe@mail.xn--bcher-kva.xn--p1ai", "zoe@mail.bücher.рф")]
    [InlineData("zoe@straße.example", "zoe@straße.example")]
    [InlineData("zoe@xn--strae-oqa.example", "zoe@straße.example")]
    [InlineData("zoe@İstanbul.example", "zoe@i\u0307stanbul.example")]
    [InlineData("zoe\u0308@example.com", "zoë@example.com")]
    [InlineData("ｚｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "zoe@example.com")]
    [InlineData("zoe@例え。テスト", "zoe@例え.テスト")]
    // What stands for nothing, or for what nobody could type, stays as it is.
    [InlineData("zoe@xn--zzzzzzzzz9.example", "zoe@xn--zzzzzzzzz9.example")]
    [InlineData("zoe@xn--.example", "zoe@xn--.example")]
    [InlineData("zoe", "zoe")]
    [InlineData("zoe@büch", "zoe@büch")]
    [InlineData(null, "")]
    public void An_address_has_one_form_however_it_is_written(string? typed, string form) =>
        Assert.Equal(form, EmailAddress.Of(typed));

    [Fact]
    public void The_form_of_an_address_is_its_own_form() =>
        Any.WholeText.Select(Any.WholeText, (local, domain) => $"{local}@{domain}").Sample(text =>
    {
        var form = EmailAddress.Of(text);

        Assert.Equal(form, EmailAddress.Of(form));
        Assert.Equal(EmailAddress.KeyOf(text), EmailAddress.KeyOf(form));
        Assert.Equal(EmailAddress.KeyOf(text), EmailAddress.KeyOf(text.ToUpperInvariant()), ignoreCase: true);
    }, iter: 2000);

    [Theory]
    [InlineData("zoe@example.com", true)]
    [InlineData("zoe@localhost", true)]
    [InlineData("o'neil+x@bücher.example", true)]
    [InlineData("zoe", false)]
    [InlineData("@example.com", false)]
    [InlineData("zoe@", false)]
    [InlineData("zoe@one@two", false)]
    [InlineData("zoe king@example.com", false)]
    [InlineData("Zoe <zoe@example.com>", false)]
    [InlineData("zoe@example.com,bob@example.com", false)]
    public void An_address_has_two_parts_and_nothing_around_them(string text, bool expected) =>
        Assert.Equal(expected, EmailAddress.IsAddress(text));

    [Theory]
    [InlineData("zoe@example.com", true, true)]
    [InlineData("zoe@bücher.рф", true, true)]
    [InlineData("zoe@3com.example", true, true)]
    [InlineData("zoe@localhost", false, true)]
    [InlineData("zoe@-example.com", false, false)]
    [InlineData("zoe@example-.com", false, false)]
    [InlineData("zoe@example..com", false, false)]
    [InlineData("zoe@.example.com", false, false)]
    [InlineData("zoe@exam_ple.com", false, false)]
    [InlineData("zoe@192.0.2.1", false, false)]
    [InlineData("zoe@[192.0.2.1]", false, false)]
    [InlineData("zoe@xn--zzzzzzzzz9.example", false, false)]
    [InlineData("zoe@🧀.example", false, false)]
    public void A_domain_is_one_that_mail_can_find(string address, bool dotted, bool near)
    {
        Assert.Equal(dotted, EmailAddress.HasGoodDomain(address, dotted: true));
        Assert.Equal(near, EmailAddress.HasGoodDomain(address, dotted: false));
    }

    [Fact]
    public void A_label_has_at_most_63_characters_in_the_notation_of_the_DNS()
    {
        Assert.True(EmailAddress.HasGoodDomain($"zoe@{new string('a', 63)}.example", dotted: true));
        Assert.False(EmailAddress.HasGoodDomain($"zoe@{new string('a', 64)}.example", dotted: true));
        Assert.False(EmailAddress.HasGoodDomain($"zoe@{new string('ü', 63)}.example", dotted: true));
    }
}
