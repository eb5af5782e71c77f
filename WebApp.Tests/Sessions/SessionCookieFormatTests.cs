using System.Security.Claims;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SessionCookieFormatTests(SqlApp app) : IClassFixture<SqlApp>
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string KeyClaim = "Microsoft.AspNetCore.Authentication.Cookies-SessionId";

    private readonly SessionCookieFormat _format = app.Services.GetRequiredService<SessionCookieFormat>();
    private readonly SessionKey _key = SessionKey.Create(Guid.NewGuid(), SessionKey.NewSeed());

    [Fact]
    public void A_key_comes_back_from_its_cookie()
    {
        var cookie = _format.Protect(TicketWith(_key.Encode()));

        Assert.Equal(_key.Encode(), KeyIn(_format.Unprotect(cookie)));
    }

    [Fact]
    public void Two_cookies_of_one_key_look_unlike() =>
        Assert.NotEqual(_format.Protect(TicketWith(_key.Encode())), _format.Protect(TicketWith(_key.Encode())));

    [Fact]
    public void A_ticket_without_a_session_key_does_not_get_into_a_cookie()
    {
        Assert.Throws<InvalidOperationException>(() => _format.Protect(new AuthenticationTicket(new(new ClaimsIdentity("test")), "test")));
        Assert.Throws<InvalidOperationException>(() => _format.Protect(TicketWith("no key")));
    }

    // A figure: a cookie goes with every request, images included.
    [Theory]
    [InlineData("Development", "webapp-dev-session")]
    [InlineData("Production", "__Host-session")]
    public async Task Name_and_value_take_at_most_240_bytes(string environment, string name)
    {
        await using var fresh = new TestApp
        {
            EnvironmentName = environment,
            Settings = { ["Sessions:Store"] = "Sql", ["App:PublicUrl"] = "https://accounts.example.com" },
        };
        var cookies = fresh.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);

        var value = cookies.TicketDataFormat.Protect(TicketWith(_key.Encode()));

        Assert.Equal(name, cookies.Cookie.Name);
        Assert.InRange(Encoding.UTF8.GetByteCount(name + value), 1, 240);
    }

    [Fact]
    public void A_cookie_with_any_one_character_changed_is_no_cookie()
    {
        var cookie = _format.Protect(TicketWith(_key.Encode()));

        for (var at = 0; at < cookie.Length; at++)
        {
            foreach (var other in Alphabet.Where(c => c != cookie[at]))
                Assert.Null(_format.Unprotect($"{cookie[..at]}{other}{cookie[(at + 1)..]}"));
        }
    }

    [Fact]
    public void A_cookie_cut_anywhere_is_no_cookie()
    {
        var cookie = _format.Protect(TicketWith(_key.Encode()));

        for (var length = 0; length < cookie.Length; length++)
        {
            Assert.Null(_format.Unprotect(cookie[..length]));
            Assert.Null(_format.Unprotect(cookie[(cookie.Length - length)..]));
        }
    }

    [Fact]
    public void A_cookie_of_another_key_ring_is_no_cookie()
    {
        var foreign = new SessionCookieFormat(new EphemeralDataProtectionProvider());

        Assert.Null(_format.Unprotect(foreign.Protect(TicketWith(_key.Encode()))));
        Assert.Null(foreign.Unprotect(_format.Protect(TicketWith(_key.Encode()))));
    }

    [Fact]
    public void What_this_app_protected_for_another_purpose_is_no_cookie()
    {
        var bytes = new byte[1 + SessionKey.Size];
        bytes[0] = 1;
        _key.Write(bytes.AsSpan(1));

        Assert.NotNull(_format.Unprotect(Protected("WebApp.Sessions.Cookie.v1", bytes)));
        Assert.Null(_format.Unprotect(Protected("WebApp.Sessions.Ticket.v1", bytes)));
    }

    [Fact]
    public void A_cookie_of_another_version_or_size_is_no_cookie()
    {
        foreach (var bytes in new[] { [], new byte[1], [1], [1, .. new byte[SessionKey.Size - 1]], [1, .. new byte[SessionKey.Size + 1]], [2, .. new byte[SessionKey.Size]] })
            Assert.Null(_format.Unprotect(Protected("WebApp.Sessions.Cookie.v1", bytes)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("====")]
    [InlineData("not a cookie")]
    [InlineData("käse")]
    [InlineData("CfDJ8")]
    public void Text_that_was_never_a_cookie_is_none(string? text) => Assert.Null(_format.Unprotect(text));

    [Fact]
    public void Any_other_text_is_no_cookie() => Gen
        .OneOf(Any.Text, Any.Base64UrlOf(Any.Bytes(SessionCookieFormat.MaxLength)))
        .Sample(text => Assert.Null(_format.Read(text)), iter: 1000);

    [Fact]
    public void A_cookie_that_anything_is_put_into_is_no_cookie()
    {
        var cookie = _format.Protect(_key);

        Gen.Select(Gen.Int[0, cookie.Length], Any.Text.Where(text => text.Length > 0)).Sample(
            (at, text) => Assert.Null(_format.Read(cookie.Insert(at, text))), iter: 1000);
    }

    [Fact]
    public void A_text_longer_than_any_cookie_is_not_even_decoded()
    {
        var megabyte = new string('A', 1024 * 1024);
        _ = _format.Unprotect(megabyte);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var ticket = _format.Unprotect(megabyte);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Null(ticket);
        Assert.InRange(allocated, 0, 1024);
    }

    private string Protected(string purpose, byte[] bytes) =>
        WebEncoders.Base64UrlEncode(app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector(purpose).Protect(bytes));

    private static AuthenticationTicket TicketWith(string key) => new(new(new ClaimsIdentity([new(KeyClaim, key)], "test")), "test");

    private static string KeyIn(AuthenticationTicket? ticket) => ticket!.Principal.FindFirstValue(KeyClaim)!;
}
