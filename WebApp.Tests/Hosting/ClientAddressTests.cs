using System.Net;
using Microsoft.AspNetCore.Http;
using WebApp.Hosting;

namespace WebApp.Tests.Hosting;

[Trait("Lane", "Fast")]
public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("203.0.113.0")]
    [InlineData(null)]
    public void Whatever_is_left_in_the_connection_the_whole_address_can_be_had_for_the_request(string? left)
    {
        var (context, whole) = (new DefaultHttpContext(), IPAddress.Parse("203.0.113.7"));
        context.Connection.RemoteIpAddress = whole;
        Assert.Equal(whole, ClientAddress.Of(context));

        ClientAddress.Replace(context, left is null ? null : IPAddress.Parse(left));

        Assert.Equal(left, context.Connection.RemoteIpAddress?.ToString());
        Assert.Equal(whole, ClientAddress.Of(context));
    }

    [Fact]
    public void An_unknown_address_stays_unknown() => Assert.Null(ClientAddress.Of(new DefaultHttpContext()));
}
