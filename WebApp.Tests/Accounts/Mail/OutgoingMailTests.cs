using WebApp.Accounts.Mail;

namespace WebApp.Tests.Accounts.Mail;

[Trait("Lane", "Fast")]
public sealed class OutgoingMailTests
{
    [Theory]
    [InlineData("victim@example.com\r\nBcc: others@example.com")]
    [InlineData("victim@example.com\nX: y")]
    [InlineData("victim@example.com\0")]
    public void A_line_break_in_the_address_or_the_subject_is_refused(string text)
    {
        var mail = new OutgoingMail("someone@example.com", "Hello", []);

        Assert.Throws<ArgumentException>(() => new OutgoingMail(text, "Hello", []));
        Assert.Throws<ArgumentException>(() => new OutgoingMail("someone@example.com", text, []));
        Assert.Throws<ArgumentException>(() => mail with { Subject = text });
        Assert.Throws<ArgumentException>(() => mail with { To = text });
    }

    [Theory]
    [InlineData("someone@example.com", true)]
    [InlineData("zoë@example.com", true)]
    [InlineData("someone@bücher.example", true)]
    [InlineData("someone@xn--bcher-kva.example", true)]
    [InlineData("some.one+tag@example.com", true)]
    [InlineData("someone@localhost", true)]
    [InlineData("someone", false)]
    [InlineData("someone@", false)]
    [InlineData(" someone@example.com", false)]
    [InlineData("@relay.example:someone@example.com", false)]
    [InlineData("victim@example.com <attacker@evil.example>", false)]
    [InlineData("<attacker@evil.example>", false)]
    [InlineData("one@example.com,two@example.com", false)]
    [InlineData("one@example.com;two@example.com", false)]
    [InlineData("one@two@example.com", false)]
    [InlineData("(one)@example.com", false)]
    public void Only_one_bare_address_is_an_address(string text, bool expected) => Assert.Equal(expected, OutgoingMail.IsAddress(text));

    [Fact]
    public void What_people_typed_is_text_in_both_parts()
    {
        var mail = new OutgoingMail("someone@example.com", "A <b>", ["Hello <img src=https://evil.example/x>"]) { Links = [new("Go & see", new("https://example.com/a?t=b&c=d"))] };

        Assert.Equal("Hello <img src=https://evil.example/x>\n\nGo & see:\nhttps://example.com/a?t=b&c=d\n", mail.ToText());
        Assert.Contains("<title>A &lt;b&gt;</title>", mail.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("<p>Hello &lt;img src=https://evil.example/x&gt;</p>", mail.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("<a href=\"https://example.com/a?t=b&amp;c=d\">Go &amp; see</a>", mail.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_nothing_of_itself_to_a_log() =>
        Assert.Equal("OutgoingMail", new OutgoingMail("someone@example.com", "Hello", []).ToString());
}
