using System.Collections.Concurrent;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;

namespace WebApp.Tests.Testing;

/// <summary>Holds the check of a person's password for as long as a test likes: meanwhile the sign-in is under way.</summary>
public sealed class HeldChecks
{
    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The next check of that account's password does not end before the answer is disposed.</summary>
    public Held Hold(string email) => _held.GetOrAdd(email, _ => new());

    /// <summary>Goes around the hasher that is registered.</summary>
    internal void Around(IServiceCollection services)
    {
        var registered = services.Single(s => s.ServiceType == typeof(IPasswordHasher<AppUser>));
        services.Remove(registered);
        services.AddScoped<IPasswordHasher<AppUser>>(provider => new Holder(this, provider.Create<IPasswordHasher<AppUser>>(registered)));
    }

    private sealed class Holder(HeldChecks checks, IPasswordHasher<AppUser> hasher) : IPasswordHasher<AppUser>
    {
        public string HashPassword(AppUser user, string password) => hasher.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
        {
            if (user.Email is { } email && checks._held.TryRemove(email, out var held))
                held.Wait();
            return hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
