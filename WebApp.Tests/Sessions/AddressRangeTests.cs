using System.Net;
using WebApp.Sessions;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7")]
    [InlineData(" 192.0.2.77/24 ", "192.0.2.0/24", "192.0.2.0", "192.0.2.255")]
    [InlineData("10.11.12.13/12", "10.0.0.0/12", "10.0.0.0", "10.15.255.255")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7/120", "192.0.2.0/24", "192.0.2.0", "192.0.2.255")]
    [InlineData("2001:DB8:0:1::/33", "2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff")]
    public void A_range_has_a_first_and_a_last_address(string text, string shown, string first, string last)
    {
        var range = AddressRange.Parse(text, null);

        Assert.Equal((shown, first, last), (range.ToString(), range.First.ToString(), range.Last.ToString()));
        Assert.True(range.Contains(range.First) && range.Contains(range.Last));
        Assert.False(range.Contains(null));
        Assert.False(range.Contains(IPAddress.Parse("2001:db9::")) && range.First.GetAddressBytes().Length == 4);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("1.2.3")]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4/-1")]
    [InlineData("1.2.3.4/")]
    [InlineData("1.2.3.4/8/8")]
    [InlineData("::/129")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("example.com")]
    public void What_is_no_address_and_no_network_is_refused(string? text) => Assert.False(AddressRange.TryParse(text, null, out _));
}
