using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>The framework's cookie authentication as it comes: the whole ticket in the cookie, and no way to revoke it.</summary>
internal sealed class StatelessCookie : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
        builder.Services.AddAuthorization();
        builder.AddOwnKeys();
    }

    public override async Task<string> SignInAsync(HttpContext context, BenchmarkUser user)
    {
        await context.SignInAsync(user.ToPrincipal(CookieAuthenticationDefaults.AuthenticationScheme));
        return "";
    }
}
