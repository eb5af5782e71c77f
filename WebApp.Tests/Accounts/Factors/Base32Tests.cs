using System.Text;
using WebApp.Accounts.Factors;

namespace WebApp.Tests.Accounts.Factors;

[Trait("Lane", "Fast")]
public sealed class Base32Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Bytes_are_written_as_in_RFC_4648_without_padding(string bytes, string text) => Assert.Equal(text, Base32.Encode(Encoding.ASCII.GetBytes(bytes)));

    [Theory]
    [InlineData("MZXW6Y-TBOIAB", "MZXW6YTBOIAB")]
    [InlineData(" mzxw6y tboiab\t", "MZXW6YTBOIAB")]
    [InlineData("MZXW6Y-TB01A8", "MZXW6YTBOIAB")]
    public void What_people_type_is_what_was_written(string typed, string text) => Assert.Equal(text, Base32.Normalise(typed));
}
