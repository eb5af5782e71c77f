using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using StackExchange.Redis;

namespace WebApp.Benchmarks.Http.Peers;

/// <summary>The <see cref="ITicketStore"/> that most articles show: a GUID as the key, the framework's serializer, GET and SET.</summary>
internal sealed class TicketStore : Peer
{
    public override void AddServices(WebApplicationBuilder builder)
    {
        var redis = ConnectionMultiplexer.Connect(builder.Configuration["ConnectionStrings:Redis"]!);
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookies => cookies.SessionStore = new RedisTicketStore(redis.GetDatabase()));
        builder.Services.AddAuthorization();
        builder.AddOwnKeys();
    }

    public override async Task<string> SignInAsync(HttpContext context, BenchmarkUser user)
    {
        await context.SignInAsync(user.ToPrincipal(CookieAuthenticationDefaults.AuthenticationScheme));
        return "";
    }
}

internal sealed class RedisTicketStore(IDatabase redis) : ITicketStore
{
    private const string Prefix = "AuthSessionStore-";

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = Prefix + Guid.NewGuid();
        await RenewAsync(key, ticket);
        return key;
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket) => redis.StringSetAsync(
        key,
        TicketSerializer.Default.Serialize(ticket),
        ticket.Properties.ExpiresUtc!.Value - TimeProvider.System.GetUtcNow());

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        byte[]? bytes = await redis.StringGetAsync(key);
        return bytes is null ? null : TicketSerializer.Default.Deserialize(bytes);
    }

    public Task RemoveAsync(string key) => redis.KeyDeleteAsync(key);
}
