using CsCheck;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionIdTests
{
    private const string Text = "00112233445566778899aabbccddeeff";

    [Fact]
    public void An_id_is_written_as_32_lower_case_hexadecimal_digits_and_read_back()
    {
        var id = SessionId.Parse(Text, null);

        Assert.Equal(Text, id.ToString());
        Assert.Equal(id, SessionId.Parse(id.ToString(), null));
        Assert.Equal(new string('0', 32), default(SessionId).ToString());
    }

    [Fact]
    public void The_bytes_of_an_id_are_in_the_order_of_its_digits()
    {
        var bytes = new byte[SessionId.Size + 1];

        SessionId.Parse(Text, null).Write(bytes);

        Assert.Equal(Text + "00", Convert.ToHexStringLower(bytes));
        Assert.Equal(Text, SessionId.Read(bytes).ToString());
    }

    [Fact]
    public void Upper_case_digits_name_the_same_session() => Assert.Equal(SessionId.Parse(Text, null), SessionId.Parse(Text.ToUpperInvariant(), null));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00112233445566778899aabbccddeef")]
    [InlineData("00112233445566778899aabbccddeeff0")]
    [InlineData("00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("0x112233445566778899aabbccddeeff")]
    [InlineData("g0112233445566778899aabbccddeeff")]
    [InlineData(" 0112233445566778899aabbccddeeff")]
    [InlineData("00112233445566778899aabbccddeef ")]
    [InlineData("00112233445566778899aabbccddeef\0")]
    [InlineData("0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("-0112233445566778899aabbccddeeff")]
    [InlineData("+0112233445566778899aabbccddeeff")]
    [InlineData("٠٠112233445566778899aabbccddeeff")]
    public void Anything_else_is_no_id(string? text)
    {
        Assert.False(SessionId.TryParse(text, null, out var id));
        Assert.Equal(default, id);
        Assert.Throws<FormatException>(() => SessionId.Parse(text!, null));
    }

    [Fact]
    public void Text_and_bytes_of_any_two_ids_come_back_and_stand_in_one_order() =>
        Gen.Select(Any.SessionId, Any.SessionId).Sample((one, other) =>
        {
            Span<byte> bytes = stackalloc byte[SessionId.Size];
            one.Write(bytes);

            Assert.Equal(one, SessionId.Read(bytes));
            Assert.Equal(one, SessionId.Parse(one.ToString(), null));
            Assert.Equal(Convert.ToHexStringLower(bytes), one.ToString());
            Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(string.CompareOrdinal($"{one}", $"{other}")));
        }, iter: 2000);

    [Fact]
    public void New_ids_fill_all_their_bits()
    {
        var ids = Enumerable.Range(0, 200).Select(_ => SessionId.New().Value).ToList();

        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(UInt128.MaxValue, ids.Aggregate((all, id) => all | id));
        Assert.Equal(UInt128.Zero, ids.Aggregate((all, id) => all & id));
    }
}
