using System.Security.Claims;
using CsCheck;
using Microsoft.AspNetCore.Authentication;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class TicketCodecTests
{
    private const string Scheme = "Identity.Application";
    private static readonly Guid User = new("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

    [Fact]
    public void Claims_come_back_in_their_order_with_type_value_and_value_type()
    {
        var ticket = Ticket(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
            new(ClaimTypes.Name, "zoë@example.com"),
            new(ClaimTypes.Role, "Support"),
            new(ClaimTypes.Role, "Admin"),
            new("amr", "pwd"),
            new("https://example.com/age", "42", ClaimValueTypes.Integer32),
            new("empty", ""),
            new("long", new string('ä', 5000)),
            new("odd", "line\nbreak \0 \U0001F9C0"),
        ], Scheme, ClaimTypes.Name, ClaimTypes.Role));

        var read = RoundTrip(ticket);

        Assert.Equal(
            ticket.Principal.Claims.Select(c => (c.Type, c.Value, c.ValueType)),
            read.Principal.Claims.Select(c => (c.Type, c.Value, c.ValueType)));
    }

    [Fact]
    public void The_identity_keeps_how_it_was_authenticated_and_what_its_name_and_roles_are()
    {
        var read = RoundTrip(Ticket(new ClaimsIdentity([new("n", "Zoë"), new("r", "Admin")], "custom", "n", "r")));

        Assert.Equal(Scheme, read.AuthenticationScheme);
        Assert.Equal("custom", read.Principal.Identity!.AuthenticationType);
        Assert.True(read.Principal.Identity.IsAuthenticated);
        Assert.Equal("Zoë", read.Principal.Identity.Name);
        Assert.True(read.Principal.IsInRole("Admin"));
        Assert.False(read.Principal.IsInRole("Support"));
    }

    [Fact]
    public void Properties_come_back_those_without_a_value_excepted()
    {
        var properties = new AuthenticationProperties
        {
            IsPersistent = true,
            AllowRefresh = false,
            RedirectUri = "/account",
            IssuedUtc = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
            ExpiresUtc = new DateTimeOffset(2026, 12, 21, 12, 0, 0, TimeSpan.Zero),
        };
        properties.Items["of my own"] = "väl\nue";
        properties.Items["none"] = null;

        var read = RoundTrip(new(new(new ClaimsIdentity(Scheme)), properties, Scheme)).Properties;

        properties.Items.Remove("none");
        Assert.Equal(properties.Items.OrderBy(i => i.Key, StringComparer.Ordinal), read.Items.OrderBy(i => i.Key, StringComparer.Ordinal));
        Assert.Equal(
            (properties.IsPersistent, properties.AllowRefresh, properties.RedirectUri, properties.IssuedUtc, properties.ExpiresUtc),
            (read.IsPersistent, read.AllowRefresh, read.RedirectUri, read.IssuedUtc, read.ExpiresUtc));
    }

    [Fact]
    public void Further_identities_and_issuers_are_not_kept()
    {
        var principal = new ClaimsPrincipal([new ClaimsIdentity([new("first", "1", null, "elsewhere")], Scheme), new ClaimsIdentity([new("second", "2")], "other")]);

        var read = RoundTrip(new(principal, Scheme));

        var claim = Assert.Single(read.Principal.Claims);
        Assert.Equal(("first", ClaimsIdentity.DefaultIssuer), (claim.Type, claim.Issuer));
    }

    [Fact]
    public void An_identity_without_a_name_for_its_authentication_stays_unauthenticated() =>
        Assert.False(RoundTrip(Ticket(new ClaimsIdentity())).Principal.Identity!.IsAuthenticated);

    // Sessions outlive a deployment: what one version wrote, the next must read.
    [Fact]
    public void The_bytes_of_format_1_stay_readable()
    {
        var written = Convert.FromHexString("01" + "09" + "02" + "04" + "02" + "01" + "0161" + "08" + "00" + "0178" + "0179" + "08" + "01" + "0C" + "00");

        var read = TicketCodec.Decode(written, Scheme, User)!;

        Assert.Equal([(ClaimTypes.NameIdentifier, "a"), ("x", "y")], read.Principal.Claims.Select(c => (c.Type, c.Value)));
        Assert.Equal(Scheme, read.Principal.Identity!.AuthenticationType);
        Assert.True(read.Properties.IsPersistent);
    }

    [Fact]
    public void The_bytes_of_format_2_stay_readable()
    {
        var written = Convert.FromHexString(
            "02" + "09" + "02" + "04" + "08" + "02" + "00" + "04" + "0761" + "06" + "0101" + "0C" + "03000102030405060708090A0B0C0D0E0F"
            + "00" + "0178" + "04000102030405060708090A0B0C0D0E0F" + "01" + "0179" + "0734" + "00" + "017A" + "0E" + "0210" + "1E" + "06"
            + "02" + "0A" + "0580A3B5B106" + "0C" + "06");

        var read = TicketCodec.Decode(written, Scheme, User)!;

        Assert.Equal(
            [
                (ClaimTypes.NameIdentifier, User.ToString(), ClaimValueTypes.String), (ClaimTypes.Name, "a", ClaimValueTypes.String),
                (ClaimTypes.Email, "a", ClaimValueTypes.String), ("AspNet.Identity.SecurityStamp", "000102030405060708090a0b0c0d0e0f", ClaimValueTypes.String),
                ("x", "00010203-0405-0607-0809-0a0b0c0d0e0f", ClaimValueTypes.String), ("y", "4", "z"), ("amr", "pwd", ClaimValueTypes.String),
                ("name", "", ClaimValueTypes.String),
            ],
            read.Principal.Claims.Select(c => (c.Type, c.Value, c.ValueType)));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_714_246_016), read.Properties.IssuedUtc);
        Assert.True(read.Properties.IsPersistent);
    }

    // What is stored in another form must come back as the very same text, or not be stored so.
    [Fact]
    public void Values_that_nearly_have_a_short_form_come_back_exactly()
    {
        string[] values =
        [
            User.ToString(), User.ToString().ToUpperInvariant(), User.ToString("N"), User.ToString("B"), Guid.Empty.ToString(), "0123456789abcdef0123456789abcdef",
            "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcde\0", " 123456789abcdef0123456789abcdef", "Sat, 21 Nov 2026 12:00:00 GMT",
            "Sun, 21 Nov 2026 12:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 31 Dec 1969 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
            "sat, 21 nov 2026 12:00:00 gmt", ClaimTypes.Name, "pwd", "pwd", "", "", "amr",
        ];
        var ticket = Ticket(new ClaimsIdentity(values.Select(value => new Claim("x", value)), Scheme));
        for (var i = 0; i < values.Length; i++)
            ticket.Properties.Items[$"{i}"] = values[i];

        var read = RoundTrip(ticket);

        Assert.Equal(values, read.Principal.Claims.Select(claim => claim.Value));
        Assert.Equal(values, Enumerable.Range(0, values.Length).Select(i => read.Properties.Items[$"{i}"]));
    }

    [Fact]
    public void A_typical_ticket_takes_a_quarter_of_what_the_frameworks_serializer_takes()
    {
        var ticket = Typical();

        Assert.InRange(TicketCodec.Encode(ticket, User).Length, 1, TicketSerializer.Default.Serialize(ticket).Length / 4);
    }

    [Fact]
    public void A_ticket_cut_short_or_of_another_version_is_unreadable()
    {
        var bytes = TicketCodec.Encode(Typical(), User);

        for (var length = 0; length < bytes.Length; length++)
            Assert.Null(TicketCodec.Decode(bytes.AsSpan(0, length), Scheme, User));
        foreach (var version in new byte[] { 0, 3, 255 })
            Assert.Null(TicketCodec.Decode([version, .. bytes[1..]], Scheme, User));
    }

    [Fact]
    public void A_ticket_with_something_behind_it_is_unreadable() => Assert.Null(TicketCodec.Decode([.. TicketCodec.Encode(Typical(), User), 0], Scheme, User));

    [Theory]
    [InlineData("01" + "FF" + "02" + "04" + "00" + "00")]
    [InlineData("01" + "00" + "FFFFFFFF0F" + "00")]
    [InlineData("01" + "00" + "FFFFFFFF07" + "00")]
    [InlineData("01" + "00" + "FFFFFFFFFF" + "00")]
    [InlineData("01" + "09" + "02" + "04" + "FFFFFFFF0F" + "00")]
    [InlineData("01" + "09" + "02" + "04" + "00" + "FFFFFFFF0F")]
    [InlineData("01" + "09" + "02" + "04" + "FFFFFFFF07" + "00")]
    [InlineData("02" + "FF01" + "02" + "04" + "00" + "00")]
    [InlineData("02" + "00" + "FFFFFFFF0F" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "FFFFFFFF0F" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "FFFFFFFFFFFF" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "01" + "02" + "0100" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "01" + "02" + "0200" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "01" + "02" + "027F" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "01" + "02" + "0300" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "01" + "02" + "FFFFFFFF07" + "00")]
    [InlineData("02" + "09" + "02" + "04" + "00" + "01" + "0A" + "0100")]
    public void A_number_that_names_nothing_and_a_length_that_can_not_be_are_unreadable(string hexadecimal) =>
        Assert.Null(TicketCodec.Decode(Convert.FromHexString(hexadecimal), Scheme, User));

    [Fact]
    public void Bytes_of_any_kind_are_a_ticket_or_unreadable_and_never_make_reading_fail()
    {
        var good = TicketCodec.Encode(Typical(), User);
        // Noise gets further when it begins with a format that there is.
        var noise = Any.Bytes(64).Select(Gen.Byte[1, 2], (bytes, format) => (byte[])[format, .. bytes]);

        Gen.OneOf(Any.Damaged(good), noise).Sample(bytes => _ = TicketCodec.Decode(bytes, Scheme, User), iter: 10_000);
    }

    private static AuthenticationTicket RoundTrip(AuthenticationTicket ticket)
    {
        var read = TicketCodec.Decode(TicketCodec.Encode(ticket, User), Scheme, User);
        Assert.NotNull(read);
        return read;
    }

    private static AuthenticationTicket Ticket(ClaimsIdentity identity) => new(new(identity), Scheme);

    private static AuthenticationTicket Typical() => new(
        new(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), new(ClaimTypes.Name, "alice@example.com"),
            new(ClaimTypes.Email, "alice@example.com"), new("AspNet.Identity.SecurityStamp", "b3BlbiBzZXNhbWU="), new(ClaimTypes.Role, "Support"), new("name", "Alice"), new("amr", "pwd"),
        ], Scheme)),
        new() { IsPersistent = true, IssuedUtc = DateTimeOffset.UnixEpoch }, Scheme);
}
