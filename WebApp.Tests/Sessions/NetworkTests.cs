using System.Net;
using System.Net.Sockets;
using CsCheck;
using WebApp.Sessions;
using WebApp.Tests.Testing;

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

    [Fact]
    public void Of_any_two_addresses_the_networks_alone_tell_whether_they_differ() =>
        Neighbours.Sample((one, other) =>
        {
            Assert.Equal(Network.Differ(one, other), Network.Differ(other, one));
            Assert.Equal(Network.Differ(one, other), Network.Differ(Network.Of(one), other));
            Assert.Equal(Network.Differ(one, other), Network.Differ(Network.Of(one), Network.Of(other)));
            Assert.Equal(Network.Of(one), Network.Of(Network.Of(one)));
        }, iter: 1000);

    /// <summary>The other has as much of the one's beginning as there is.</summary>
    private static Gen<(IPAddress One, IPAddress Other)> Neighbours => Gen.Select(
        Any.Address, Any.Address, Gen.Int[0, 16],
        (one, another, same) =>
        {
            byte[] bytes = [.. one.GetAddressBytes().Take(same), .. another.GetAddressBytes().Skip(same)];
            return (one, bytes.Length is 4 or 16 ? new IPAddress(bytes) : another);
        });

    [Fact]
    public void A_bit_of_an_address_counts_if_it_is_of_the_network_and_only_then() => Gen.OneOf(
        Gen.Select(Any.AddressOfV4, Gen.Int[0, 31], Gen.Const(24)),
        Gen.Select(Any.AddressOfV6, Gen.Int[0, 127], Gen.Const(48)))
        .Sample((address, bit, size) =>
        {
            var bytes = address.GetAddressBytes();
            bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
            var other = new IPAddress(bytes);

            Assert.Equal(bit < size, Network.Differ(address, other));
            Assert.Equal(bit < size, !Network.Of(address).Equals(Network.Of(other)));
            Assert.Equal(bit < size, Network.DescribeNetwork(address) != Network.DescribeNetwork(other));
        }, iter: 1000);

    [Fact]
    public void The_words_for_any_network_name_an_address_and_the_bits_that_are_known() => Any.Address.Sample(address =>
    {
        var network = IPNetwork.Parse(Network.DescribeNetwork(address));

        Assert.Equal(address.AddressFamily == AddressFamily.InterNetwork ? 24 : 48, network.PrefixLength);
        Assert.True(network.Contains(address));
    }, iter: 1000);
}
