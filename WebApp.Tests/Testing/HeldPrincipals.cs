using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;

namespace WebApp.Tests.Testing;

/// <summary>
/// Holds a request where it makes a person's principal anew: it has read the session, and is about to save it.
/// </summary>
public sealed class HeldPrincipals
{
    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The next request that makes that account's principal stops there, until the answer is disposed.</summary>
    public Held Hold(string email) => _held.GetOrAdd(email, _ => new());

    /// <summary>Goes around the factory that is registered.</summary>
    internal void Around(IServiceCollection services)
    {
        var registered = services.Last(s => s.ServiceType == typeof(IUserClaimsPrincipalFactory<AppUser>));
        services.Remove(registered);
        services.AddScoped<IUserClaimsPrincipalFactory<AppUser>>(provider =>
            new Holder(this, provider.Create<IUserClaimsPrincipalFactory<AppUser>>(registered)));
    }

    private sealed class Holder(HeldPrincipals principals, IUserClaimsPrincipalFactory<AppUser> factory)
        : IUserClaimsPrincipalFactory<AppUser>
    {
        public Task<ClaimsPrincipal> CreateAsync(AppUser user)
        {
            if (user.Email is { } email && principals._held.TryRemove(email, out var held))
                held.Wait();
            return factory.CreateAsync(user);
        }
    }
}
