using System.Net;
using WebApp.Sessions;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class NetworkTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", false)]
    [InlineData("203.0.113.0", "203.0.113.255", false)]
    [InlineData("203.0.113.7", "203.0.112.7", true)]
    [InlineData("203.0.113.7", "198.51.100.7", true)]
    [InlineData("2001:db8:1::1", "2001:db8:1:ffff::2", false)]
    [InlineData("2001:db8:1::1", "2001:db8:2::1", true)]
    [InlineData("::", "0.0.0.0", false)] // A machine that speaks both versions changes between them at will.
    [InlineData("203.0.113.7", "2001:db8::1", false)]
    [InlineData(null, "203.0.113.7", false)]
    [InlineData(null, null, false)]
    public void Addresses_differ_by_their_first_24_or_48_bits_and_never_when_one_is_unknown(string? one, string? other, bool differ)
    {
        var (first, second) = (one is null ? null : IPAddress.Parse(one), other is null ? null : IPAddress.Parse(other));

        Assert.Equal(differ, Network.Differ(first, second));
        Assert.Equal(differ, Network.Differ(second, first));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.0")]
    [InlineData("203.0.113.0", "203.0.113.0")]
    [InlineData("2001:db8:1:ffff::2", "2001:db8:1::")]
    [InlineData("::1", "::")]
    public void A_cut_address_is_its_network_and_differs_from_nothing_that_the_whole_one_does_not(string address, string network)
    {
        var (whole, cut) = (IPAddress.Parse(address), Network.Of(IPAddress.Parse(address)));

        Assert.Equal(IPAddress.Parse(network), cut);
        foreach (var other in new[] { "203.0.113.200", "203.0.112.7", "2001:db8:1::9", "2001:db8:2::9" })
            Assert.Equal(Network.Differ(whole, IPAddress.Parse(other)), Network.Differ(cut, Network.Of(IPAddress.Parse(other))));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.0", "203.0.113.0/24")]
    [InlineData("2001:db8:1::9", "2001:db8:1::9")]
    [InlineData("2001:db8:1::", "2001:db8:1::/48")]
    [InlineData(null, "unknown")]
    public void An_address_of_which_only_the_network_is_known_reads_as_one(string? address, string words) =>
        Assert.Equal(words, Network.Describe(address is null ? null : IPAddress.Parse(address)));
}
